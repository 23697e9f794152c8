/* softmax.c: the operations; their equations stand in plain/softmax.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, softmax_forward, s->out.data, s->in[0].data, s->n[0], s->n[1]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, softmax_backward, s->din[0].data, s->dout.data, s->out.data, s->n[0], s->n[1]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(softmax_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->n[0], s->n[1]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(softmax_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->in[0].data,
             s->in[0].gauge, s->n[0], s->n[1]);
}

static void log_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, log_softmax_forward, s->out.data, s->in[0].data, s->n[0], s->n[1]);
}

static void log_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, log_softmax_backward, s->din[0].data, s->dout.data, s->out.data, s->n[0], s->n[1]);
}

static void log_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(log_softmax_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->n[0], s->n[1]);
}

static void log_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(log_softmax_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->in[0].data, s->in[0].gauge, s->n[0], s->n[1]);
}

static const ts_op softmax = {"softmax", forward, backward, gauge, backward_gauge};
static const ts_op log_softmax = {"log_softmax", log_forward, log_backward, log_gauge,
                                  log_backward_gauge};

static ts_tensor apply(ts_ctx *ctx, const ts_op *op, ts_tensor x)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1};
    if (!ts_require(ctx, &s, x.rank >= 1, "x needs an axis"))
        return (ts_tensor){0};
    s.n[1] = ts_size(x, -1);
    s.n[0] = s.n[1] ? ts_numel(x) / s.n[1] : 0;
    s.flops = 5.0 * (double)ts_numel(x);
    s.terms = (double)s.n[1];
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}

ts_tensor ts_softmax(ts_ctx *ctx, ts_tensor x)
{
    return apply(ctx, &softmax, x);
}

ts_tensor ts_log_softmax(ts_ctx *ctx, ts_tensor x)
{
    return apply(ctx, &log_softmax, x);
}
