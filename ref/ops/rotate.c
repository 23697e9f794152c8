/* rotate.c: the operation; its equation stands in plain/rotate.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] rows, n[1] positions, n[2] columns */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, rotate_forward, s->out.data, s->in[0].data, s->in[1].data, s->in[2].data, 0,
            s->n[0], s->n[1], s->n[2]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data)
        TS_CALL(ctx, rotate_backward, s->din[0].data, s->dout.data, s->in[1].data,
                s->in[2].data, 0, s->n[0], s->n[1], s->n[2]);
    if (s->din[1].data || s->din[2].data)
        TS_CALL(ctx, rotate_backward_tables, s->din[1].data, s->din[2].data, s->dout.data,
                s->in[0].data, s->n[0], s->n[1], s->n[2]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const double *const off[3] = {s->in[0].gauge, s->in[1].gauge, s->in[2].gauge};
    TS_GAUGE(rotate_gauge, s->out.gauge, s->in[0].data, s->in[1].data, s->in[2].data, off, true,
             s->n);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const double *const off[3] = {s->dout.gauge, s->in[1].gauge, s->in[2].gauge};
    double *const g[2] = {s->din[1].gauge, s->din[2].gauge};
    if (s->din[0].gauge)
        TS_GAUGE(rotate_gauge, s->din[0].gauge, s->dout.data, s->in[1].data, s->in[2].data, off,
                 false, s->n);
    TS_GAUGE(rotate_tables_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data, s->in[0].gauge,
             s->n);
}

ts_tensor ts_rotate(ts_ctx *ctx, ts_tensor x, ts_tensor cos, ts_tensor sin)
{
    static const ts_op rotate = {"rotate", forward, backward, gauge, backward_gauge};
    ts_step s = {.op = &rotate, .in = {x, cos, sin}, .inputs = 3};
    if (!ts_require(ctx, &s, x.rank >= 2 && ts_size(x, -1) % 2 == 0,
                    "x must be (..., L, d) with an even d") ||
        !ts_require(ctx, &s, cos.rank == 2 && cos.size[0] == ts_size(x, -2) &&
                                 cos.size[1] == ts_size(x, -1) && ts_same_size(cos, sin),
                    "cos and sin must be (L, d), as the last two axes of x"))
        return (ts_tensor){0};
    s.n[1] = ts_size(x, -2);
    s.n[2] = ts_size(x, -1);
    s.n[0] = s.n[2] ? ts_numel(x) / s.n[2] : 0;
    s.flops = 3.0 * (double)ts_numel(x);
    s.terms = 2.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
