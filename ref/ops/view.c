/* view.c: the same numbers, seen otherwise: slice, transpose, permute, reshape; heads of attention.
 *
 *     view[i_0, i_1, ...] = base[offset + sum_a i_a stride_a]
 *
 * A view shares data and gauge with its source and keeps a weight's name. Nothing is computed,
 * rounded or counted; the step is on the tape only for its gradient, which is zero but for the part
 * that is seen. Where the source itself is strided, its gradient is not: offset and strides of the
 * step (n[0], n[1 ..]) are those that the view would have in a contiguous source.
 *
 * Source:   torch.narrow, transpose, permute, reshape
 * Test:     tests/ops/test_view.c            Golden: ops/permute */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static void nothing(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    (void)s;
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, strided_place, s->din[0].data, ts_numel(s->in[0]), s->dout.data, s->n[0],
            s->out.rank, s->out.size, s->n + 1);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    ts_plain_strided_place_f64(s->din[0].gauge, ts_numel(s->in[0]), s->dout.gauge, s->n[0],
                               s->out.rank, s->out.size, s->n + 1);
}

static const ts_op slice = {"slice", nothing, backward, nothing, backward_gauge};
static const ts_op permute = {"permute", nothing, backward, nothing, backward_gauge};
static const ts_op reshape = {"reshape", nothing, backward, nothing, backward_gauge};

static ts_step view_of(const ts_op *op, ts_tensor x)
{
    return (ts_step){.op = op, .in = {x}, .inputs = 1, .view = true, .out = x};
}

/* The strides of x if it were contiguous. */
static void plain_strides(int64_t *stride, ts_tensor x)
{
    const ts_tensor plain = ts_tensor_of(NULL, x.dtype, x.rank, x.size);
    for (int a = 0; a < x.rank; a++)
        stride[a] = plain.stride[a];
}

ts_tensor ts_slice(ts_ctx *ctx, ts_tensor x, int axis, int64_t first, int64_t count)
{
    ts_step s = view_of(&slice, x);
    const int a = axis < 0 ? axis + x.rank : axis;
    if (!ts_require(ctx, &s, !ts_is_empty(x) && a >= 0 && a < x.rank, "there is no axis %d", axis) ||
        !ts_require(ctx, &s, first >= 0 && count >= 0 && first <= x.size[a] - count,
                    "axis %d has no elements %lld .. %lld", axis, (long long)first,
                    (long long)(first + count - 1)))
        return (ts_tensor){0};
    const int64_t skip = count ? first * x.stride[a] : 0;
    s.out.size[a] = count;
    s.out.data = (char *)x.data + skip * (int64_t)ts_dtype_size(x.dtype);
    s.out.gauge = x.gauge ? x.gauge + skip : NULL;
    plain_strides(s.n + 1, x);
    s.n[0] = count ? first * s.n[1 + a] : 0;
    return ts_apply(ctx, &s);
}

ts_tensor ts_permute(ts_ctx *ctx, ts_tensor x, const int *order)
{
    ts_step s = view_of(&permute, x);
    unsigned seen = 0;
    for (int a = 0; a < x.rank; a++)
        seen |= order[a] >= 0 && order[a] < x.rank ? 1u << order[a] : 0u;
    if (!ts_require(ctx, &s, !ts_is_empty(x) && seen == (1u << x.rank) - 1u,
                    "each axis must stand in the order once"))
        return (ts_tensor){0};
    int64_t plain[TS_MAX_RANK] = {0};
    plain_strides(plain, x);
    for (int a = 0; a < x.rank; a++) {
        s.out.size[a] = x.size[order[a]];
        s.out.stride[a] = x.stride[order[a]];
        s.n[1 + a] = plain[order[a]];
    }
    return ts_apply(ctx, &s);
}

ts_tensor ts_transpose(ts_ctx *ctx, ts_tensor x, int a, int b)
{
    const ts_step s = view_of(&permute, x);
    const int first = a < 0 ? a + x.rank : a, second = b < 0 ? b + x.rank : b;
    if (!ts_require(ctx, &s, first >= 0 && first < x.rank && second >= 0 && second < x.rank,
                    "there are no axes %d and %d", a, b))
        return (ts_tensor){0};
    int order[TS_MAX_RANK];
    for (int i = 0; i < x.rank; i++)
        order[i] = i == first ? second : i == second ? first : i;
    return ts_permute(ctx, x, order);
}

