/* lm.c: a decoder-only Transformer.
 *
 *     x = wte[ids] + wpe[0 .. T);   x += c_proj(attention(ln_1 x));   x += mlp(ln_2 x);   head(ln_f x)
 *     mlp(h) = c_proj(GELU(c_fc h)),   attention causal, scores / sqrt(width / heads)
 *
 * Source:   Radford et al. 2019 (GPT-2); names of Hugging Face's GPT2Model, but linear weights stand
 *           out by in, as torch.nn.Linear has them (there: in by out)
 * Shapes:   ids (B, T), x (B, T, width), result (B, T, vocabulary)
 * Pitfalls: q, k and v come out of one product, in this order; with a tied head the table of tokens
 *           gets gradients from both ends; the projections into the residual stream begin smaller;
 *           dropout acts on the embedding and on both branches, not on the weights of attention
 * Test:     tests/models/test_lm.c                  Golden: models/lm_* */
#include "ref/models/lm.h"

#include "ref/base/trace.h"

#include <math.h>

static ts_layer linear(const ts_lm_config *c, int64_t out, int64_t in, double scale)
{
    return (ts_layer){.kind = TS_LAYER_LINEAR, .out = out, .in = in, .bias = c->bias,
                      .init = TS_INIT_NORMAL, .scale = scale};
}

static ts_layer norm(const ts_lm_config *c)
{
    return (ts_layer){.kind = TS_LAYER_NORM, .out = c->width, .bias = c->bias, .init = TS_INIT_ONE};
}

static ts_layer table(int64_t rows, int64_t width)
{
    return (ts_layer){.kind = TS_LAYER_EMBEDDING, .out = rows, .in = width, .init = TS_INIT_NORMAL,
                      .scale = 0.02};
}

void ts_lm_layers(ts_ctx *ctx, ts_layers *list, const ts_lm_config *config)
{
    const int64_t d = config->width;
    const double small = 0.02 / sqrt(2.0 * (double)config->layers);
    ts_layers_add(ctx, list, table(config->vocabulary, d), "wte");
    ts_layers_add(ctx, list, table(config->context, d), "wpe");
    for (int64_t i = 0; i < config->layers; i++) {
        const long long n = (long long)i;
        ts_layers_add(ctx, list, norm(config), "h.%lld.ln_1", n);
        ts_layers_add(ctx, list, linear(config, 3 * d, d, 0.02), "h.%lld.attn.c_attn", n);
        ts_layers_add(ctx, list, linear(config, d, d, small), "h.%lld.attn.c_proj", n);
        ts_layers_add(ctx, list, norm(config), "h.%lld.ln_2", n);
        ts_layers_add(ctx, list, linear(config, 4 * d, d, 0.02), "h.%lld.mlp.c_fc", n);
        ts_layers_add(ctx, list, linear(config, d, 4 * d, small), "h.%lld.mlp.c_proj", n);
    }
    ts_layers_add(ctx, list, norm(config), "ln_f");
    if (!config->tied) {
        ts_layer head = table(config->vocabulary, d);
        head.kind = TS_LAYER_LINEAR;
        ts_layers_add(ctx, list, head, "lm_head");
    }
}

/* Third `which` of (B, T, 3 width), in heads. */
static ts_tensor heads(ts_ctx *ctx, const ts_lm_config *c, ts_tensor qkv, int which)
{
    return ts_split_heads(ctx, ts_slice(ctx, qkv, 2, which * c->width, c->width), c->heads);
}

ts_tensor ts_lm_attention(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor x)
{
    const ts_attention_bias causal = {.causal = true};
    const double scale = 1.0 / sqrt((double)(config->width / config->heads));
    ts_enter(ctx, "attn");
    const ts_tensor qkv = ts_pass_linear(ctx, pass, "c_attn", x);
    const ts_tensor y = ts_attention(ctx, heads(ctx, config, qkv, 0), heads(ctx, config, qkv, 1),
                                     heads(ctx, config, qkv, 2), scale, &causal);
    x = ts_pass_linear(ctx, pass, "c_proj", ts_merge_heads(ctx, y));
    x = ts_named(ctx, ts_pass_dropout(ctx, pass, x), "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_lm_mlp(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor x)
{
    ts_enter(ctx, "mlp");
    x = ts_pass_linear(ctx, pass, "c_fc", x);
    x = config->gelu_tanh ? ts_gelu_tanh(ctx, x) : ts_gelu(ctx, x);
    x = ts_pass_linear(ctx, pass, "c_proj", ts_named(ctx, x, "act", -1));
    x = ts_named(ctx, ts_pass_dropout(ctx, pass, x), "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_lm_block(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, int64_t block,
                      ts_tensor x)
{
    ts_enter(ctx, "h.%lld", (long long)block);
    ts_tensor h = ts_pass_layer_norm(ctx, pass, "ln_1", x);
    x = ts_add(ctx, x, ts_lm_attention(ctx, pass, config, h));
    h = ts_pass_layer_norm(ctx, pass, "ln_2", x);
    x = ts_named(ctx, ts_add(ctx, x, ts_lm_mlp(ctx, pass, config, h)), "", -1);
    ts_leave(ctx);
    return x;
}

static ts_tensor embed(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor ids)
{
    if (ctx->status)
        return (ts_tensor){0};
    if (ids.rank != 2 || ids.size[1] > config->context || ids.size[1] < 1) {
        char text[TS_SHAPE_TEXT];
        ts_fail(ctx, TS_ERROR_SHAPE, "ids (B, T) with T of 1 to %lld wanted, got %s",
                (long long)config->context, ts_shape_text(text, ids));
        return (ts_tensor){0};
    }
    ts_tensor x = ts_embedding(ctx, ts_pass_weight(ctx, pass, "wte.weight", 2), ids);
    ts_tensor wpe = ts_pass_weight(ctx, pass, "wpe.weight", 2);
    wpe = ts_slice(ctx, wpe, 0, 0, ids.size[1]);
    wpe.name = NULL; /* its first rows, not a module's weight */
    x = ts_pass_dropout(ctx, pass, ts_add(ctx, x, wpe));
    return ts_named(ctx, x, "drop", -1);
}

ts_tensor ts_lm_forward(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor ids)
{
    ts_tensor x = embed(ctx, pass, config, ids);
    for (int64_t i = 0; i < config->layers && !ctx->status; i++)
        x = ts_lm_block(ctx, pass, config, i, x);
    x = ts_pass_layer_norm(ctx, pass, "ln_f", x);
    if (!config->tied)
        return ts_pass_linear(ctx, pass, "lm_head", x);
    ts_tensor head = ts_pass_weight(ctx, pass, "wte.weight", 2);
    head.name = NULL; /* here it is the head's */
    return ts_named(ctx, ts_linear(ctx, x, head, (ts_tensor){0}), "lm_head", -1);
}
