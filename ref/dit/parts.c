/* parts.c: single layers of the transformer, run by name.
 *
 * LoRA is on for a layer that has one, as it is for the condition's tokens ("lora": false in the
 * settings loads none).
 * Test: tests/dit/test_parts.c     Golden: modules/ */
#include "ref/dit/parts.h"

#include "ref/base/trace.h"
#include "ref/dit/double_block.h"
#include "ref/dit/single_block.h"

#include <stdio.h>
#include <string.h>

/* The network of the call, closed by `finish`. */
typedef struct {
    ts_dit *dit;
    ts_lora *lora;
} network;

static network open_network(ts_ctx *ctx, ts_call *call)
{
    network n = {0};
    n.dit = ts_call_dit(ctx, call, &n.lora);
    return n;
}

static ts_status finish(ts_ctx *ctx, network n)
{
    ts_dit_close(n.dit);
    ts_lora_close(n.lora);
    return ts_ctx_status(ctx);
}

/* The part of the name below the family: "x_embedder", "transformer_blocks.0.norm1". */
static const char *path_of(const ts_call *call)
{
    const char *dot = strchr(call->module, '.');
    return dot ? dot + 1 : call->module;
}

ts_status ts_run_time_text_embed(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const ts_tensor timestep = ts_call_input(ctx, call, "timestep");
    const ts_tensor pooled = ts_call_input(ctx, call, "pooled_projection");
    const ts_tensor guidance = ts_call_optional(call, "guidance");
    if (!ctx->status) {
        const ts_tensor y = ts_time_text_embed(ctx, n.dit, timestep, guidance, pooled);
        ts_call_output(ctx, call, "conditioning", y);
        ts_call_output(ctx, call, "time_proj", ts_time_proj(ctx, timestep));
    }
    return finish(ctx, n);
}

ts_status ts_run_embedder(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const char *name = strrchr(call->module, '.') + 1;
    const bool text = strcmp(name, "text_embedder") == 0;
    const ts_tensor x = ts_call_sole_input(ctx, call, text ? "caption" : "sample");
    if (!ctx->status) {
        const ts_embedder *e = text                                ? &n.dit->text
                               : strcmp(name, "guidance_embedder") ? &n.dit->timestep
                                                                   : &n.dit->guidance;
        if (ts_is_empty(e->linear_1.w))
            ts_fail(ctx, TS_ERROR_USAGE, "%s: this model has no such embedder", call->module);
        else
            ts_call_output(ctx, call, "output", ts_embed_with(ctx, e, x, name));
    }
    return finish(ctx, n);
}

ts_status ts_run_time_proj(ts_ctx *ctx, ts_call *call)
{
    ts_call_output(ctx, call, "output",
                   ts_time_proj(ctx, ts_call_sole_input(ctx, call, "timesteps")));
    return ts_ctx_status(ctx);
}

/* The axes come from the settings, or else from the model of the call. */
ts_status ts_run_pos_embed(ts_ctx *ctx, ts_call *call)
{
    const json_t *dims = ts_call_json(call, "axes_dims_rope");
    network n = {0};
    ts_dit bare = {.config.axes = (int)json_array_size(dims)};
    for (int i = 0; i < bare.config.axes && i < TS_MAX_AXES; i++)
        bare.config.axes_dims[i] = json_integer_value(json_array_get(dims, (size_t)i));
    if (dims && (bare.config.axes < 1 || bare.config.axes > TS_MAX_AXES))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: axes_dims_rope: expected a list of 1 to %d sizes",
                call->module, TS_MAX_AXES);
    bare.config.theta = ts_call_real(ctx, call, "theta", TS_ROPE_THETA);
    if (!dims)
        n = open_network(ctx, call);
    const ts_tensor ids = ts_call_input(ctx, call, "ids");
    if (!ctx->status) {
        const ts_rope rope = ts_pos_embed(ctx, dims ? &bare : n.dit, ids);
        ts_call_output(ctx, call, "0", rope.cos);
        ts_call_output(ctx, call, "1", rope.sin);
    }
    return finish(ctx, n);
}

