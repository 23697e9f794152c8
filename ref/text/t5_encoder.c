/* t5_encoder.c: T5's encoder; equations in t5_encoder.h.
 *
 * Source:   transformers T5EncoderModel, T5Stack, T5Block
 * Shapes:   ids (B, L), x (B, L, C), heads of d_kv (h d_kv need not be C)
 * Pitfalls: no scale in attention; the norm has no mean and no bias; FLUX gives no mask, so padding
 *           is attended, Glyph-ByT5 gives one; the embedding is "shared", in some files only
 *           "encoder.embed_tokens"
 * Test:     tests/text/test_t5_encoder.c     Golden: text/t5_48, text/t5_512 */
#include "ref/text/t5_encoder.h"

#include "ref/base/trace.h"
#include "ref/io/json.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

static int64_t required(ts_ctx *ctx, const json_t *object, const char *where, const char *key)
{
    if (!ts_json_require(ctx, object, where, key))
        return 0;
    const int64_t n = ts_json_int(ctx, object, where, key, 0);
    if (!ctx->status && (n < 1 || n > INT32_MAX))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s is %lld", where, key, (long long)n);
    return n;
}

ts_status ts_t5_config_read(ts_ctx *ctx, ts_t5_config *c, const json_t *object, const char *where)
{
    *c = (ts_t5_config){.width = required(ctx, object, where, "d_model"),
                        .head = required(ctx, object, where, "d_kv"),
                        .heads = required(ctx, object, where, "num_heads"),
                        .inner = required(ctx, object, where, "d_ff"),
                        .layers = required(ctx, object, where, "num_layers")};
    c->buckets = ts_json_int(ctx, object, where, "relative_attention_num_buckets", 32);
    c->distance = ts_json_int(ctx, object, where, "relative_attention_max_distance", 128);
    c->eps = ts_json_real(ctx, object, where, "layer_norm_epsilon", 1e-6);
    const char *act = ts_json_text(ctx, object, where, "feed_forward_proj", "relu");
    if (ctx->status)
        return ctx->status;
    c->gated = !strncmp(act, "gated-", 6);
    /* "gated-gelu" means the tanh form; "gelu" alone the exact one. */
    return ts_act_named(ctx, &c->act,
                        !strcmp(act, "gated-gelu") ? "gelu_new" : c->gated ? act + 6 : act, where);
}

/* (B, 1, 1, L) with the lowest float32 where the mask is 0. */
static ts_tensor additive(ts_ctx *ctx, ts_tensor mask, int64_t length)
{
    if (ts_expect(ctx, mask, "attention_mask", 2, (int64_t[]){-1, length}))
        return (ts_tensor){0};
    const ts_tensor y = ts_new(ctx, ctx->compute, 4, (int64_t[]){mask.size[0], 1, 1, length});
    for (int64_t i = 0; !ctx->status && i < mask.size[0] * length; i++) {
        const double seen = ts_load(mask.data, mask.dtype, i / length * mask.stride[0] +
                                                               i % length * mask.stride[1]);
        ts_store(y.data, y.dtype, i, (1 - seen) * -(double)FLT_MAX);
    }
    return y;
}

ts_tensor ts_t5_bias(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, const char *block,
                     int64_t length, ts_tensor mask)
{
    const ts_tensor table =
        ts_weight(ctx, w, 2, (int64_t[]){c->buckets, c->heads},
                  "%s.layer.0.SelfAttention.relative_attention_bias.weight", block);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor bias = ts_relative_bias(ctx, table, length, length, true, c->distance);
    return ts_is_empty(mask) ? bias : ts_add(ctx, bias, additive(ctx, mask, length));
}

ts_tensor ts_t5_attention(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                          ts_tensor bias, const char *block)
{
    static const char names[] = "qkv";
    const ts_attention_bias added = {.mask = bias};
    ts_tensor qkv[3];
    for (int i = 0; i < 3; i++)
        qkv[i] = ts_split_heads(ctx,
                                ts_linear_named(ctx, w, x, c->heads * c->head,
                                                "%s.layer.0.SelfAttention.%c", block, names[i]),
                                c->heads);
    const ts_tensor a = ts_attention(ctx, qkv[0], qkv[1], qkv[2], 1, &added);
    const ts_tensor y = ts_linear_named(ctx, w, ts_merge_heads(ctx, a), c->width,
                                        "%s.layer.0.SelfAttention.o", block);
    return ts_named(ctx, y, "layer.0.SelfAttention", -1);
}

