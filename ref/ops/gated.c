/* gated.c: the operation; its equation stands in plain/gated.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] elements, n[1] the function of the gate */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, gated_forward, s->out.data, s->in[0].data, s->in[1].data,
            (ts_activation)s->n[1], s->n[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, gated_backward, s->din[0].data, s->din[1].data, s->dout.data, s->in[0].data,
            s->in[1].data, (ts_activation)s->n[1], s->n[0]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const double *const off[2] = {s->in[0].gauge, s->in[1].gauge};
    TS_GAUGE(gated_gauge, s->out.gauge, s->in[0].data, s->in[1].data, off,
             (ts_activation)s->n[1], s->n[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    double *const g[2] = {s->din[0].gauge, s->din[1].gauge};
    const double *const off[3] = {s->dout.gauge, s->in[0].gauge, s->in[1].gauge};
    TS_GAUGE(gated_backward_gauge, g, s->dout.data, s->in[0].data, s->in[1].data, off,
             (ts_activation)s->n[1], s->n[0]);
}

ts_tensor ts_gated(ts_ctx *ctx, ts_tensor gate, ts_tensor x, ts_gate_kind kind)
{
    static const ts_op gated = {"gated", forward, backward, gauge, backward_gauge};
    static const ts_activation functions[] = {[TS_GATE_GELU_TANH] = TS_GELU_TANH,
                                              [TS_GATE_GELU] = TS_GELU,
                                              [TS_GATE_SILU] = TS_SILU,
                                              [TS_GATE_SIGMOID] = TS_SIGMOID};
    ts_step s = {.op = &gated, .in = {gate, x}, .inputs = 2, .n = {ts_numel(x), functions[kind]}};
    if (!ts_require(ctx, &s, !ts_is_empty(x) && ts_same_size(gate, x),
                    "gate and value must have the same sizes"))
        return (ts_tensor){0};
    s.flops = 2.0 * (double)s.n[0];
    s.terms = 1.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