ts_status ts_run_norm_out(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const ts_tensor x = ts_call_input(ctx, call, "x");
    const ts_tensor temb = ts_call_input(ctx, call, "conditioning_embedding");
    if (!ctx->status)
        ts_call_output(ctx, call, "output", ts_norm_out(ctx, n.dit, x, temb));
    return finish(ctx, n);
}

/* The block that the call names, or a failure. */
static int64_t block_of(ts_ctx *ctx, const ts_call *call, int64_t count)
{
    if (!ctx->status && call->wild[0] >= count)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has %lld such blocks", call->module,
                (long long)count);
    return ctx->status ? 0 : call->wild[0];
}

static bool is_text(const ts_call *call)
{
    return strstr(call->module, "_context") != NULL;
}

static const ts_stream_weights *stream_weights(ts_ctx *ctx, const ts_call *call, const ts_dit *dit)
{
    const int64_t i = dit ? block_of(ctx, call, dit->config.layers) : 0;
    if (ctx->status)
        return NULL;
    return is_text(call) ? &dit->blocks[i].text : &dit->blocks[i].image;
}

ts_status ts_run_adaln_zero(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const ts_stream_weights *w = stream_weights(ctx, call, n.dit);
    const ts_stream s = {.x = ts_call_input(ctx, call, "x"),
                         .temb = ts_call_input(ctx, call, "emb"),
                         .lora = true};
    if (!ctx->status) {
        ts_enter(ctx, "transformer_blocks.%lld", (long long)call->wild[0]);
        const ts_adaln m = ts_adaln_zero(ctx, &s, w);
        ts_leave(ctx);
        ts_call_output(ctx, call, "0", m.n);
        ts_call_output(ctx, call, "1", m.gate);
        ts_call_output(ctx, call, "2", m.shift_mlp);
        ts_call_output(ctx, call, "3", m.scale_mlp);
        ts_call_output(ctx, call, "4", m.gate_mlp);
    }
    return finish(ctx, n);
}

ts_status ts_run_adaln_zero_single(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const int64_t i = n.dit ? block_of(ctx, call, n.dit->config.single_layers) : 0;
    const ts_stream s = {.x = ts_call_input(ctx, call, "x"),
                         .temb = ts_call_input(ctx, call, "emb"),
                         .lora = true};
    if (!ctx->status) {
        ts_tensor gate = {0};
        ts_enter(ctx, "single_transformer_blocks.%lld", (long long)i);
        const ts_tensor y = ts_adaln_zero_single(ctx, &gate, &s, &n.dit->single_blocks[i]);
        ts_leave(ctx);
        ts_call_output(ctx, call, "0", y);
        ts_call_output(ctx, call, "1", gate);
    }
    return finish(ctx, n);
}

ts_status ts_run_feed_forward(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const ts_stream_weights *w = stream_weights(ctx, call, n.dit);
    const ts_tensor x = ts_call_sole_input(ctx, call, "hidden_states");
    if (!ctx->status) {
        ts_enter(ctx, "transformer_blocks.%lld", (long long)call->wild[0]);
        ts_call_output(ctx, call, "output", ts_feed_forward(ctx, x, w, true));
        ts_leave(ctx);
    }
    return finish(ctx, n);
}

/* The layer norms without weights. */
static ts_tensor plain_norm(ts_ctx *ctx, ts_tensor x)
{
    static const double eps = 1e-6;
    return ts_layer_norm(ctx, x, (ts_tensor){0}, (ts_tensor){0}, eps);
}

ts_status ts_run_plain_norm(ts_ctx *ctx, ts_call *call)
{
    ts_call_output(ctx, call, "output", plain_norm(ctx, ts_call_sole_input(ctx, call, "input")));
    return ts_ctx_status(ctx);
}

/* Layers without weights, by the end of their path; a weight beside them says that the model has
 * them. Dropout does nothing outside training. */
typedef enum { SILU, GELU_TANH, NORM, DROPOUT, FEED } weightless;

static const struct {
    const char *end, *beside;
    weightless kind;
} without_weights[] = {
    {".silu", ".linear", SILU},
    {".act", ".linear_1", SILU},
    {".act_1", ".linear_1", SILU},
    {".act_mlp", ".proj_mlp", GELU_TANH},
    {".norm", ".linear", NORM},
    {".to_out.1", ".to_out.0", DROPOUT},
    {".net.0", ".net.0.proj", FEED},
    {".net.1", ".net.0.proj", DROPOUT},
};

