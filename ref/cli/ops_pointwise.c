/* ops_pointwise.c: norms, activations, arithmetic, gates and positions as modules: `touchstone run
 * ops.layer_norm`. Inputs and settings have the names of the PyTorch function. */
#include "ref/cli/modules.h"
#include "ref/ops/ops.h"

#include <string.h>

static ts_status give(ts_ctx *ctx, ts_call *call, ts_tensor y)
{
    ts_call_output(ctx, call, "output", y);
    return ts_ctx_status(ctx);
}

static ts_tensor input(ts_ctx *ctx, const ts_call *call)
{
    return ts_call_input(ctx, call, "input");
}

static ts_status run_layer_norm(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    const double eps = ts_call_real(ctx, call, "eps", 1e-5);
    return give(ctx, call, ts_layer_norm(ctx, x, ts_call_optional(call, "weight"),
                                         ts_call_optional(call, "bias"), eps));
}

static ts_status run_rms_norm(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    const double eps = ts_call_real(ctx, call, "eps", 1e-6);
    return give(ctx, call, ts_rms_norm(ctx, x, ts_call_optional(call, "weight"), eps));
}

static ts_status run_group_norm(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    const int64_t groups = ts_call_int(ctx, call, "num_groups", 1);
    const double eps = ts_call_real(ctx, call, "eps", 1e-5);
    return give(ctx, call, ts_group_norm(ctx, x, ts_call_optional(call, "weight"),
                                         ts_call_optional(call, "bias"), groups, eps));
}

/* As torch's function: in training the outputs are also the running averages after the step. */
static ts_status run_batch_norm_train(ts_ctx *ctx, ts_call *call, ts_tensor x, double eps)
{
    static const char *const names[2] = {"running_mean", "running_var"};
    const double momentum = ts_call_real(ctx, call, "momentum", 0.1);
    ts_tensor moments[2];
    give(ctx, call, ts_batch_norm_train(ctx, x, ts_call_optional(call, "weight"),
                                        ts_call_optional(call, "bias"), eps, moments));
    for (int k = 0; k < 2; k++) {
        ts_tensor running = ts_call_optional(call, names[k]);
        running.grad = NULL;
        if (!ts_is_empty(running))
            ts_call_output(ctx, call, names[k], ts_lerp(ctx, running, moments[k], momentum));
    }
    return ts_ctx_status(ctx);
}

static ts_status run_batch_norm(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    if (ts_call_bool(ctx, call, "training", false))
        return run_batch_norm_train(ctx, call, x, ts_call_real(ctx, call, "eps", 1e-5));
    const ts_tensor mean = ts_call_input(ctx, call, "running_mean");
    const ts_tensor var = ts_call_input(ctx, call, "running_var");
    const double eps = ts_call_real(ctx, call, "eps", 1e-5);
    return give(ctx, call, ts_batch_norm(ctx, x, ts_call_optional(call, "weight"),
                                         ts_call_optional(call, "bias"), mean, var, eps));
}

static ts_status run_clamp(ts_ctx *ctx, ts_call *call)
{
    const double low = ts_call_real(ctx, call, "min", -1.0);
    const double high = ts_call_real(ctx, call, "max", 1.0);
    return give(ctx, call, ts_clamp(ctx, input(ctx, call), low, high));
}

