/* conv2d.c: the operation; its equation stands in plain/conv2d.c. */
#include "ref/base/par.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* The step's shape with scratch for every thread: the block of results that it has in work. NULL
 * after a failure. */
static const ts_conv_shape *working(ts_ctx *ctx, const ts_step *s)
{
    ts_conv_shape *shape = ts_take(ctx, sizeof *shape);
    if (!shape)
        return NULL;
    *shape = *(const ts_conv_shape *)s->config;
    const int64_t rows = shape->c > shape->o ? shape->c : shape->o, taps = shape->kh * shape->kw;
    const int64_t depth = taps > TS_CONV_DEPTH ? taps : TS_CONV_DEPTH;
    int64_t fast, blas, bytes;
    if (!ts_mul_size(rows + 1, TS_CONV_COLUMNS * (int64_t)sizeof(double), &fast) ||
        !ts_mul_size(depth + shape->o, TS_CONV_PIXELS * (int64_t)sizeof(double), &blas) ||
        !ts_mul_size(fast > blas ? fast : blas, ts_par_count(), &bytes)) {
        ts_fail(ctx, TS_ERROR_MEMORY, "convolution of %lld channels does not fit", (long long)rows);
        return NULL;
    }
    shape->scratch_bytes = fast > blas ? fast : blas;
    shape->scratch = ts_take(ctx, (size_t)bytes);
    return shape->scratch ? shape : NULL;
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_conv_shape *shape = working(ctx, s);
    if (shape)
        TS_CALL(ctx, conv2d_forward, s->out.data, s->in[0].data, s->in[1].data, s->in[2].data,
                shape);
    ts_arena_return(&ctx->arena, mark);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_conv_shape *shape = working(ctx, s);
    if (shape && s->din[0].data)
        TS_CALL(ctx, conv2d_backward_input, s->din[0].data, s->dout.data, s->in[1].data, shape);
    if (shape && (s->din[1].data || s->din[2].data))
        TS_CALL(ctx, conv2d_backward_weight, s->din[1].data, s->din[2].data, s->dout.data,
                s->in[0].data, shape);
    ts_arena_return(&ctx->arena, mark);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(conv2d_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data,
             s->in[2].data, s->config);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(conv2d_backward_gauge, s->din[0].gauge, s->din[1].gauge, s->din[2].gauge,
             s->dout.data, s->dout.gauge, s->in[0].data, s->in[1].data, s->config);
}

static const ts_op conv2d = {"conv2d", forward, backward, gauge, backward_gauge};

/* 1 + (padded length - taps) / stride, or -1 where the taps do not fit. */
static int64_t places(int64_t n, int64_t before, int64_t after, int64_t taps, int64_t stride)
{
    int64_t padded;
    if (!ts_add_size(n, before, &padded) || !ts_add_size(padded, after, &padded))
        return -1;
    return padded < taps || taps < 1 ? -1 : (padded - taps) / stride + 1;
}

static ts_conv_shape shape_of(ts_tensor x, ts_tensor w, ts_conv config)
{
    const int64_t groups = config.groups ? config.groups : 1;
    ts_conv_shape s = {.batch = x.size[0], .groups = groups, .c = w.size[1], .h = x.size[2],
                       .w = x.size[3], .o = w.size[0] / groups, .kh = w.size[2], .kw = w.size[3],
                       .down = config.stride[0] ? config.stride[0] : 1,
                       .across = config.stride[1] ? config.stride[1] : 1,
                       .top = config.top, .left = config.left};
    s.out_h = places(s.h, config.top, config.bottom, s.kh, s.down);
    s.out_w = places(s.w, config.left, config.right, s.kw, s.across);
    return s;
}

ts_tensor ts_conv2d(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, ts_conv config)
{
    ts_step s = {.op = &conv2d, .in = {x, w, b}, .inputs = 3};
    if (!ts_require(ctx, &s, x.rank == 4 && w.rank == 4, "x and w need four axes") ||
        !ts_require(ctx, &s,
                    config.groups >= 0 && config.stride[0] >= 0 && config.stride[1] >= 0 &&
                        config.top >= 0 && config.bottom >= 0 && config.left >= 0 &&
                        config.right >= 0,
                    "strides, padding and groups must not be negative"))
        return (ts_tensor){0};
    const ts_conv_shape shape = shape_of(x, w, config);
    if (!ts_require(ctx, &s, x.size[1] == shape.groups * shape.c &&
                                 w.size[0] == shape.groups * shape.o,
                    "%lld groups do not divide the channels, or w (%s) sees other channels than "
                    "x has",
                    (long long)shape.groups, w.name ? w.name : "unnamed") ||
        !ts_require(ctx, &s, ts_is_empty(b) || (b.rank == 1 && b.size[0] == w.size[0]),
                    "b must have one number for each output") ||
        !ts_require(ctx, &s, shape.out_h >= 0 && shape.out_w >= 0,
                    "the kernel is larger than the padded picture"))
        return (ts_tensor){0};
    const int64_t size[4] = {x.size[0], w.size[0], shape.out_h, shape.out_w};
    int64_t elements;
    if (!ts_require(ctx, &s, ts_count_elements(size, 4, &elements), "the result is too large"))
        return (ts_tensor){0};
    ts_conv_shape *kept = ts_take(ctx, sizeof *kept);
    if (!kept)
        return (ts_tensor){0};
    *kept = shape;
    s.config = kept;
    s.terms = (double)(shape.c * shape.kh * shape.kw);
    ts_step_out(ctx, &s, 4, size);
    s.flops = 2.0 * s.terms * (double)ts_numel(s.out);
    return ts_apply(ctx, &s);
}