/* The path of the module whose weight stands beside the layer, in `beside`; NULL: no such layer. */
static const weightless *find_weightless(const ts_dit *dit, const char *path, char beside[TS_PATH])
{
    for (size_t i = 0; i < sizeof without_weights / sizeof *without_weights; i++) {
        const size_t length = strlen(path), end = strlen(without_weights[i].end);
        char weight[TS_PATH + 8];
        if (length <= end || strcmp(path + length - end, without_weights[i].end) != 0)
            continue;
        snprintf(beside, TS_PATH, "%.*s%s", (int)(length - end), path, without_weights[i].beside);
        snprintf(weight, sizeof weight, "%s.weight", beside);
        if (ts_weights_has(dit->weights, weight))
            return &without_weights[i].kind;
    }
    return NULL;
}

/* A linear layer of the network with its adapter, by its path. */
static ts_tensor linear_at(ts_ctx *ctx, const network *n, const char *path, ts_tensor x)
{
    ts_adapted linear = {
        .w = ts_weight(ctx, n->dit->weights, 2, (int64_t[]){-1, -1}, "%s.weight", path)};
    if (!ctx->status)
        linear.b = ts_weight(ctx, n->dit->weights, 1, linear.w.size, "%s.bias", path);
    ts_lora_attach(ctx, n->lora, &linear, path);
    return ts_adapted_linear(ctx, x, &linear, true);
}

static ts_tensor run_weightless(ts_ctx *ctx, const network *n, weightless kind, const char *beside,
                                ts_tensor x)
{
    switch (kind) {
    case SILU:
        return ts_silu(ctx, x);
    case GELU_TANH:
        return ts_gelu_tanh(ctx, x);
    case NORM:
        return plain_norm(ctx, x);
    case DROPOUT:
        return ts_scale(ctx, x, 1.0);
    case FEED:
        return ts_gelu_tanh(ctx, linear_at(ctx, n, beside, x));
    }
    return x;
}

/* A norm of queries or keys. The published case of one also turns its input by cos and sin, as a
 * result of its own. */
static void run_head_norm(ts_ctx *ctx, ts_call *call, const network *n, const char *path,
                          const char *leaf)
{
    const bool alone = ts_is_empty(ts_call_optional(call, "x"));
    const ts_tensor x = ts_call_input(ctx, call, alone ? "hidden_states" : "x");
    const ts_tensor cos = ts_call_optional(call, "cos"), sin = ts_call_optional(call, "sin");
    const ts_tensor w = ts_weight(ctx, n->dit->weights, 1, (int64_t[]){n->dit->config.head_dim},
                                  "%s.weight", path);
    ts_call_output(ctx, call, alone ? "output" : leaf, ts_rms_norm(ctx, x, w, 1e-6));
    if (!ts_is_empty(cos))
        ts_call_output(ctx, call, "rotated", ts_rotate(ctx, x, cos, sin));
}

/* A single layer by its path: a linear layer with its LoRA, a norm, or one without weights. */
ts_status ts_run_layer(ts_ctx *ctx, ts_call *call)
{
    network n = open_network(ctx, call);
    const char *path = path_of(call), *leaf = strrchr(call->module, '.') + 1;
    char name[TS_PATH], beside[TS_PATH];
    if (ctx->status)
        return finish(ctx, n);
    snprintf(name, sizeof name, "%s.weight", path);
    const weightless *kind = find_weightless(n.dit, path, beside);
    if (!kind && !ts_weights_has(n.dit->weights, name)) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has no such module", call->module);
    } else if (strncmp(leaf, "norm_", 5) == 0) {
        run_head_norm(ctx, call, &n, path, leaf);
    } else {
        const ts_tensor x = ts_call_sole_input(ctx, call, "input");
        ts_call_output(ctx, call, "output", kind ? run_weightless(ctx, &n, *kind, beside, x)
                                                 : linear_at(ctx, &n, path, x));
    }
    return finish(ctx, n);
}
