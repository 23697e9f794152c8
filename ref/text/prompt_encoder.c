/* prompt_encoder.c: test: tests/text/test_prompt_encoder.c. Golden: text/encode_prompt_*. */
#include "ref/text/prompt_encoder.h"

#include "ref/base/trace.h"
#include "ref/io/file.h"
#include "ref/text/clip_encoder.h"
#include "ref/text/clip_tokenizer.h"
#include "ref/text/t5_encoder.h"
#include "ref/text/t5_tokenizer.h"

enum { LONGEST = 512 };

static ts_tensor clip_ids(ts_ctx *ctx, const char *folder, const char *prompt, int64_t bytes,
                          ts_clean clean)
{
    char *const path = ts_path_member(ctx, folder, "tokenizer");
    ts_clip_tokenizer *const t = path ? ts_clip_tokenizer_open(ctx, path) : NULL;
    ts_ids ids = {0};
    ts_tensor out = {0};
    if (t) {
        const int64_t n = ts_clip_tokenizer_longest(t);
        if (!ts_clip_tokenize(ctx, t, &ids, prompt, bytes, clean, n, n))
            out = ts_ids_tensor(ctx, &ids);
    }
    ts_ids_free(&ids);
    ts_clip_tokenizer_close(t);
    ts_free(path);
    return ts_traced(ctx, out, "tokenizer.input_ids");
}

static ts_tensor t5_ids(ts_ctx *ctx, const char *folder, const char *prompt, int64_t bytes,
                        int64_t length)
{
    char *const path = ts_path_member(ctx, folder, "tokenizer_2");
    ts_t5_tokenizer *const t = path ? ts_t5_tokenizer_open(ctx, path, TS_T5_ANY) : NULL;
    ts_ids ids = {0};
    ts_tensor out = {0};
    if (t && !ts_t5_tokenize(ctx, t, &ids, prompt, bytes, length, length))
        out = ts_ids_tensor(ctx, &ids);
    ts_ids_free(&ids);
    ts_t5_tokenizer_close(t);
    ts_free(path);
    return ts_traced(ctx, out, "tokenizer_2.input_ids");
}

ts_tensor ts_encode_pooled(ts_ctx *ctx, ts_weights *clip, const char *folder, const char *prompt,
                           int64_t bytes, ts_clean clean)
{
    ts_clip_config config;
    ts_tensor last, pooled = {0};
    const ts_tensor ids = clip_ids(ctx, folder, prompt, bytes, clean);
    if (!ctx->status && !ts_clip_config_read(ctx, &config, clip))
        ts_clip_encode(ctx, &last, &pooled, clip, &config, ids);
    return pooled;
}

ts_tensor ts_encode_text(ts_ctx *ctx, ts_weights *t5, const char *folder, const char *prompt,
                         int64_t bytes, int64_t length)
{
    ts_t5_config config;
    const ts_tensor ids = t5_ids(ctx, folder, prompt, bytes, length);
    if (ctx->status ||
        ts_t5_config_read(ctx, &config, ts_weights_config(t5), ts_weights_label(t5)))
        return (ts_tensor){0};
    return ts_t5_encode(ctx, t5, &config, ids, (ts_tensor){0});
}

ts_status ts_encode_prompt(ts_ctx *ctx, ts_prompt_state *out, const char *folder,
                           const char *prompt, int64_t bytes, const ts_prompt_config *config)
{
    const int64_t length = config->max_sequence_length ? config->max_sequence_length : LONGEST;
    *out = (ts_prompt_state){.text_ids = {0}};
    if (length < 1 || length > LONGEST)
        return ts_fail(ctx, TS_ERROR_USAGE, "max_sequence_length is %lld; it goes from 1 to %d",
                       (long long)length, LONGEST);
    ts_weights *w = ts_weights_open(ctx, folder, "text_encoder");
    ts_scope scope = ts_scope_open(ctx);
    if (w)
        out->pooled_prompt_embeds =
            ts_encode_pooled(ctx, w, folder, prompt, bytes, config->clean);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&out->pooled_prompt_embeds}, 1);
    ts_weights_close(w);
    w = ctx->status ? NULL : ts_weights_open(ctx, folder, "text_encoder_2");
    scope = ts_scope_open(ctx);
    if (w)
        out->prompt_embeds = ts_encode_text(ctx, w, folder, prompt, bytes, length);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&out->prompt_embeds}, 1);
    ts_weights_close(w);
    if (!ctx->status)
        out->text_ids = ts_new_zero(ctx, ctx->compute, 2, (int64_t[]){length, 3});
    return ctx->status;
}
