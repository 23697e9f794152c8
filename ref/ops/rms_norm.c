/* rms_norm.c: the operation; its equation stands in plain/rms_norm.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static void forward(ts_ctx *ctx, ts_step *s)
{
    double *r = ts_step_save(ctx, s, 0, s->n[0]);
    if (r)
        TS_CALL(ctx, rms_norm_forward, s->out.data, r, s->in[0].data, s->in[1].data, s->n[0],
                s->n[1], s->f[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, rms_norm_backward, s->din[0].data, s->din[1].data, s->dout.data, s->in[0].data,
            s->in[1].data, s->saved[0].data, s->n[0], s->n[1]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(rms_norm_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data, s->n[0],
             s->n[1], s->f[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(rms_norm_backward_gauge, s->din[0].gauge, s->din[1].gauge, s->dout.data,
             s->dout.gauge, s->in[0].data, s->in[1].data, s->saved[0].data, s->n[0], s->n[1]);
}

static const ts_op rms_norm = {"rms_norm", forward, backward, gauge, backward_gauge};

ts_tensor ts_rms_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, double eps)
{
    ts_step s = {.op = &rms_norm, .in = {x, w}, .inputs = 2, .f = {eps}};
    if (!ts_require(ctx, &s, x.rank >= 1 && (ts_is_empty(w) || (w.rank == 1 && w.size[0] == ts_size(x, -1))),
                    "the weight must have one number for each of the last axis of x"))
        return (ts_tensor){0};
    s.n[1] = ts_size(x, -1);
    s.n[0] = s.n[1] ? ts_numel(x) / s.n[1] : 0;
    s.flops = 4.0 * (double)ts_numel(x);
    s.terms = 4.0; /* nothing cancels in a sum of squares: numerics, table of gauges */
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
