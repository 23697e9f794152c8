/* modules_rows.c: tokenizers over the rows of a JSON case.
 *
 * A row is {"text": ..., FIELD: [ids], ...}. The answer to a row holds the fields that the row has,
 * or, when it has a text alone, all that the checkpoint's tokenizers can give:
 *
 *     clip, clip_basic, clip_ftfy              at most the model's length (77)
 *     clip_77, clip_ftfy_77                    filled up to it
 *     t5                                       at most 512
 *     t5_512                                   filled up to it
 *     t5_sentencepiece                         of spiece.model, with its configuration
 *     t5_sentencepiece_legacy_false            of spiece.model alone, not legacy
 *     byt5                                     bytes
 *
 * "truncate": false leaves clip, clip_basic, clip_ftfy and t5 as long as they are.
 * Test: tests/text/test_modules_rows.c */
#include "ref/text/modules.h"

#include "ref/io/file.h"
#include "ref/text/byt5_tokenizer.h"
#include "ref/text/clip_tokenizer.h"
#include "ref/text/t5_tokenizer.h"

#include <string.h>

enum { T5_LENGTH = 512 };

typedef struct {
    ts_clip_tokenizer *clip;
    ts_t5_tokenizer *t5, *spiece, *modern;
    ts_byt5_tokenizer *byt5;
    bool truncate;
} tokenizers;

/* One field of an answer. `fill`: up to the length; otherwise it is only the most. */
typedef struct {
    const char *name;
    char which; /* c clip, t t5, s spiece, m spiece without configuration, b bytes */
    ts_clean clean;
    bool fill;
} field;

static const field fields[] = {
    {"clip", 'c', TS_CLEAN_FAST, false},
    {"clip_77", 'c', TS_CLEAN_FAST, true},
    {"clip_basic", 'c', TS_CLEAN_BASIC, false},
    {"clip_ftfy", 'c', TS_CLEAN_FTFY, false},
    {"clip_ftfy_77", 'c', TS_CLEAN_FTFY, true},
    {"t5", 't', TS_CLEAN_FAST, false},
    {"t5_512", 't', TS_CLEAN_FAST, true},
    {"t5_sentencepiece", 's', TS_CLEAN_FAST, false},
    {"t5_sentencepiece_legacy_false", 'm', TS_CLEAN_FAST, false},
    {"byt5", 'b', TS_CLEAN_FAST, false},
};

static bool available(const tokenizers *t, const field *f)
{
    const bool spiece = f->which != 's' || t->spiece, modern = f->which != 'm' || t->modern;
    return spiece && modern;
}

static ts_status encode(ts_ctx *ctx, const tokenizers *t, const field *f, ts_ids *ids,
                        const char *text, int64_t bytes)
{
    const bool cut = f->fill || t->truncate;
    if (f->which == 'c') {
        const int64_t n = ts_clip_tokenizer_longest(t->clip);
        return ts_clip_tokenize(ctx, t->clip, ids, text, bytes, f->clean, cut ? n : 0,
                                f->fill ? n : 0);
    }
    if (f->which == 'b')
        return ts_byt5_tokenize(ctx, t->byt5, ids, text, bytes, 0, 0);
    const ts_t5_tokenizer *const t5 = f->which == 't'   ? t->t5
                                      : f->which == 's' ? t->spiece
                                                        : t->modern;
    return ts_t5_tokenize(ctx, t5, ids, text, bytes, cut ? T5_LENGTH : 0,
                          f->fill ? T5_LENGTH : 0);
}

static ts_status put_ids(ts_ctx *ctx, json_t *answer, const char *name, const ts_ids *ids)
{
    json_t *const list = json_array();
    for (int64_t i = 0; i < ids->count; i++)
        if (json_array_append_new(list, json_integer(ids->at[i])))
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
    return json_object_set_new(answer, name, list)
               ? ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer")
               : TS_OK;
}

static const json_t *text_of(ts_ctx *ctx, const ts_call *call, size_t row)
{
    const json_t *const text = json_object_get(json_array_get(call->rows, row), "text");
    if (!json_is_string(text))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: row %zu has no text", call->module, row);
    return text;
}

