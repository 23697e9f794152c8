/* reduce.c: the operations; their equations stand in plain/reduce.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] elements, n[1] not 0 for the mean */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, reduce_forward, s->out.data, s->in[0].data, s->n[1] != 0, s->n[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, reduce_backward, s->din[0].data, s->dout.data, s->n[1] != 0, s->n[0]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(reduce_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->n[1] != 0, s->n[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(reduce_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->n[1] != 0,
             s->n[0]);
}

static ts_tensor apply(ts_ctx *ctx, const ts_op *op, ts_tensor x, bool mean)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1, .n = {ts_numel(x), mean}};
    if (!ts_require(ctx, &s, !ts_is_empty(x), "x is missing"))
        return (ts_tensor){0};
    s.flops = (double)s.n[0];
    s.terms = (double)s.n[0];
    ts_step_out(ctx, &s, 0, NULL);
    return ts_apply(ctx, &s);
}

ts_tensor ts_sum(ts_ctx *ctx, ts_tensor x)
{
    static const ts_op op = {"sum", forward, backward, gauge, backward_gauge};
    return apply(ctx, &op, x, false);
}

ts_tensor ts_mean(ts_ctx *ctx, ts_tensor x)
{
    static const ts_op op = {"mean", forward, backward, gauge, backward_gauge};
    return apply(ctx, &op, x, true);
}
