/* mse.c: the operation; its equation stands in plain/mse.c. A weight is broadcast as NumPy does: the
 * step keeps, for each element, which number of the weight belongs to it. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] elements, n[1] weights; saved[0] the places of the weights */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, mse_forward, s->out.data, s->in[0].data, s->in[1].data, s->in[2].data,
            s->saved[0].data, s->n[0]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data || s->din[1].data)
        TS_CALL(ctx, mse_backward, s->din[0].data, s->din[1].data, s->dout.data, s->in[0].data,
                s->in[1].data, s->in[2].data, s->saved[0].data, s->n[0]);
    if (!s->din[2].data)
        return;
    double *sums = ts_take(ctx, (size_t)s->n[1] * sizeof *sums);
    if (sums)
        TS_CALL(ctx, mse_backward_weight, s->din[2].data, sums, s->dout.data, s->in[0].data,
                s->in[1].data, s->in[2].data, s->saved[0].data, s->n);
}

static ts_mse_gauge_in gauge_inputs(const ts_step *s)
{
    return (ts_mse_gauge_in){.a = s->in[0].data, .b = s->in[1].data, .w = s->in[2].data,
                             .ga = s->in[0].gauge, .gb = s->in[1].gauge, .gw = s->in[2].gauge,
                             .dy = s->dout.data, .gdy = s->dout.gauge};
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_mse_gauge_in in = gauge_inputs(s);
    (void)ctx;
    TS_GAUGE(mse_gauge, s->out.gauge, &in, s->saved[0].data, s->n[0]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_mse_gauge_in in = gauge_inputs(s);
    (void)ctx;
    TS_GAUGE(mse_backward_gauge, s->din[0].gauge, s->din[1].gauge, s->din[2].gauge, &in,
             s->saved[0].data, s->n);
}

static const ts_op mse = {"mse", forward, backward, gauge, backward_gauge};

static bool broadcastable(ts_tensor w, ts_tensor a)
{
    for (int i = 1; i <= w.rank && i <= a.rank; i++)
        if (w.size[w.rank - i] != 1 && w.size[w.rank - i] != a.size[a.rank - i])
            return false;
    return w.rank <= a.rank;
}

/* For each element of a, in order, the place of its weight in a contiguous w. */
static ts_tensor places(ts_ctx *ctx, ts_tensor w, ts_tensor a)
{
    const int64_t n = ts_numel(a);
    const ts_tensor at = ts_new(ctx, TS_I64, 1, &n), plain = ts_tensor_of(NULL, TS_F64, w.rank, w.size);
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        int64_t rest = i, place = 0;
        for (int axis = 1; axis <= w.rank; axis++) {
            const int64_t size = a.size[a.rank - axis];
            place += w.size[w.rank - axis] == 1 ? 0 : rest % size * plain.stride[w.rank - axis];
            rest /= size;
        }
        ((int64_t *)at.data)[i] = place;
    }
    return at;
}

ts_tensor ts_mse(ts_ctx *ctx, ts_tensor a, ts_tensor b, ts_tensor weight)
{
    ts_step s = {.op = &mse, .in = {a, b, weight}, .inputs = 3, .nameless = true};
    if (!ts_require(ctx, &s, !ts_is_empty(a) && ts_same_size(a, b), "both must have the same sizes") ||
        !ts_require(ctx, &s, ts_is_empty(weight) || broadcastable(weight, a),
                    "the weight does not fit the sizes"))
        return (ts_tensor){0};
    s.n[0] = ts_numel(a);
    s.n[1] = ts_is_empty(weight) ? 0 : ts_numel(weight);
    s.terms = (double)s.n[0];
    s.flops = 3.0 * (double)s.n[0];
    if (!ts_is_empty(weight))
        s.saved[0] = places(ctx, weight, a);
    ts_step_out(ctx, &s, 0, NULL);
    return ts_apply(ctx, &s);
}
