/* modules.c: text encoders, their blocks and their layers, run by name.
 * Test: tests/text/test_modules.c */
#include "ref/text/modules.h"

#include "ref/io/json.h"
#include "ref/text/byt5_tokenizer.h"
#include "ref/text/clip_encoder.h"
#include "ref/text/glyph_byt5.h"
#include "ref/text/prompt_encoder.h"
#include "ref/text/t5_encoder.h"

#include <stdio.h>
#include <string.h>

/* The weights of a T5 encoder and its configuration: settings.config for cases that carry their
 * parameters, config.json otherwise. */
static ts_weights *open_t5(ts_ctx *ctx, ts_call *call, ts_t5_config *c)
{
    ts_weights *const w = ts_call_weights(ctx, call, "text_encoder_2");
    const json_t *const own = ts_call_json(call, "config");
    if (w)
        ts_t5_config_read(ctx, c, own ? own : ts_weights_config(w),
                          own ? "settings.config" : ts_weights_label(w));
    return ctx->status ? NULL : w;
}

static ts_weights *open_clip(ts_ctx *ctx, ts_call *call, ts_clip_config *c)
{
    ts_weights *const w = ts_call_weights(ctx, call, "text_encoder");
    if (w && !ts_clip_config_read(ctx, c, w))
        c->end = ts_call_int(ctx, call, "eos_token_id", c->end);
    return ctx->status ? NULL : w;
}

static ts_status run_clip(ts_ctx *ctx, ts_call *call)
{
    ts_clip_config c;
    ts_weights *const w = open_clip(ctx, call, &c);
    const ts_tensor ids = ts_call_input(ctx, call, "input_ids");
    ts_tensor last, pooled;
    if (ctx->status)
        return ctx->status;
    ts_clip_encode(ctx, &last, &pooled, w, &c, ids);
    ts_call_output(ctx, call, "last_hidden_state", last);
    ts_call_output(ctx, call, "pooler_output", pooled);
    return ts_ctx_status(ctx);
}

static bool in_range(ts_ctx *ctx, const ts_call *call, int64_t layers)
{
    if (!ctx->status && call->wild[0] >= layers)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has %lld such layers", call->module,
                (long long)layers);
    return !ctx->status;
}

static bool ends_with(const char *name, const char *tail)
{
    const size_t n = strlen(name), t = strlen(tail);
    return n >= t && !strcmp(name + n - t, tail);
}

/* A layer, or its self_attn or mlp. */
static ts_status run_clip_layer(ts_ctx *ctx, ts_call *call)
{
    ts_clip_config c;
    ts_weights *const w = open_clip(ctx, call, &c);
    const bool attention = ends_with(call->module, ".self_attn");
    const bool mlp = ends_with(call->module, ".mlp");
    const ts_tensor x = ts_call_input(ctx, call, "hidden_states");
    const int64_t i = call->wild[0];
    if (ctx->status || !in_range(ctx, call, c.layers) ||
        ts_expect(ctx, x, "hidden_states", 3, (int64_t[]){-1, -1, c.width}))
        return ctx->status;
    if (!attention && !mlp) {
        ts_call_output(ctx, call, "output", ts_clip_layer(ctx, w, &c, x, i));
        return ts_ctx_status(ctx);
    }
    ts_enter(ctx, "text_model.encoder.layers.%lld", (long long)i);
    ts_call_output(ctx, call, "output",
                   attention ? ts_clip_attention(ctx, w, &c, x, i)
                             : ts_clip_mlp(ctx, w, &c, x, i));
    ts_leave(ctx);
    return ts_ctx_status(ctx);
}

static ts_status run_t5(ts_ctx *ctx, ts_call *call)
{
    ts_t5_config c;
    ts_weights *const w = open_t5(ctx, call, &c);
    const ts_tensor ids = ts_call_input(ctx, call, "input_ids");
    const ts_tensor mask = ts_call_optional(call, "attention_mask");
    if (!ctx->status)
        ts_call_output(ctx, call, "last_hidden_state", ts_t5_encode(ctx, w, &c, ids, mask));
    return ts_ctx_status(ctx);
}

/* A block, or its layer.0.SelfAttention or layer.1.DenseReluDense. Without a position_bias it is
 * made from the table of block 0, as the encoder does. */