static ts_status answer_row(ts_ctx *ctx, ts_call *call, const tokenizers *t, size_t number)
{
    const json_t *const row = json_array_get(call->rows, number);
    const json_t *const text = text_of(ctx, call, number);
    json_t *const answer = json_object();
    const bool all = json_object_size(row) == 1;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && !ctx->status; i++) {
        ts_ids ids = {0};
        if ((!all && !json_object_get(row, fields[i].name)) || !available(t, &fields[i]))
            continue;
        if (!encode(ctx, t, &fields[i], &ids, json_string_value(text),
                    (int64_t)json_string_length(text)))
            put_ids(ctx, answer, fields[i].name, &ids);
        ts_ids_free(&ids);
    }
    if (json_array_append_new(call->answer, answer))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
    return ctx->status;
}

static ts_status need_rows(ts_ctx *ctx, ts_call *call)
{
    if (!json_is_array(call->rows))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s takes the rows of a JSON file", call->module);
    call->answer = json_array();
    return call->answer ? TS_OK : ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
}

static void open_all(ts_ctx *ctx, ts_call *call, tokenizers *t)
{
    char *const clip = ts_path_member(ctx, call->checkpoint,
                                    ts_call_text(ctx, call, "tokenizer", "tokenizer"));
    char *const t5 = ts_path_member(ctx, call->checkpoint,
                                  ts_call_text(ctx, call, "tokenizer_2", "tokenizer_2"));
    char *const model = t5 ? ts_path_member(ctx, t5, "spiece.model") : NULL;
    t->truncate = ts_call_bool(ctx, call, "truncate", true);
    if (!ctx->status) {
        t->clip = ts_clip_tokenizer_open(ctx, clip);
        t->t5 = ts_t5_tokenizer_open(ctx, t5, TS_T5_ANY);
        t->byt5 = ts_byt5_tokenizer_new(ctx);
    }
    if (!ctx->status && ts_path_exists(model)) {
        t->spiece = ts_t5_tokenizer_open(ctx, t5, TS_T5_SENTENCEPIECE);
        t->modern = ts_t5_tokenizer_open_spiece(ctx, model, false);
    }
    ts_free(model);
    ts_free(t5);
    ts_free(clip);
}

ts_status ts_run_tokenizers(ts_ctx *ctx, ts_call *call)
{
    tokenizers t = {0};
    if (!call->checkpoint)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s needs a checkpoint", call->module);
    if (!need_rows(ctx, call))
        open_all(ctx, call, &t);
    for (size_t i = 0; i < json_array_size(call->rows) && !ctx->status; i++)
        answer_row(ctx, call, &t, i);
    ts_clip_tokenizer_close(t.clip);
    ts_t5_tokenizer_close(t.t5);
    ts_t5_tokenizer_close(t.spiece);
    ts_t5_tokenizer_close(t.modern);
    ts_byt5_tokenizer_close(t.byt5);
    return ts_ctx_status(ctx);
}

ts_status ts_run_byt5_tokenizer(ts_ctx *ctx, ts_call *call)
{
    const json_t *const added = ts_call_json(call, "added_tokens");
    if (need_rows(ctx, call))
        return ctx->status;
    ts_byt5_tokenizer *const t = ts_byt5_tokenizer_new(ctx);
    const int64_t longest = ts_call_int(ctx, call, "max_length", 0);
    if (t && added)
        ts_byt5_tokenizer_add_all(ctx, t, added, call->module);
    for (size_t i = 0; i < json_array_size(call->rows) && !ctx->status; i++) {
        const json_t *const text = text_of(ctx, call, i);
        json_t *const answer = json_object();
        ts_ids ids = {0};
        if (!ctx->status && !ts_byt5_tokenize(ctx, t, &ids, json_string_value(text),
                                              (int64_t)json_string_length(text), longest, longest))
            put_ids(ctx, answer, "ids", &ids);
        ts_ids_free(&ids);
        if (json_array_append_new(call->answer, answer))
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
    }
    ts_byt5_tokenizer_close(t);
    return ts_ctx_status(ctx);
}
