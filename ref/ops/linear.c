/* linear.c: the operation; its equation stands in plain/linear.c.
 *
 * The weight may be of any type: it is widened a panel of outputs at a time and never held whole,
 * so that a 24 GB checkpoint in bf16 needs a few MB more, not twice its size. A weight that is
 * already in the storage type, and needs no rounding, is used where it lies. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* Outputs of a panel: 1024 x 3072 floats are 12 MB, a part of a cache, and two tiles wide, so that a
 * few rows, too, make tiles for several threads. */
enum { TS_PANEL = 1024 };

static ts_tensor panel_of(ts_ctx *ctx, ts_tensor w, int64_t first, int64_t count)
{
    ts_tensor part = w;
    part.grad = NULL;
    part.size[0] = count;
    part.data = (char *)w.data + (size_t)(first * w.stride[0]) * ts_dtype_size(w.dtype);
    return ts_widened(ctx, part);
}

static void *column(ts_tensor y, int64_t j)
{
    return (char *)y.data + (size_t)j * ts_dtype_size(y.dtype);
}

/* The bf16 product that the context asks for and its processor has, or NULL. */
static const ts_bf16_product *bf16_product(const ts_ctx *ctx, ts_tensor w)
{
    const bool asked = ctx->compute == TS_F32 && ctx->round == TS_BF16 && w.dtype == TS_BF16;
    return asked && ctx->table->bf16 ? ctx->table->bf16() : NULL;
}

static void forward_bf16(ts_ctx *ctx, ts_step *s, const ts_bf16_product *product)
{
    const int64_t rows = s->n[0], k = s->n[1], n = s->n[2];
    const uint16_t *w = s->in[1].data;
    uint16_t *x = ts_take(ctx, (size_t)product->rows_room(rows, k) * sizeof *x);
    uint16_t *panel = ts_take(ctx, (size_t)product->weights_room(TS_PANEL, k) * sizeof *panel);
    if (!x || !panel)
        return;
    product->pack_rows(x, s->in[0].data, rows, k);
    for (int64_t j = 0; j < n; j += TS_PANEL) {
        const int64_t size[3] = {rows, k, j + TS_PANEL < n ? TS_PANEL : n - j};
        product->pack_weights(panel, w + j * k, size[2], k);
        product->linear(column(s->out, j), n, x, panel,
                        s->in[2].data ? column(s->in[2], j) : NULL, size);
    }
}

/* n[0] rows, n[1] inputs k, n[2] outputs n */
static void forward(ts_ctx *ctx, ts_step *s)
{
    const int64_t rows = s->n[0], k = s->n[1], n = s->n[2];
    const ts_tensor b = s->in[2];
    const ts_bf16_product *product = bf16_product(ctx, s->in[1]);
    if (product) {
        const ts_arena_mark mark = ts_arena_here(&ctx->arena);
        forward_bf16(ctx, s, product);
        ts_arena_return(&ctx->arena, mark);
        return;
    }
    /* Panels are for widening: a weight that is used where it lies gives its table all the tiles. */
    const bool widened = s->in[1].dtype != ctx->compute || ctx->round != TS_NONE;
    const int64_t most = widened ? TS_PANEL : n;
    for (int64_t j = 0; j < n && !ctx->status; j += most) {
        const ts_arena_mark mark = ts_arena_here(&ctx->arena);
        const int64_t count = j + most < n ? most : n - j;
        const ts_tensor w = panel_of(ctx, s->in[1], j, count);
        if (!ctx->status)
            TS_CALL(ctx, linear_forward, column(s->out, j), n, s->in[0].data, w.data,
                    b.data ? column(b, j) : NULL, rows, k, count);
        ts_arena_return(&ctx->arena, mark);
    }
}

/* The weight is needed whole here: only small networks and adapters are trained. */
static void backward(ts_ctx *ctx, ts_step *s)
{
    const int64_t rows = s->n[0], k = s->n[1], n = s->n[2];
    if (s->din[0].data) {
        const ts_tensor w = ts_widened(ctx, s->in[1]);
        if (ctx->status)
            return;
        TS_CALL(ctx, linear_backward_input, s->din[0].data, s->dout.data, n, w.data, rows, k, n);
    }
    if (s->din[1].data || s->din[2].data)
        TS_CALL(ctx, linear_backward_weight, s->din[1].data, s->din[2].data, s->dout.data, n,
                s->in[0].data, rows, k, n);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_tensor w = ts_widened(ctx, s->in[1]);
    if (!ctx->status)
        TS_GAUGE(linear_gauge, s->out.gauge, s->n[2], s->in[0].data, s->in[0].gauge, w.data,
                 s->in[2].data, s->n[0], s->n[1], s->n[2]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_tensor w = ts_widened(ctx, s->in[1]);
    double *const g[3] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge};
    if (!ctx->status)
        TS_GAUGE(linear_backward_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data,
                 s->in[0].gauge, w.data, s->n);
}

static const ts_op linear = {"linear", forward, backward, gauge, backward_gauge};

ts_tensor ts_linear(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b)
{
    ts_step s = {.op = &linear, .in = {x, w, b}, .inputs = 3, .raw = 1u << 1};
    if (!ts_require(ctx, &s, x.rank >= 1 && w.rank == 2 && ts_is_contiguous(w),
                    "x needs an axis and w two, laid out contiguously") ||
        !ts_require(ctx, &s, ts_size(x, -1) == w.size[1],
                    "x has %lld inputs, w (%s) wants %lld", (long long)ts_size(x, -1),
                    w.name ? w.name : "unnamed", (long long)w.size[1]) ||
        !ts_require(ctx, &s, ts_is_empty(b) || (b.rank == 1 && b.size[0] == w.size[0]),
                    "b must have one number for each output"))
        return (ts_tensor){0};
    int64_t size[TS_MAX_RANK];
    for (int i = 0; i < x.rank; i++)
        size[i] = x.size[i];
    size[x.rank - 1] = s.n[2] = w.size[0];
    s.n[1] = w.size[1];
    s.n[0] = 1;
    for (int i = 0; i + 1 < x.rank; i++)
        s.n[0] *= x.size[i];
    s.flops = 2.0 * (double)s.n[0] * (double)s.n[1] * (double)s.n[2];
    s.terms = (double)s.n[1];
    ts_step_out(ctx, &s, x.rank, size);
    return ts_apply(ctx, &s);
}