static ts_status run_t5_block(ts_ctx *ctx, ts_call *call)
{
    ts_t5_config c;
    char block[TS_PATH];
    ts_weights *const w = open_t5(ctx, call, &c);
    const bool attention = ends_with(call->module, ".SelfAttention");
    const bool feed_forward = ends_with(call->module, ".DenseReluDense");
    const ts_tensor x = ts_call_input(ctx, call, "hidden_states");
    const ts_tensor mask = ts_call_optional(call, "attention_mask");
    if (ctx->status || !in_range(ctx, call, c.layers) ||
        ts_expect(ctx, x, "hidden_states", 3, (int64_t[]){-1, -1, c.width}))
        return ctx->status;
    ts_tensor bias = feed_forward ? (ts_tensor){0} : ts_call_optional(call, "position_bias");
    if (!feed_forward && ts_is_empty(bias))
        bias = ts_t5_bias(ctx, w, &c, "encoder.block.0", x.size[1], mask);
    snprintf(block, sizeof block, "encoder.block.%lld", (long long)call->wild[0]);
    if (!attention && !feed_forward) {
        ts_call_output(ctx, call, "output", ts_t5_block(ctx, w, &c, x, bias, block));
        return ts_ctx_status(ctx);
    }
    ts_enter(ctx, "%s", block);
    ts_call_output(ctx, call, "output",
                   attention ? ts_t5_attention(ctx, w, &c, x, bias, block)
                             : ts_t5_feed_forward(ctx, w, &c, x, block));
    ts_leave(ctx);
    return ts_ctx_status(ctx);
}

static ts_status run_bucket(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor relative = ts_call_input(ctx, call, "relative_position");
    const int64_t buckets = ts_call_int(ctx, call, "num_buckets", 32);
    const int64_t distance = ts_call_int(ctx, call, "max_distance", 128);
    const bool both = ts_call_bool(ctx, call, "bidirectional", true);
    if (ctx->status)
        return ctx->status;
    if (buckets < 4 || buckets > INT32_MAX || distance <= buckets / (both ? 4 : 2) ||
        ts_dtype_is_float(relative.dtype))
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%s: whole relative positions, 4 buckets or more, and max_distance above "
                       "the exact distances are wanted", call->module);
    const ts_tensor out = ts_new(ctx, TS_I64, relative.rank, relative.size);
    for (int64_t i = 0; !ctx->status && i < ts_numel(out); i++)
        ((int64_t *)out.data)[i] = ts_t5_bucket(
            (int64_t)ts_load(relative.data, relative.dtype, i), both, buckets, distance);
    ts_call_output(ctx, call, "bucket", out);
    return ts_ctx_status(ctx);
}

/* Ids and mask (B, L) of the prompts in the settings, filled up with 0. */
static void tokenize_prompts(ts_ctx *ctx, ts_call *call, ts_tensor *ids, ts_tensor *mask)
{
    const json_t *const prompts = ts_call_json(call, "prompts");
    const json_t *const added = ts_call_json(call, "added_tokens");
    const int64_t length = ts_call_int(ctx, call, "max_length", 512);
    const int64_t size[2] = {(int64_t)json_array_size(prompts), length};
    if (!ctx->status && (size[0] < 1 || length < 1 || length > 65536))
        ts_fail(ctx, TS_ERROR_USAGE, "%s needs input_ids, or prompts and max_length",
                call->module);
    ts_byt5_tokenizer *const t = ctx->status ? NULL : ts_byt5_tokenizer_new(ctx);
    if (t && added)
        ts_byt5_tokenizer_add_all(ctx, t, added, call->module);
    *ids = ts_new(ctx, TS_I64, 2, size);
    *mask = ts_new(ctx, TS_I64, 2, size);
    for (int64_t b = 0; b < size[0] && !ctx->status; b++) {
        const json_t *const text = json_array_get(prompts, (size_t)b);
        ts_ids row = {0};
        if (!json_is_string(text))
            ts_fail(ctx, TS_ERROR_USAGE, "%s: prompts must be texts", call->module);
        else
            ts_byt5_tokenize(ctx, t, &row, json_string_value(text),
                             (int64_t)json_string_length(text), length, 0);
        for (int64_t i = 0; i < length && !ctx->status; i++) {
            ((int64_t *)ids->data)[b * length + i] = i < row.count ? row.at[i] : 0;
            ((int64_t *)mask->data)[b * length + i] = i < row.count;
        }
        ts_ids_free(&row);
    }
    ts_byt5_tokenizer_close(t);
}

