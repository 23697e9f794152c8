/* pool.c: the operations; their equations stand in plain/pool.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] planes; config: the window. max_pool saves the places of the largest. */
static void avg_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, avg_pool_forward, s->out.data, s->in[0].data, s->n[0], s->config);
}

static void avg_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, avg_pool_backward, s->din[0].data, s->dout.data, s->n[0], s->config);
}

static void avg_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(avg_pool_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->n[0], s->config);
}

static void avg_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(avg_pool_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->n[0],
             s->config);
}

static void max_forward(ts_ctx *ctx, ts_step *s)
{
    s->saved[0] = ts_new(ctx, TS_I64, s->out.rank, s->out.size);
    if (!ctx->status)
        TS_CALL(ctx, max_pool_forward, s->out.data, s->saved[0].data, s->in[0].data, s->n[0],
                s->config);
}

static void max_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, max_pool_backward, s->din[0].data, s->dout.data, s->saved[0].data, s->n[0],
            s->config);
}

static void max_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(max_pool_gauge, s->out.gauge, s->in[0].gauge, s->n[0], s->config);
}

static void max_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(max_pool_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->saved[0].data, s->n[0], s->config);
}

static const ts_op avg_pool = {"avg_pool", avg_forward, avg_backward, avg_gauge,
                               avg_backward_gauge};
static const ts_op max_pool = {"max_pool", max_forward, max_backward, max_gauge,
                               max_backward_gauge};

enum { SIDE = 1 << 30 }; /* no window and no padding is larger */

static bool in_range(int64_t low, int64_t value)
{
    return value >= low && value <= SIDE;
}

static bool window_fits(ts_pool p, const ts_tensor x)
{
    const int64_t pad[2] = {p.top, p.left}, end[2] = {p.bottom, p.right};
    for (int a = 0; a < 2; a++)
        if (!in_range(1, p.size[a]) || !in_range(0, p.stride[a]) || !in_range(0, pad[a]) ||
            !in_range(0, end[a]) || pad[a] >= p.size[a] || end[a] >= p.size[a] ||
            !in_range(1, x.size[2 + a]) || x.size[2 + a] + pad[a] + end[a] < p.size[a])
            return false;
    return true;
}

static ts_tensor pooled(ts_ctx *ctx, const ts_op *op, ts_tensor x, ts_pool p)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1};
    if (!ts_require(ctx, &s, x.rank == 4, "a picture (B, C, H, W) is pooled") ||
        !ts_require(ctx, &s, window_fits(p, x),
                    "a window of %lld x %lld must fit into the padded picture, and be larger than "
                    "its padding on each side",
                    (long long)p.size[0], (long long)p.size[1]))
        return (ts_tensor){0};
    ts_window *w = ts_take(ctx, sizeof *w);
    if (!w)
        return (ts_tensor){0};
    *w = (ts_window){.pad = {p.top, p.left}, .end = {p.bottom, p.right},
                     .count_padding = p.count_padding};
    for (int a = 0; a < 2; a++) {
        w->in[a] = x.size[2 + a];
        w->size[a] = p.size[a];
        w->stride[a] = p.stride[a] ? p.stride[a] : p.size[a];
        w->out[a] = (w->in[a] + w->pad[a] + w->end[a] - w->size[a]) / w->stride[a] + 1;
    }
    s.config = w;
    s.n[0] = x.size[0] * x.size[1];
    s.terms = (double)(p.size[0] * p.size[1]);
    ts_step_out(ctx, &s, 4, (const int64_t[]){x.size[0], x.size[1], w->out[0], w->out[1]});
    s.flops = s.terms * (double)ts_numel(s.out);
    return ts_apply(ctx, &s);
}

ts_tensor ts_avg_pool(ts_ctx *ctx, ts_tensor x, ts_pool config)
{
    return pooled(ctx, &avg_pool, x, config);
}

ts_tensor ts_max_pool(ts_ctx *ctx, ts_tensor x, ts_pool config)
{
    return pooled(ctx, &max_pool, x, config);
}
