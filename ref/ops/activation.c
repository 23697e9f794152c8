/* activation.c: the operations; their equations stand in plain/activation.h. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] elements, n[1] which function; f[0], f[1] the bounds of clamp */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, activation_forward, s->out.data, s->in[0].data, (ts_activation)s->n[1], s->f[0],
            s->f[1], s->n[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, activation_backward, s->din[0].data, s->dout.data, s->in[0].data,
            (ts_activation)s->n[1], s->f[0], s->f[1], s->n[0]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(activation_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge,
             (ts_activation)s->n[1], s->f[0], s->f[1], s->n[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(activation_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->in[0].data, s->in[0].gauge, (ts_activation)s->n[1], s->f, s->n[0]);
}

static ts_tensor apply(ts_ctx *ctx, const ts_op *op, ts_tensor x, ts_activation f, double low,
                       double high)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1, .n = {ts_numel(x), f}, .f = {low, high}};
    if (!ts_require(ctx, &s, !ts_is_empty(x), "x is missing") ||
        !ts_require(ctx, &s, f != TS_CLAMP || low <= high, "%g is above %g", low, high))
        return (ts_tensor){0};
    s.flops = (double)ts_numel(x);
    s.terms = 1.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}

#define ACTIVATION(name, kind)                                                                     \
    ts_tensor ts_##name(ts_ctx *ctx, ts_tensor x)                                                  \
    {                                                                                              \
        static const ts_op op = {#name, forward, backward, gauge, backward_gauge};                 \
        return apply(ctx, &op, x, kind, 0.0, 0.0);                                                 \
    }

ACTIVATION(silu, TS_SILU)
ACTIVATION(gelu, TS_GELU)
ACTIVATION(gelu_tanh, TS_GELU_TANH)
ACTIVATION(quick_gelu, TS_QUICK_GELU)
ACTIVATION(relu, TS_RELU)
ACTIVATION(hard_swish, TS_HARD_SWISH)
ACTIVATION(hard_sigmoid, TS_HARD_SIGMOID)
ACTIVATION(sigmoid, TS_SIGMOID)
ACTIVATION(tanh_of, TS_TANH)
ACTIVATION(exp_of, TS_EXP)

ts_tensor ts_clamp(ts_ctx *ctx, ts_tensor x, double low, double high)
{
    static const ts_op op = {"clamp", forward, backward, gauge, backward_gauge};
    return apply(ctx, &op, x, TS_CLAMP, low, high);
}