/* act(wi_0 x) * wi_1 x */
static ts_tensor gated(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                       const char *block)
{
    const ts_tensor gate =
        ts_linear_named(ctx, w, x, c->inner, "%s.layer.1.DenseReluDense.wi_0", block);
    const ts_tensor value =
        ts_linear_named(ctx, w, x, c->inner, "%s.layer.1.DenseReluDense.wi_1", block);
    switch (c->act) {
    case TS_ACT_GELU_TANH:
        return ts_gated(ctx, gate, value, TS_GATE_GELU_TANH);
    case TS_ACT_GELU:
        return ts_gated(ctx, gate, value, TS_GATE_GELU);
    case TS_ACT_SILU:
        return ts_gated(ctx, gate, value, TS_GATE_SILU);
    case TS_ACT_RELU:
    case TS_ACT_QUICK_GELU:
        break;
    }
    return ts_mul(ctx, ts_act_apply(ctx, gate, c->act), value);
}

ts_tensor ts_t5_feed_forward(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                             const char *block)
{
    ts_tensor hidden;
    if (c->gated)
        hidden = gated(ctx, w, c, x, block);
    else
        hidden = ts_act_apply(
            ctx, ts_linear_named(ctx, w, x, c->inner, "%s.layer.1.DenseReluDense.wi", block),
            c->act);
    const ts_tensor y =
        ts_linear_named(ctx, w, hidden, c->width, "%s.layer.1.DenseReluDense.wo", block);
    return ts_named(ctx, y, "layer.1.DenseReluDense", -1);
}

ts_tensor ts_t5_block(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                      ts_tensor bias, const char *block)
{
    ts_enter(ctx, "%s", block);
    ts_tensor n = ts_rms_norm_named(ctx, w, x, c->eps, "%s.layer.0.layer_norm", block);
    x = ts_add(ctx, x, ts_t5_attention(ctx, w, c, n, bias, block));
    ts_named(ctx, x, "layer.0", -1);
    n = ts_rms_norm_named(ctx, w, x, c->eps, "%s.layer.1.layer_norm", block);
    x = ts_add(ctx, x, ts_t5_feed_forward(ctx, w, c, n, block));
    ts_named(ctx, x, "layer.1", -1);
    x = ts_named(ctx, x, "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_t5_blocks(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                       ts_tensor mask, const char *prefix, int64_t count)
{
    char block[TS_PATH];
    if (count < 1 || ctx->status)
        return x;
    snprintf(block, sizeof block, "%s.0", prefix);
    const ts_tensor bias = ts_t5_bias(ctx, w, c, block, x.size[1], mask);
    for (int64_t i = 0; i < count && !ctx->status; i++) {
        const ts_scope scope = ts_scope_open(ctx);
        snprintf(block, sizeof block, "%s.%lld", prefix, (long long)i);
        x = ts_t5_block(ctx, w, c, x, bias, block);
        ts_scope_close(ctx, scope, (ts_tensor *const[]){&x}, 1);
    }
    return x;
}

ts_tensor ts_t5_encode(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor ids,
                       ts_tensor mask)
{
    if (ts_expect(ctx, ids, "input_ids", 2, (int64_t[]){-1, -1}))
        return (ts_tensor){0};
    if (ids.size[1] < 1) {
        ts_fail(ctx, TS_ERROR_SHAPE, "input_ids: a text has at least one token");
        return (ts_tensor){0};
    }
    const char *const table =
        ts_weights_has(w, "shared.weight") ? "shared" : "encoder.embed_tokens";
    ts_tensor x = ts_embedding_named(ctx, w, ids, c->width, "%s", table);
    x = ts_t5_blocks(ctx, w, c, x, mask, "encoder.block", c->layers);
    return ts_rms_norm_named(ctx, w, x, c->eps, "encoder.final_layer_norm");
}
