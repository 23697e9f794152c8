/* dit.c: the parameters of a FLUX transformer, found by name.
 *
 * Source:   diffusers FluxTransformer2DModel (names of modules and configuration)
 * Pitfalls: every size is read from config.json; nothing of FLUX.1's 3072 or 19 + 38 stands here
 * Test:     tests/dit/test_dit.c */
#include "ref/dit/dit.h"

#include <stdarg.h>
#include <stdio.h>

static ts_adapted linear(ts_ctx *ctx, ts_dit *dit, int64_t out, int64_t in, const char *format, ...)
    TS_PRINTF(5, 6);

static ts_adapted linear(ts_ctx *ctx, ts_dit *dit, int64_t out, int64_t in, const char *format, ...)
{
    char module[TS_PATH];
    va_list args;
    va_start(args, format);
    vsnprintf(module, sizeof module, format, args);
    va_end(args);
    ts_adapted y = {0};
    y.w = ts_weight(ctx, dit->weights, 2, (int64_t[]){out, in}, "%s.weight", module);
    y.b = ts_weight(ctx, dit->weights, 1, (int64_t[]){out}, "%s.bias", module);
    ts_lora_attach(ctx, dit->lora, &y, module);
    return y;
}

static ts_tensor head_norm(ts_ctx *ctx, ts_dit *dit, const char *block, int64_t i, const char *leaf)
{
    return ts_weight(ctx, dit->weights, 1, &dit->config.head_dim, "%s.%lld.attn.%s.weight", block,
                     (long long)i, leaf);
}

static ts_embedder embedder(ts_ctx *ctx, ts_dit *dit, int64_t in, const char *name)
{
    const int64_t c = dit->config.width;
    return (ts_embedder){
        .linear_1 = linear(ctx, dit, c, in, "time_text_embed.%s.linear_1", name),
        .linear_2 = linear(ctx, dit, c, c, "time_text_embed.%s.linear_2", name),
    };
}

/* What the two kinds of weights of a double block are called: diffusers names the text's own ones
 * "added" and "context". */
typedef struct {
    const char *norm1, *to_q, *to_k, *to_v, *to_out, *norm_q, *norm_k, *norm2, *ff;
} stream_names;

static const stream_names image_names = {"norm1",  "to_q",   "to_k",  "to_v", "to_out.0",
                                         "norm_q", "norm_k", "norm2", "ff"};
static const stream_names text_names = {
    "norm1_context", "add_q_proj",   "add_k_proj",    "add_v_proj", "to_add_out",
    "norm_added_q",  "norm_added_k", "norm2_context", "ff_context"};

static ts_stream_weights stream_weights(ts_ctx *ctx, ts_dit *dit, int64_t i, const stream_names *n)
{
    static const char block[] = "transformer_blocks";
    const int64_t c = dit->config.width;
    const long long at = (long long)i;
    return (ts_stream_weights){
        .norm1_linear = linear(ctx, dit, 6 * c, c, "%s.%lld.%s.linear", block, at, n->norm1),
        .to_q = linear(ctx, dit, c, c, "%s.%lld.attn.%s", block, at, n->to_q),
        .to_k = linear(ctx, dit, c, c, "%s.%lld.attn.%s", block, at, n->to_k),
        .to_v = linear(ctx, dit, c, c, "%s.%lld.attn.%s", block, at, n->to_v),
        .to_out = linear(ctx, dit, c, c, "%s.%lld.attn.%s", block, at, n->to_out),
        .ff_in = linear(ctx, dit, 4 * c, c, "%s.%lld.%s.net.0.proj", block, at, n->ff),
        .ff_out = linear(ctx, dit, c, 4 * c, "%s.%lld.%s.net.2", block, at, n->ff),
        .norm_q = head_norm(ctx, dit, block, i, n->norm_q),
        .norm_k = head_norm(ctx, dit, block, i, n->norm_k),
        .norm1 = n->norm1,
        .norm2 = n->norm2,
        .ff = n->ff,
    };
}

static ts_single_weights single_weights(ts_ctx *ctx, ts_dit *dit, int64_t i)
{
    static const char block[] = "single_transformer_blocks";
    const int64_t c = dit->config.width;
    const long long at = (long long)i;
    return (ts_single_weights){
        .norm_linear = linear(ctx, dit, 3 * c, c, "%s.%lld.norm.linear", block, at),
        .to_q = linear(ctx, dit, c, c, "%s.%lld.attn.to_q", block, at),
        .to_k = linear(ctx, dit, c, c, "%s.%lld.attn.to_k", block, at),
        .to_v = linear(ctx, dit, c, c, "%s.%lld.attn.to_v", block, at),
        .proj_mlp = linear(ctx, dit, 4 * c, c, "%s.%lld.proj_mlp", block, at),
        .proj_out = linear(ctx, dit, c, 5 * c, "%s.%lld.proj_out", block, at),
        .norm_q = head_norm(ctx, dit, block, i, "norm_q"),
        .norm_k = head_norm(ctx, dit, block, i, "norm_k"),
    };
}