/* One size may be -1: what is left. */
static bool fill_in(int64_t *size, int rank, int64_t numel)
{
    int open = -1;
    int64_t known = 1;
    for (int a = 0; a < rank; a++) {
        if (size[a] == -1 && open < 0)
            open = a;
        else if (!ts_mul_size(known, size[a], &known))
            return false;
    }
    if (open < 0)
        return known == numel;
    if (known == 0 || numel % known)
        return false;
    size[open] = numel / known;
    return true;
}

ts_tensor ts_reshape(ts_ctx *ctx, ts_tensor x, int rank, const int64_t *size)
{
    ts_step s = view_of(&reshape, x);
    int64_t full[TS_MAX_RANK] = {0};
    for (int a = 0; a < rank && a < TS_MAX_RANK; a++)
        full[a] = size[a];
    if (!ts_require(ctx, &s, !ts_is_empty(x) && rank >= 0 && rank <= TS_MAX_RANK,
                    "%d axes are too many", rank) ||
        !ts_require(ctx, &s, fill_in(full, rank, ts_numel(x)),
                    "the new sizes do not hold its %lld elements", (long long)ts_numel(x)))
        return (ts_tensor){0};
    const ts_tensor plain = ts_contiguous(ctx, x);
    s = view_of(&reshape, plain);
    s.out = ts_tensor_of(plain.data, plain.dtype, rank, full);
    s.out.name = plain.name;
    s.out.gauge = plain.gauge;
    plain_strides(s.n + 1, s.out);
    return ts_apply(ctx, &s);
}

ts_tensor ts_split_heads(ts_ctx *ctx, ts_tensor x, int64_t heads)
{
    const ts_step s = view_of(&reshape, x);
    if (!ts_require(ctx, &s, x.rank == 3, "heads are split from (B, L, H d)") ||
        !ts_require(ctx, &s, heads > 0 && x.size[2] % heads == 0,
                    "the last axis does not divide by %lld heads", (long long)heads))
        return (ts_tensor){0};
    const int64_t size[4] = {x.size[0], x.size[1], heads, x.size[2] / heads};
    return ts_transpose(ctx, ts_reshape(ctx, x, 4, size), 1, 2);
}

ts_tensor ts_merge_heads(ts_ctx *ctx, ts_tensor x)
{
    const ts_step s = view_of(&reshape, x);
    if (!ts_require(ctx, &s, x.rank == 4, "heads are merged from (B, H, L, d)"))
        return (ts_tensor){0};
    const int64_t size[3] = {x.size[0], x.size[2], x.size[1] * x.size[3]};
    return ts_reshape(ctx, ts_transpose(ctx, x, 1, 2), 3, size);
}

static void copy_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, strided_copy, s->out.data, s->in[0].data, s->in[0].rank, s->in[0].size,
            s->in[0].stride);
}

static void copy_backward(ts_ctx *ctx, ts_step *s)
{
    const int64_t n = ts_numel(s->out), one = 1;
    TS_CALL(ctx, strided_copy, s->din[0].data, s->dout.data, 1, &n, &one);
}

static void copy_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    if (s->in[0].gauge)
        ts_plain_strided_copy_f64(s->out.gauge, s->in[0].gauge, s->in[0].rank, s->in[0].size,
                                  s->in[0].stride);
    for (int64_t i = 0; i < ts_numel(s->out) && !s->in[0].gauge; i++)
        s->out.gauge[i] = 0.0;
}

static void copy_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    const int64_t n = ts_numel(s->out), one = 1;
    (void)ctx;
    ts_plain_strided_copy_f64(s->din[0].gauge, s->dout.gauge, 1, &n, &one);
}

static const ts_op contiguous = {"contiguous", copy_forward, copy_backward, copy_gauge,
                                 copy_backward_gauge};

/* Integers and weights of other types keep their type: no gradient flows through those. */
ts_tensor ts_contiguous(ts_ctx *ctx, ts_tensor x)
{
    if (ctx->status || ts_is_contiguous(x))
        return ctx->status ? (ts_tensor){0} : x;
    if (x.dtype != ctx->compute && !x.grad)
        return ts_laid_out(ctx, x);
    ts_step s = {.op = &contiguous, .in = {x}, .inputs = 1};
    s.raw = x.dtype == ctx->compute ? 1u : 0u; /* laid out here, not twice */
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