static ts_status run_glyph_byt5(ts_ctx *ctx, ts_call *call)
{
    enum { PUBLISHED = 3072, FIRST = 4 };
    ts_t5_config c;
    ts_weights *const w = open_t5(ctx, call, &c);
    ts_tensor ids = ts_call_optional(call, "input_ids");
    ts_tensor mask = ts_call_optional(call, "attention_mask");
    const int64_t layers = ts_call_int(ctx, call, "mapper.num_layers", 4);
    const int64_t channels = ts_call_int(ctx, call, "target_channels", PUBLISHED);
    if (ctx->status)
        return ctx->status;
    if (layers < 0 || layers > 1000 || channels < 1 || channels > INT32_MAX)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: mapper.num_layers or target_channels is out of "
                       "range", call->module);
    if (ts_is_empty(ids))
        tokenize_prompts(ctx, call, &ids, &mask);
    const ts_tensor encoder = ts_t5_encode(ctx, w, &c, ids, mask);
    const ts_tensor mapped = ts_byt5_mapper(ctx, w, &c, encoder, mask, layers);
    if (ctx->status)
        return ctx->status;
    const int64_t sdxl = ts_call_int(ctx, call, "mapper.sdxl_channels", ts_size(mapped, -1));
    if (sdxl != ts_size(mapped, -1))
        return ts_fail(ctx, TS_ERROR_SHAPE, "%s: mapper.sdxl_channels is %lld, the weights give "
                       "%lld", call->module, (long long)sdxl, (long long)ts_size(mapped, -1));
    const int64_t first = mapped.size[1] < FIRST ? mapped.size[1] : FIRST;
    ts_call_output(ctx, call, "encoder", encoder);
    ts_call_output(ctx, call, "mapper", mapped);
    ts_call_output(ctx, call, "embeds", ts_byt5_stretch(ctx, mapped, channels));
    ts_call_output(ctx, call, "embeds_3072",
                   ts_byt5_stretch(ctx, ts_slice(ctx, mapped, 1, 0, first), PUBLISHED));
    return ts_ctx_status(ctx);
}

static ts_status run_simple_mapper(ts_ctx *ctx, ts_call *call)
{
    ts_weights *const w = ts_call_weights(ctx, call, "byt5_mapper");
    const ts_tensor x = ts_call_input(ctx, call, "byt5_embedding");
    if (!ctx->status)
        ts_call_output(ctx, call, "output", ts_byt5_simple_mapper(ctx, w, x));
    return ts_ctx_status(ctx);
}

static ts_status run_encode_prompt(ts_ctx *ctx, ts_call *call)
{
    const json_t *const prompt = ts_call_json(call, "prompt");
    ts_prompt_config config = {ts_call_int(ctx, call, "max_sequence_length", 512), TS_CLEAN_FAST};
    ts_clean_named(ctx, &config.clean, ts_call_text(ctx, call, "clean", "fast"));
    ts_prompt_state state;
    if (ctx->status)
        return ctx->status;
    if (!json_is_string(prompt) || !call->checkpoint)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s needs a prompt in the settings and a checkpoint",
                       call->module);
    if (config.max_sequence_length == 0)
        config.max_sequence_length = -1; /* 0 is the default of the function, not of the user */
    if (ts_encode_prompt(ctx, &state, call->checkpoint, json_string_value(prompt),
                         (int64_t)json_string_length(prompt), &config))
        return ctx->status;
    ts_call_output(ctx, call, "prompt_embeds", state.prompt_embeds);
    ts_call_output(ctx, call, "pooled_prompt_embeds", state.pooled_prompt_embeds);
    ts_call_output(ctx, call, "text_ids", state.text_ids);
    return ts_ctx_status(ctx);
}

/* A layer that is its weights alone, by its name behind "text.clip." or "text.t5.": a linear layer,
 * an embedding of integer inputs, a norm (T5's have no bias). */
static ts_status run_leaf(ts_ctx *ctx, ts_call *call)
{
    const bool clip = !strncmp(call->module, "text.clip.", 10);
    ts_clip_config clip_config = {0};
    ts_t5_config t5_config = {0};
    ts_weights *const w =
        clip ? open_clip(ctx, call, &clip_config) : open_t5(ctx, call, &t5_config);
    const ts_tensor x = ts_call_sole_input(ctx, call, "input");
    if (ctx->status)
        return ctx->status;
    if (ends_with(call->rest, ".activation_fn") || ends_with(call->rest, "DenseReluDense.act")) {
        const ts_act act = clip ? clip_config.act : t5_config.act;
        ts_call_output(ctx, call, "output", ts_act_apply(ctx, x, act));
        return ts_ctx_status(ctx);
    }
    char name[TS_PATH];
    snprintf(name, sizeof name, "%s.weight", call->rest);
    if (!ts_weights_has(w, name))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has no such module", call->module);
    ts_tensor y;
    if (strstr(call->rest, "layer_norm"))
        y = clip ? ts_layer_norm_named(ctx, w, x, clip_config.eps, "%s", call->rest)
                 : ts_rms_norm_named(ctx, w, x, t5_config.eps, "%s", call->rest);
    else if (ts_dtype_is_float(x.dtype)) {
        const ts_tensor table = ts_weight(ctx, w, 2, (int64_t[]){-1, -1}, "%s", name);
        y = ts_linear_named(ctx, w, x, table.size[0], "%s", call->rest);
    } else {
        const ts_tensor table = ts_weight(ctx, w, 2, (int64_t[]){-1, -1}, "%s", name);
        y = ts_embedding_named(ctx, w, x, table.size[1], "%s", call->rest);
    }
    ts_call_output(ctx, call, "output", y);
    return ts_ctx_status(ctx);
}

