/* resize.c: the operations; their equations stand in plain/resize.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n: planes, then h, w, out_h, out_w */
static void nearest_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, resize_nearest_forward, s->out.data, s->in[0].data, s->n[0], s->n + 1);
}

static void nearest_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, resize_nearest_backward, s->din[0].data, s->dout.data, s->n[0], s->n + 1);
}

static void nearest_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    if (s->in[0].gauge)
        ts_plain_resize_nearest_forward_f64(s->out.gauge, s->in[0].gauge, s->n[0], s->n + 1);
    for (int64_t i = 0; i < ts_numel(s->out) && !s->in[0].gauge; i++)
        s->out.gauge[i] = 0.0;
}

static void nearest_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(resize_nearest_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->n[0],
             s->n + 1);
}

static const ts_op nearest = {"resize_nearest", nearest_forward, nearest_backward, nearest_gauge,
                              nearest_backward_gauge};

/* n[5]: corners aligned */
static void bilinear_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, resize_bilinear_forward, s->out.data, s->in[0].data, s->n[0], s->n + 1,
            s->n[5] != 0);
}

static void bilinear_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, resize_bilinear_backward, s->din[0].data, s->dout.data, s->n[0], s->n + 1,
            s->n[5] != 0);
}

static void bilinear_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(resize_bilinear_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->n[0], s->n + 1,
             s->n[5] != 0);
}

static void bilinear_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(resize_bilinear_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->n[0],
             s->n + 1,
            s->n[5] != 0);
}

static const ts_op bilinear = {"resize_bilinear", bilinear_forward, bilinear_backward,
                               bilinear_gauge, bilinear_backward_gauge};

/* Sizes of x and of the result into n; false after a failure. */
static bool sized(ts_ctx *ctx, ts_step *s, int64_t h, int64_t w)
{
    const ts_tensor x = s->in[0];
    int64_t unused;
    if (!ts_require(ctx, s, x.rank == 4, "a picture (B, C, H, W) is resized") ||
        !ts_require(ctx, s, h > 0 && w > 0 && x.size[2] > 0 && x.size[3] > 0,
                    "%lld x %lld: no side may be empty", (long long)h, (long long)w) ||
        !ts_require(ctx, s, ts_mul_size(x.size[2] + 1, h + 1, &unused) &&
                                ts_mul_size(x.size[3] + 1, w + 1, &unused),
                    "%lld x %lld is too large", (long long)h, (long long)w))
        return false;
    s->n[0] = x.size[0] * x.size[1];
    s->n[1] = x.size[2];
    s->n[2] = x.size[3];
    s->n[3] = h;
    s->n[4] = w;
    ts_step_out(ctx, s, 4, (const int64_t[]){x.size[0], x.size[1], h, w});
    return true;
}

ts_tensor ts_resize_nearest(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w)
{
    ts_step s = {.op = &nearest, .in = {x}, .inputs = 1};
    return sized(ctx, &s, h, w) ? ts_apply(ctx, &s) : (ts_tensor){0};
}

ts_tensor ts_resize_bilinear(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w, bool align_corners)
{
    ts_step s = {.op = &bilinear, .in = {x}, .inputs = 1};
    if (!sized(ctx, &s, h, w))
        return (ts_tensor){0};
    s.n[5] = align_corners;
    s.flops = 8.0 * (double)ts_numel(s.out);
    s.terms = 4.0;
    return ts_apply(ctx, &s);
}

/* One row of a picture, stretched in its length alone. */
ts_tensor ts_resize_linear(ts_ctx *ctx, ts_tensor x, int64_t n)
{
    ts_step s = {.op = &bilinear, .in = {x}, .inputs = 1};
    if (!ts_require(ctx, &s, x.rank >= 1 && ts_size(x, -1) > 0 && n > 0,
                    "the last axis is resized, to %lld: neither may be empty", (long long)n))
        return (ts_tensor){0};
    const int64_t length = ts_size(x, -1), rows = ts_numel(x) / length;
    int64_t size[TS_MAX_RANK];
    for (int a = 0; a < x.rank; a++)
        size[a] = x.size[a];
    size[x.rank - 1] = n;
    const int64_t sizes[5] = {rows, 1, length, 1, n};
    for (int i = 0; i < 5; i++)
        s.n[i] = sizes[i];
    s.flops = 4.0 * (double)rows * (double)n;
    s.terms = 2.0;
    ts_step_out(ctx, &s, x.rank, size);
    return ts_apply(ctx, &s);
}