/* Functions of the input alone: one runner each, as a module is told by its function. */
#define ALONE(name)                                                                                \
    static ts_status run_##name(ts_ctx *ctx, ts_call *call)                                        \
    {                                                                                              \
        return give(ctx, call, ts_##name(ctx, input(ctx, call)));                                  \
    }

ALONE(softmax)
ALONE(log_softmax)
ALONE(silu)
ALONE(gelu)
ALONE(gelu_tanh)
ALONE(quick_gelu)
ALONE(relu)
ALONE(hard_swish)
ALONE(hard_sigmoid)
ALONE(sigmoid)
ALONE(tanh_of)
ALONE(exp_of)
ALONE(sum)
ALONE(mean)

/* Functions of two tensors. */
#define PAIR(name)                                                                                 \
    static ts_status run_##name(ts_ctx *ctx, ts_call *call)                                        \
    {                                                                                              \
        const ts_tensor a = input(ctx, call), b = ts_call_input(ctx, call, "other");               \
        return give(ctx, call, ts_##name(ctx, a, b));                                              \
    }

PAIR(add)
PAIR(sub)
PAIR(mul)

static ts_status run_lerp(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor a = input(ctx, call), b = ts_call_input(ctx, call, "end");
    return give(ctx, call, ts_lerp(ctx, a, b, ts_call_real(ctx, call, "weight", 0.5)));
}

static ts_status run_scale(ts_ctx *ctx, ts_call *call)
{
    const double factor = ts_call_real(ctx, call, "factor", 1.0);
    return give(ctx, call, ts_scale(ctx, input(ctx, call), factor));
}

static ts_status run_shift(ts_ctx *ctx, ts_call *call)
{
    const double offset = ts_call_real(ctx, call, "offset", 0.0);
    return give(ctx, call, ts_shift(ctx, input(ctx, call), offset));
}

static ts_status run_modulate(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call), scale = ts_call_input(ctx, call, "scale");
    return give(ctx, call, ts_modulate(ctx, x, scale, ts_call_input(ctx, call, "shift")));
}

static ts_status run_add_gated(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call), gate = ts_call_input(ctx, call, "gate");
    return give(ctx, call, ts_add_gated(ctx, x, gate, ts_call_input(ctx, call, "value")));
}

static ts_status run_gated(ts_ctx *ctx, ts_call *call)
{
    static const char *const names[] = {[TS_GATE_GELU_TANH] = "gelu_tanh",
                                        [TS_GATE_GELU] = "gelu",
                                        [TS_GATE_SILU] = "silu",
                                        [TS_GATE_SIGMOID] = "sigmoid"};
    const ts_tensor gate = ts_call_input(ctx, call, "gate"), x = input(ctx, call);
    const char *name = ts_call_text(ctx, call, "function", "gelu_tanh");
    if (ctx->status)
        return ctx->status;
    for (int kind = 0; kind < 4; kind++)
        if (strcmp(name, names[kind]) == 0)
            return give(ctx, call, ts_gated(ctx, gate, x, (ts_gate_kind)kind));
    return ts_fail(ctx, TS_ERROR_USAGE,
                   "setting function: gelu_tanh, gelu, silu or sigmoid, not %s", name);
}

static ts_status run_rotate(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call), cos = ts_call_input(ctx, call, "cos");
    return give(ctx, call, ts_rotate(ctx, x, cos, ts_call_input(ctx, call, "sin")));
}

static ts_status run_rope_tables(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor ids = ts_call_input(ctx, call, "ids");
    const json_t *list = ts_call_json(call, "axes_dim");
    const double theta = ts_call_real(ctx, call, "theta", 10000.0);
    const size_t axes = json_array_size(list);
    int64_t dims[TS_MAX_RANK] = {0};
    if (ctx->status)
        return ctx->status;
    if (axes < 1 || axes > TS_MAX_RANK)
        return ts_fail(ctx, TS_ERROR_USAGE, "setting axes_dim: a list of 1 to %d sizes",
                       TS_MAX_RANK);
    for (size_t i = 0; i < axes; i++) {
        if (!json_is_integer(json_array_get(list, i)))
            return ts_fail(ctx, TS_ERROR_USAGE, "setting axes_dim: entry %zu is not an integer", i);
        dims[i] = json_integer_value(json_array_get(list, i));
    }
    ts_tensor cos, sin;
    ts_rope_tables(ctx, &cos, &sin, ids, (int)axes, dims, theta);
    ts_call_output(ctx, call, "cos", cos);
    ts_call_output(ctx, call, "sin", sin);
    return ts_ctx_status(ctx);
}

static ts_status run_sinusoid(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor t = ts_call_input(ctx, call, "timesteps");
    const int64_t dim = ts_call_int(ctx, call, "embedding_dim", 256);
    const double period = ts_call_real(ctx, call, "max_period", 10000.0);
    const bool flip = ts_call_bool(ctx, call, "flip_sin_to_cos", false);
    const double shift = ts_call_real(ctx, call, "downscale_freq_shift", 1.0);
    return give(ctx, call, ts_sinusoid(ctx, t, dim, period, flip, shift));
}

