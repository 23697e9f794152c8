/* cross_entropy.c: the operation; its equation stands in plain/cross_entropy.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] rows, n[1] classes; saved[0] the targets as int64_t */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, cross_entropy_forward, s->out.data, s->in[0].data, s->saved[0].data, s->n[0],
            s->n[1]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, cross_entropy_backward, s->din[0].data, s->dout.data, s->in[0].data,
            s->saved[0].data, s->n[0], s->n[1]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(cross_entropy_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->saved[0].data,
             s->n[0], s->n[1]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(cross_entropy_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->in[0].data, s->in[0].gauge, s->saved[0].data, s->n[0], s->n[1]);
}

static const ts_op cross_entropy = {"cross_entropy", forward, backward, gauge, backward_gauge};

ts_tensor ts_cross_entropy(ts_ctx *ctx, ts_tensor z, ts_tensor target)
{
    ts_step s = {.op = &cross_entropy, .in = {z, target}, .inputs = 2, .raw = 1u << 1};
    if (!ts_require(ctx, &s, z.rank == 2 && target.rank == 1 && target.size[0] == z.size[0],
                    "scores (rows, classes) want one target a row"))
        return (ts_tensor){0};
    s.saved[0] = ts_integers(ctx, &s, target, "target", 0, z.size[1]);
    if (ctx->status)
        return (ts_tensor){0};
    s.n[0] = z.size[0];
    s.n[1] = z.size[1];
    s.terms = (double)(z.size[0] + z.size[1]);
    s.flops = 4.0 * (double)ts_numel(z);
    ts_step_out(ctx, &s, 0, NULL);
    return ts_apply(ctx, &s);
}
