/* matmul.c: the operation; its equation stands in plain/matmul.c.
 *
 * A single b for all leading axes of a is one product of more rows. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] pairs, n[1] rows m, n[2] inner k, n[3] columns n */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, matmul_forward, s->out.data, s->in[0].data, s->in[1].data, s->n[0], s->n[1],
            s->n[2], s->n[3]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data)
        TS_CALL(ctx, matmul_backward_a, s->din[0].data, s->dout.data, s->in[1].data, s->n[0],
                s->n[1], s->n[2], s->n[3]);
    if (s->din[1].data)
        TS_CALL(ctx, matmul_backward_b, s->din[1].data, s->dout.data, s->in[0].data, s->n[0],
                s->n[1], s->n[2], s->n[3]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(matmul_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data,
             s->in[1].gauge, s->n);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(matmul_backward_gauge, s->din[0].gauge, s->din[1].gauge, s->dout.data, s->dout.gauge,
             s->in[0].data, s->in[1].data, s->n);
}

static const ts_op matmul = {"matmul", forward, backward, gauge, backward_gauge};

static bool leading_fits(ts_tensor a, ts_tensor b)
{
    bool fits = b.rank == 2 || b.rank == a.rank;
    for (int i = 0; i + 2 < b.rank && fits; i++)
        fits = a.size[i] == b.size[i];
    return fits;
}

ts_tensor ts_matmul(ts_ctx *ctx, ts_tensor a, ts_tensor b)
{
    ts_step s = {.op = &matmul, .in = {a, b}, .inputs = 2};
    if (!ts_require(ctx, &s, a.rank >= 2 && b.rank >= 2, "both need two axes at least") ||
        !ts_require(ctx, &s, leading_fits(a, b),
                    "the leading axes must be equal, or b must have none") ||
        !ts_require(ctx, &s, ts_size(a, -1) == ts_size(b, -2),
                    "a has %lld columns, b %lld rows", (long long)ts_size(a, -1),
                    (long long)ts_size(b, -2)))
        return (ts_tensor){0};
    int64_t size[TS_MAX_RANK], leading = 1;
    for (int i = 0; i < a.rank; i++)
        size[i] = a.size[i];
    for (int i = 0; i + 2 < a.rank; i++)
        leading *= a.size[i];
    size[a.rank - 1] = ts_size(b, -1);
    s.n[0] = b.rank == 2 ? 1 : leading;
    s.n[1] = b.rank == 2 ? leading * ts_size(a, -2) : ts_size(a, -2);
    s.n[2] = ts_size(a, -1);
    s.n[3] = ts_size(b, -1);
    s.flops = 2.0 * (double)leading * (double)ts_size(a, -2) * (double)s.n[2] * (double)s.n[3];
    s.terms = (double)s.n[2];
    ts_step_out(ctx, &s, a.rank, size);
    return ts_apply(ctx, &s);
}
