/* arithmetic.c: the operations; their equations stand in plain/arithmetic.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* Axes that all three tensors walk through alike become one; axes of size 1 go. */
static ts_broadcast merged(const ts_broadcast *all)
{
    ts_broadcast m = {0};
    for (int i = 0; i < all->rank; i++) {
        if (all->size[i] == 1)
            continue;
        const int last = m.rank - 1;
        if (m.rank && m.a[last] == all->a[i] * all->size[i] &&
            m.b[last] == all->b[i] * all->size[i]) {
            m.size[last] *= all->size[i];
            m.a[last] = all->a[i];
            m.b[last] = all->b[i];
            continue;
        }
        m.size[m.rank] = all->size[i];
        m.a[m.rank] = all->a[i];
        m.b[m.rank++] = all->b[i];
    }
    if (m.rank == 0)
        m = (ts_broadcast){.rank = 1, .size = {1}};
    return m;
}

/* The operand's size and stride along axis i of a result of `rank` axes: missing axes are in front. */
static int64_t size_at(ts_tensor t, int rank, int i)
{
    return i < rank - t.rank ? 1 : t.size[i - (rank - t.rank)];
}

/* How a and b lie over each other, both taken as contiguous; false when they do not fit. */
static bool overlay(ts_tensor a, ts_tensor b, ts_broadcast *shape)
{
    shape->rank = a.rank > b.rank ? a.rank : b.rank;
    int64_t stride_a = 1, stride_b = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        const int64_t na = size_at(a, shape->rank, i), nb = size_at(b, shape->rank, i);
        if (na != nb && na != 1 && nb != 1)
            return false;
        shape->size[i] = na == 1 ? nb : na;
        shape->a[i] = na == 1 ? 0 : stride_a;
        shape->b[i] = nb == 1 ? 0 : stride_b;
        stride_a *= na;
        stride_b *= nb;
    }
    return true;
}

/* n[0] elements of the result, n[1] the pairing; f[0], f[1] its factors */
static ts_broadcast shape_of(const ts_step *s, int mine)
{
    ts_broadcast all, m;
    overlay(s->in[mine], s->in[1 - mine], &all);
    m = merged(&all);
    return m;
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_broadcast shape = shape_of(s, 0);
    TS_CALL(ctx, pair_forward, s->out.data, s->in[0].data, s->in[1].data, (ts_pairing)s->n[1],
            s->f, &shape, 0, s->n[0]);
}

static const void *other_of(const ts_step *s, int mine)
{
    return s->n[1] == TS_MULTIPLY ? s->in[1 - mine].data : NULL;
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    for (int mine = 0; mine < 2; mine++) {
        if (!s->din[mine].data)
            continue;
        const ts_broadcast shape = shape_of(s, mine);
        TS_CALL(ctx, pair_backward, s->din[mine].data, s->dout.data, other_of(s, mine),
                s->f[mine], &shape, 0, ts_numel(s->in[mine]));
    }
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_broadcast shape = shape_of(s, 0);
    TS_GAUGE(pair_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data,
             s->in[1].gauge, (ts_pairing)s->n[1], s->f, &shape);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    for (int mine = 0; mine < 2; mine++) {
        if (!s->din[mine].gauge)
            continue;
        const ts_broadcast shape = shape_of(s, mine);
        TS_GAUGE(pair_backward_gauge, s->din[mine].gauge, s->dout.data, s->dout.gauge,
                 other_of(s, mine), s->in[1 - mine].gauge, s->f[mine], &shape,
                 ts_numel(s->in[mine]));
    }
}

static ts_tensor pair(ts_ctx *ctx, const ts_op *op, ts_tensor a, ts_tensor b, ts_step s)
{
    ts_broadcast shape = {0};
    s.op = op;
    s.in[0] = a;
    s.in[1] = b;
    s.inputs = 2;
    s.nameless = true; /* a weight that is added is not the module of the sum */
    if (!ts_require(ctx, &s, !ts_is_empty(a) && !ts_is_empty(b), "both operands are needed") ||
        !ts_require(ctx, &s, overlay(a, b, &shape),
                    "each axis, counted from the last, must be equal, 1 or absent"))
        return (ts_tensor){0};
    ts_step_out(ctx, &s, shape.rank, shape.size);
    s.n[0] = ts_numel(s.out);
    s.flops = (double)s.n[0];
    s.terms = 1.0;
    return ts_apply(ctx, &s);
}

ts_tensor ts_add(ts_ctx *ctx, ts_tensor a, ts_tensor b)
{
    static const ts_op op = {"add", forward, backward, gauge, backward_gauge};
    return pair(ctx, &op, a, b, (ts_step){.n = {0, TS_COMBINE}, .f = {1.0, 1.0}});
}

ts_tensor ts_sub(ts_ctx *ctx, ts_tensor a, ts_tensor b)
{
    static const ts_op op = {"sub", forward, backward, gauge, backward_gauge};
    return pair(ctx, &op, a, b, (ts_step){.n = {0, TS_COMBINE}, .f = {1.0, -1.0}});
}

ts_tensor ts_lerp(ts_ctx *ctx, ts_tensor a, ts_tensor b, double t)
{
    static const ts_op op = {"lerp", forward, backward, gauge, backward_gauge};
    return pair(ctx, &op, a, b, (ts_step){.n = {0, TS_COMBINE}, .f = {1.0 - t, t}});
}

ts_tensor ts_mul(ts_ctx *ctx, ts_tensor a, ts_tensor b)
{
    static const ts_op op = {"mul", forward, backward, gauge, backward_gauge};
    return pair(ctx, &op, a, b, (ts_step){.n = {0, TS_MULTIPLY}});
}

/* n[0] elements; f[0] factor, f[1] offset */
static void affine_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, affine_forward, s->out.data, s->in[0].data, s->f[0], s->f[1], s->n[0]);
}

static void affine_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, affine_forward, s->din[0].data, s->dout.data, s->f[0], -0.0, s->n[0]);
}

static void affine_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(affine_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->f[0], s->f[1], s->n[0]);
}

static void affine_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(affine_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->f[0], 0.0, s->n[0]);
}

static ts_tensor affine(ts_ctx *ctx, const ts_op *op, ts_tensor x, double factor, double offset)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1, .n = {ts_numel(x)}, .f = {factor, offset}};
    if (!ts_require(ctx, &s, !ts_is_empty(x), "x is missing"))
        return (ts_tensor){0};
    s.flops = (double)s.n[0];
    s.terms = 1.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}

ts_tensor ts_scale(ts_ctx *ctx, ts_tensor x, double factor)
{
    static const ts_op op = {"scale", affine_forward, affine_backward, affine_gauge,
                             affine_backward_gauge};
    return affine(ctx, &op, x, factor, -0.0);
}

ts_tensor ts_shift(ts_ctx *ctx, ts_tensor x, double offset)
{
    static const ts_op op = {"shift", affine_forward, affine_backward, affine_gauge,
                             affine_backward_gauge};
    return affine(ctx, &op, x, 1.0, offset);
}
