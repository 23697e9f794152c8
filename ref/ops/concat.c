/* concat.c: the operation; the copy it is made of stands in plain/concat.c.
 *
 * Seen from the axis, each part is a matrix: rows before the axis, `run` numbers from it on. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] rows, n[1] length of a row of the result, n[2 + i] length of a row of part i */
static void forward(ts_ctx *ctx, ts_step *s)
{
    char *to = s->out.data;
    for (int i = 0; i < s->inputs; i++) {
        const int64_t run = s->n[2 + i];
        TS_CALL(ctx, copy_rows, (void *)to, s->n[1], s->in[i].data, run, s->n[0], run);
        to += (size_t)run * ts_dtype_size(s->out.dtype);
    }
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const char *from = s->dout.data;
    for (int i = 0; i < s->inputs; i++) {
        const int64_t run = s->n[2 + i];
        if (s->din[i].data)
            TS_CALL(ctx, copy_rows, s->din[i].data, run, (const void *)from, s->n[1], s->n[0], run);
        from += (size_t)run * ts_dtype_size(s->dout.dtype);
    }
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    double *to = s->out.gauge;
    (void)ctx;
    for (int64_t i = 0; i < ts_numel(s->out); i++)
        to[i] = 0.0;
    for (int i = 0; i < s->inputs; to += s->n[2 + i++])
        if (s->in[i].gauge)
            ts_plain_copy_rows_f64(to, s->n[1], s->in[i].gauge, s->n[2 + i], s->n[0], s->n[2 + i]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    const double *from = s->dout.gauge;
    (void)ctx;
    for (int i = 0; i < s->inputs; from += s->n[2 + i++])
        if (s->din[i].gauge)
            ts_plain_copy_rows_f64(s->din[i].gauge, s->n[2 + i], from, s->n[1], s->n[0],
                                   s->n[2 + i]);
}

static const ts_op concat = {"concat", forward, backward, gauge, backward_gauge};

static bool same_but(ts_tensor a, ts_tensor b, int axis)
{
    if (a.rank != b.rank || ts_is_empty(b))
        return false;
    for (int i = 0; i < a.rank; i++)
        if (i != axis && a.size[i] != b.size[i])
            return false;
    return true;
}

/* More parts than a step has inputs: some are joined first, then those. */
static ts_tensor concat_many(ts_ctx *ctx, const ts_tensor *parts, int count, int axis)
{
    ts_tensor joined[TS_MAX_INPUTS];
    const int each = (count + TS_MAX_INPUTS - 1) / TS_MAX_INPUTS;
    int groups = 0;
    for (int at = 0; at < count; at += each)
        joined[groups++] = ts_concat(ctx, parts + at, at + each < count ? each : count - at, axis);
    return ts_concat(ctx, joined, groups, axis);
}

ts_tensor ts_concat(ts_ctx *ctx, const ts_tensor *parts, int count, int axis)
{
    ts_step s = {.op = &concat, .nameless = true};
    if (!ts_require(ctx, &s, count > 0, "there is nothing to join"))
        return (ts_tensor){0};
    if (count > TS_MAX_INPUTS)
        return concat_many(ctx, parts, count, axis);
    const ts_tensor x = parts[0];
    const int a = axis < 0 ? axis + x.rank : axis;
    s.inputs = count;
    for (int i = 0; i < count; i++)
        s.in[i] = parts[i];
    if (!ts_require(ctx, &s, !ts_is_empty(x) && a >= 0 && a < x.rank, "there is no axis %d", axis))
        return (ts_tensor){0};
    int64_t size[TS_MAX_RANK], inner = 1;
    for (int i = 0; i < x.rank; i++) {
        size[i] = x.size[i];
        inner *= i > a ? x.size[i] : 1;
    }
    size[a] = 0;
    for (int i = 0; i < count; i++) {
        if (!ts_require(ctx, &s, same_but(x, parts[i], a), "part %d differs outside axis %d", i,
                        axis) ||
            !ts_require(ctx, &s, ts_add_size(size[a], parts[i].size[a], &size[a]),
                        "the result is too long"))
            return (ts_tensor){0};
        s.n[2 + i] = parts[i].size[a] * inner;
    }
    s.n[0] = 1;
    for (int i = 0; i < a; i++)
        s.n[0] *= size[i];
    s.n[1] = size[a] * inner;
    ts_step_out(ctx, &s, x.rank, size);
    return ts_apply(ctx, &s);
}
