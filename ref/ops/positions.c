/* positions.c: the operations; their equations stand in plain/positions.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] rows, n[1] columns, n[2] cos first, n[3] in floats; f[0] period, f[1] shift */
static ts_sinusoid_shape shape_of(const ts_step *s)
{
    return (ts_sinusoid_shape){s->n[1], s->f[0], s->f[1], s->n[2] != 0, s->n[3] != 0};
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_sinusoid_shape shape = shape_of(s);
    TS_CALL(ctx, sinusoid_forward, s->out.data, s->in[0].data, &shape, s->n[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const ts_sinusoid_shape shape = shape_of(s);
    TS_CALL(ctx, sinusoid_backward, s->din[0].data, s->dout.data, s->in[0].data, &shape, s->n[0]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_sinusoid_shape shape = shape_of(s);
    TS_GAUGE(sinusoid_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, &shape, s->n[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_sinusoid_shape shape = shape_of(s);
    TS_GAUGE(sinusoid_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->in[0].data, &shape, s->n[0]);
}

ts_tensor ts_sinusoid(ts_ctx *ctx, ts_tensor t, int64_t dim, double period, bool cos_first,
                      double shift)
{
    static const ts_op op = {"sinusoid", forward, backward, gauge, backward_gauge};
    ts_step s = {.op = &op, .in = {t}, .inputs = 1, .f = {period, shift}};
    if (!ts_require(ctx, &s, t.rank == 1, "t must be a row of numbers") ||
        !ts_require(ctx, &s, dim >= 0 && period > 0 && (double)(dim / 2) != shift,
                    "%lld columns, period %g and shift %g give no frequencies", (long long)dim,
                    period, shift))
        return (ts_tensor){0};
    s.n[0] = t.size[0];
    s.n[1] = dim;
    s.n[2] = cos_first;
    s.n[3] = ctx->sinusoid_f32;
    s.terms = (double)dim;
    s.flops = 2.0 * (double)dim * (double)t.size[0];
    const int64_t size[2] = {t.size[0], dim};
    ts_step_out(ctx, &s, 2, size);
    return ts_apply(ctx, &s);
}

/* The position ids as doubles: they are labels, of any type, never rounded to a narrow format. */
static const double *ids_of(ts_ctx *ctx, ts_step *s)
{
    const ts_tensor ids = ts_laid_out(ctx, s->in[0]);
    double *values = ts_take(ctx, (size_t)ts_numel(ids) * sizeof(double));
    if (values && !ctx->status)
        ts_convert(values, TS_F64, ids.data, ids.dtype, ts_numel(ids));
    return ctx->status ? NULL : values;
}

static void rope_forward(ts_ctx *ctx, ts_step *s)
{
    const double *ids = ids_of(ctx, s);
    if (ids)
        TS_CALL(ctx, rope_forward, s->out.data, ids, s->config, s->n[0]);
}

static void rope_gauge(ts_ctx *ctx, ts_step *s)
{
    const double *ids = ids_of(ctx, s);
    if (ids)
        TS_GAUGE(rope_gauge, s->out.gauge, s->out.data, ids, s->config, s->n[0]);
}

void ts_rope_tables(ts_ctx *ctx, ts_tensor *cos, ts_tensor *sin, ts_tensor ids, int axes,
                    const int64_t *dims, double theta)
{
    static const ts_op op = {.name = "rope_tables", .forward = rope_forward, .gauge = rope_gauge};
    *cos = *sin = (ts_tensor){0};
    ts_rope_shape shape = {.axes = axes, .theta = theta};
    ids.grad = NULL;
    ts_step s = {.op = &op, .in = {ids}, .inputs = 1, .raw = 1};
    if (!ts_require(ctx, &s, axes >= 1 && axes <= TS_MAX_RANK && theta > 0 && ids.rank == 2 &&
                                 ids.size[1] == axes, "ids must be (L, %d), theta above 0", axes))
        return;
    for (int axis = 0; axis < axes; axis++) {
        shape.dims[axis] = dims[axis];
        const int64_t before = shape.columns;
        if (!ts_require(ctx, &s,
                        dims[axis] % 2 == 0 && ts_add_size(before, dims[axis], &shape.columns),
                        "axis %d has %lld columns: pairs are needed", axis, (long long)dims[axis]))
            return;
    }
    const int64_t size[2] = {ids.size[0], shape.columns};
    s.n[0] = ids.size[0];
    s.terms = 1.0;
    s.flops = 2.0 * (double)size[0] * (double)size[1];
    s.config = &shape; /* the step is not kept: nothing has a gradient */
    for (int sine = 0; sine < 2; sine++) {
        shape.sine = sine;
        ts_step_out(ctx, &s, 2, size);
        *(sine ? sin : cos) = ts_apply(ctx, &s);
        s.in[0] = ids;
    }
}