#define ROW(name, text) {"ops." #name, "input (...)", "output (...)", "", text, run_##name}
#define TWO(name, text)                                                                            \
    {"ops." #name, "input (...); other (...)", "output (...)", "", text, run_##name}

const ts_module ts_ops_pointwise_modules[] = {
    {"ops.layer_norm", "input (..., n); [weight (n)]; [bias (n)]", "output (..., n)", "eps",
     "rows to mean 0 and variance 1", run_layer_norm},
    {"ops.rms_norm", "input (..., n); [weight (n)]", "output (..., n)", "eps",
     "rows to mean square 1", run_rms_norm},
    {"ops.group_norm", "input (B, C, ...); [weight (C)]; [bias (C)]", "output (B, C, ...)",
     "num_groups eps", "groups of channels to mean 0 and variance 1", run_group_norm},
    {"ops.batch_norm",
     "input (B, C, ...); [weight (C)]; [bias (C)]; [running_mean (C)]; [running_var (C)]",
     "output (B, C, ...); [running_mean (C)]; [running_var (C)]", "eps training momentum",
     "channels by given mean and variance; training: by those of the batch, and the running averages "
     "after the step",
     run_batch_norm},
    ROW(softmax, "probabilities, last axis"),
    ROW(log_softmax, "logarithms of probabilities, last axis"),
    ROW(silu, "x sigmoid(x)"),
    ROW(gelu, "x Phi(x), by erf"),
    ROW(gelu_tanh, "GELU, tanh form"),
    ROW(quick_gelu, "x sigmoid(1.702 x)"),
    ROW(relu, "max(x, 0)"),
    ROW(hard_swish, "x hard_sigmoid(x)"),
    ROW(hard_sigmoid, "relu6(x + 3) / 6"),
    ROW(sigmoid, "1 / (1 + e^-x)"),
    {"ops.tanh", "input (...)", "output (...)", "", "hyperbolic tangent", run_tanh_of},
    {"ops.exp", "input (...)", "output (...)", "", "the exponential, e^x", run_exp_of},
    {"ops.clamp", "input (...)", "output (...)", "min max", "into [min, max]", run_clamp},
    TWO(add, "input + other, broadcast"),
    TWO(sub, "input - other, broadcast"),
    TWO(mul, "input other, broadcast"),
    {"ops.lerp", "input (...); end (...)", "output (...)", "weight",
     "input (1 - weight) + end weight, broadcast", run_lerp},
    {"ops.scale", "input (...)", "output (...)", "factor", "factor x", run_scale},
    {"ops.shift", "input (...)", "output (...)", "offset", "x + offset", run_shift},
    {"ops.modulate", "input (B, L, C); scale (B, C); shift (B, C)", "output (B, L, C)", "",
     "input (1 + scale) + shift", run_modulate},
    {"ops.add_gated", "input (B, L, C); gate (B, C); value (B, L, C)", "output (B, L, C)", "",
     "input + gate value", run_add_gated},
    {"ops.gated", "gate (...); input (...)", "output (...)", "function", "function(gate) input",
     run_gated},
    {"ops.rotate", "input (..., L, d); cos (L, d); sin (L, d)", "output (..., L, d)", "",
     "rotary embedding of neighbouring pairs", run_rotate},
    {"ops.rope_tables", "ids (L, axes)", "cos (L, d); sin (L, d)", "axes_dim theta",
     "the tables of ops.rotate", run_rope_tables},
    {"ops.sinusoid", "timesteps (n)", "output (n, embedding_dim)",
     "embedding_dim max_period flip_sin_to_cos downscale_freq_shift",
     "sines and cosines of times", run_sinusoid},
    {"ops.sum", "input (...)", "output ()", "", "of all elements", run_sum},
    {"ops.mean", "input (...)", "output ()", "", "of all elements", run_mean},
    {0},
};
