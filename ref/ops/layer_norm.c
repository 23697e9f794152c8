/* layer_norm.c: the operation; its equation stands in plain/layer_norm.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static void forward(ts_ctx *ctx, ts_step *s)
{
    double *saved = ts_step_save(ctx, s, 0, 2 * s->n[0]);
    if (saved)
        TS_CALL(ctx, layer_norm_forward, s->out.data, saved, s->in[0].data, s->in[1].data,
                s->in[2].data, s->n[0], s->n[1], s->f[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data)
        TS_CALL(ctx, layer_norm_backward_input, s->din[0].data, s->dout.data, s->in[0].data,
                s->in[1].data, s->saved[0].data, s->n[0], s->n[1]);
    if (s->din[1].data || s->din[2].data)
        TS_CALL(ctx, layer_norm_backward_weight, s->din[1].data, s->din[2].data, s->dout.data,
                s->in[0].data, s->saved[0].data, s->n[0], s->n[1], s->n[1]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(layer_norm_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data,
             s->in[2].data, s->n[0], s->n[1], s->f[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    double *const g[3] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge};
    TS_GAUGE(layer_norm_backward_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data,
             s->in[1].data, s->saved[0].data, s->n[0], s->n[1]);
}

static const ts_op layer_norm = {"layer_norm", forward, backward, gauge, backward_gauge};

static bool fits(ts_tensor w, ts_tensor x)
{
    return ts_is_empty(w) || (w.rank == 1 && w.size[0] == ts_size(x, -1));
}

ts_tensor ts_layer_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, double eps)
{
    ts_step s = {.op = &layer_norm, .in = {x, w, b}, .inputs = 3, .f = {eps}};
    if (!ts_require(ctx, &s, x.rank >= 1 && fits(w, x) && fits(b, x),
                    "weight and bias must have one number for each of the last axis of x"))
        return (ts_tensor){0};
    s.n[1] = ts_size(x, -1);
    s.n[0] = s.n[1] ? ts_numel(x) / s.n[1] : 0;
    s.flops = 8.0 * (double)ts_numel(x);
    s.terms = 4.0; /* the sums cancel nothing but x - m, which the gauge counts */
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