#define CLIP_LAYER "text.clip.text_model.encoder.layers.*"
#define T5_BLOCK "text.t5.encoder.block.*"
#define STATES "hidden_states (B, L, C)"
#define BIASED "hidden_states (B, L, C); [attention_mask (B, L)]; [position_bias (1, h, L, L)]"

const ts_module ts_text_modules[] = {
    {"text.clip", "input_ids (B, L)", "last_hidden_state (B, L, C); pooler_output (B, C)",
     "eos_token_id", "CLIP's text transformer", run_clip},
    {"text.clip.text_model", "input_ids (B, L)",
     "last_hidden_state (B, L, C); pooler_output (B, C)", "eos_token_id", "the same", run_clip},
    {CLIP_LAYER, STATES, "output (B, L, C)", "eos_token_id", "one of its layers", run_clip_layer},
    {CLIP_LAYER ".self_attn", STATES, "output (B, L, C)", "eos_token_id",
     "attention of a layer, causal", run_clip_layer},
    {CLIP_LAYER ".mlp", STATES, "output (B, L, C)", "eos_token_id", "feed-forward of a layer",
     run_clip_layer},
    {"text.clip.**", "input (..., C), or integers (...) for an embedding", "output (..., D)",
     "eos_token_id", "a linear layer, norm, activation or embedding of CLIP", run_leaf},
    {"text.t5", "input_ids (B, L); [attention_mask (B, L)]", "last_hidden_state (B, L, C)",
     "config", "T5's encoder", run_t5},
    {"text.t5.encoder", "input_ids (B, L); [attention_mask (B, L)]",
     "last_hidden_state (B, L, C)", "config", "the same", run_t5},
    {"text.t5_bucket", "relative_position (integers)", "bucket (as the input)",
     "num_buckets max_distance bidirectional", "bucket of key minus query position", run_bucket},
    {T5_BLOCK, BIASED, "output (B, L, C)", "config", "one of its blocks", run_t5_block},
    {T5_BLOCK ".layer.0.SelfAttention", BIASED, "output (B, L, C)", "config",
     "attention of a block", run_t5_block},
    {T5_BLOCK ".layer.1.DenseReluDense", STATES, "output (B, L, C)", "config",
     "feed-forward of a block", run_t5_block},
    {"text.t5.**", "input (..., C), or integers (...) for an embedding", "output (..., D)",
     "config", "a linear layer, norm, activation or embedding of T5", run_leaf},
    {"text.glyph_byt5", "[input_ids (B, L)]; [attention_mask (B, L)]",
     "encoder (B, L, C); mapper (B, L, D); embeds (B, L, N); embeds_3072 (B, 4, 3072)",
     "config mapper added_tokens max_length prompts target_channels",
     "Glyph-ByT5: byte encoder, mapper, channels stretched", run_glyph_byt5},
    {"text.byt5_simple_mapper", "byt5_embedding (..., C)", "output (..., D)", "",
     "norm, linear, ReLU, linear", run_simple_mapper},
    {"text.encode_prompt", "",
     "prompt_embeds (1, T, C); pooled_prompt_embeds (1, P); text_ids (T, 3)",
     "prompt max_sequence_length clean", "a prompt as the transformer takes it",
     run_encode_prompt},
    {"text.tokenizers", "rows with a text", "rows of token ids by tokenizer",
     "tokenizer tokenizer_2 truncate", "CLIP's and T5's tokenizers of a checkpoint, ByT5's",
     ts_run_tokenizers},
    {"text.byt5_tokenizer", "rows with a text", "rows with ids", "added_tokens max_length",
     "bytes, special and added tokens", ts_run_byt5_tokenizer},
    {0},
};