enum { MAX_LAYERS = 1024, MAX_WIDTH = 1 << 20 };

static void within(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t value, int64_t least,
                   int64_t most)
{
    if (!ctx->status && (value < least || value > most))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s is %lld, expected %lld to %lld", ts_weights_label(w),
                key, (long long)value, (long long)least, (long long)most);
}

/* A size of the configuration that is used before any weight confirms it; after a failure the
 * least. */
static int64_t bounded(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t least,
                       int64_t most)
{
    const int64_t value = ts_config_int_required(ctx, w, key);
    within(ctx, w, key, value, least, most);
    return ctx->status ? least : value;
}

static ts_dit_config config_of(ts_ctx *ctx, const ts_weights *w)
{
    ts_dit_config c = {
        .layers = bounded(ctx, w, "num_layers", 0, MAX_LAYERS),
        .single_layers = bounded(ctx, w, "num_single_layers", 0, MAX_LAYERS),
        .heads = bounded(ctx, w, "num_attention_heads", 1, MAX_LAYERS),
        .head_dim = bounded(ctx, w, "attention_head_dim", 2, MAX_LAYERS),
        .in_channels = bounded(ctx, w, "in_channels", 1, MAX_WIDTH),
        .text_dim = bounded(ctx, w, "joint_attention_dim", 1, MAX_WIDTH),
        .pooled_dim = bounded(ctx, w, "pooled_projection_dim", 1, MAX_WIDTH),
        .theta = TS_ROPE_THETA,
        .guidance = ts_config_bool(ctx, w, "guidance_embeds", false),
    };
    c.out_channels = ts_config_int(ctx, w, "out_channels", c.in_channels);
    within(ctx, w, "out_channels", c.out_channels, 1, MAX_WIDTH);
    c.width = c.heads * c.head_dim;
    c.axes = ts_config_ints(ctx, w, "axes_dims_rope", c.axes_dims, TS_MAX_AXES);
    if (c.axes == 0) { /* diffusers' default */
        c.axes = 3;
        c.axes_dims[0] = 16;
        c.axes_dims[1] = c.axes_dims[2] = 56;
    }
    int64_t sum = 0;
    for (int i = 0; i < c.axes; i++) {
        const int64_t d = c.axes_dims[i];
        sum += d > 0 && d <= c.head_dim && d % 2 == 0 ? d : -MAX_WIDTH;
    }
    if (!ctx->status && sum != c.head_dim)
        ts_fail(ctx, TS_ERROR_FORMAT,
                "%s: axes_dims_rope: expected even sizes that add up to attention_head_dim %lld",
                ts_weights_label(w), (long long)c.head_dim);
    return c;
}

enum { SINUSOID = 256 }; /* width of the timestep sinusoid: fixed in the published model */

static void find_all(ts_ctx *ctx, ts_dit *dit)
{
    const ts_dit_config *c = &dit->config;
    dit->x_embedder = linear(ctx, dit, c->width, c->in_channels, "x_embedder");
    dit->context_embedder = linear(ctx, dit, c->width, c->text_dim, "context_embedder");
    dit->norm_out_linear = linear(ctx, dit, 2 * c->width, c->width, "norm_out.linear");
    dit->proj_out = linear(ctx, dit, c->out_channels, c->width, "proj_out");
    dit->timestep = embedder(ctx, dit, SINUSOID, "timestep_embedder");
    if (c->guidance)
        dit->guidance = embedder(ctx, dit, SINUSOID, "guidance_embedder");
    dit->text = embedder(ctx, dit, c->pooled_dim, "text_embedder");
    for (int64_t i = 0; i < c->layers && !ctx->status; i++) {
        dit->blocks[i].image = stream_weights(ctx, dit, i, &image_names);
        dit->blocks[i].text = stream_weights(ctx, dit, i, &text_names);
    }
    for (int64_t i = 0; i < c->single_layers && !ctx->status; i++)
        dit->single_blocks[i] = single_weights(ctx, dit, i);
    ts_lora_all_used(ctx, dit->lora);
}

ts_dit *ts_dit_open(ts_ctx *ctx, ts_weights *weights, ts_lora *lora)
{
    if (ctx->status)
        return NULL;
    const ts_dit_config config = config_of(ctx, weights);
    if (ctx->status)
        return NULL;
    ts_dit *dit = ts_alloc_zero(1, sizeof *dit);
    if (dit) {
        *dit = (ts_dit){.config = config, .weights = weights, .lora = lora};
        dit->blocks = ts_alloc_zero((size_t)config.layers, sizeof *dit->blocks);
        dit->single_blocks =
            ts_alloc_zero((size_t)config.single_layers, sizeof *dit->single_blocks);
    }
    if (!dit || !dit->blocks || !dit->single_blocks)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the model", ts_weights_label(weights));
    else
        find_all(ctx, dit);
    if (!ctx->status)
        return dit;
    ts_dit_close(dit);
    return NULL;
}

void ts_dit_close(ts_dit *dit)
{
    if (!dit)
        return;
    ts_free(dit->blocks);
    ts_free(dit->single_blocks);
    ts_free(dit);
}
