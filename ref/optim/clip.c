/* clip.c: the norm of all gradients together, and gradients scaled by it.
 *
 *     norm = sqrt(sum over tensors of |g|^2),   g = g min(1, max_norm / (norm + slack))
 *
 * Source:   Pascanu, Mikolov, Bengio 2013; torch.nn.utils.clip_grad_norm_
 * Pitfalls: |g|^2 of each tensor is what is added, in the order of the tensors: torch takes the norm
 *           of the norms, which is the same number but for roundings
 * Test:     tests/optim/test_clip.c */
#include "ref/optim/clip.h"

#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"
#include "ref/optim/parallel.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    const ts_tensor *gradient;
    double *part;
} measure;

static ts_status squares(ts_ctx *ctx, double *out, int64_t layer, const void *arg)
{
    const measure *m = arg;
    const ts_tensor g[3] = {m->gradient[layer]};
    const double one[3] = {1.0, 0.0, 0.0};
    *out = ts_is_empty(g[0]) ? 0.0 : ts_optim_square_sum(ctx, m->part, g, one, ts_numel(g[0]));
    return ctx->status;
}

typedef struct {
    ts_tensor x;
    double factor;
} scaling;

static void scale_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const scaling *s = arg;
    TS_CALL(ctx, affine_forward, ts_at(s->x, first), ts_at(s->x, first), s->factor, -0.0, n);
}

static ts_status check(ts_ctx *ctx, const ts_tensor *gradient, int64_t count)
{
    char shape[TS_SHAPE_TEXT];
    for (int64_t i = 0; i < count; i++)
        if (!ts_is_empty(gradient[i]) &&
            (gradient[i].dtype != ctx->compute || !ts_is_contiguous(gradient[i])))
            return ts_fail(ctx, TS_ERROR_SHAPE,
                           "gradient %lld: expected a contiguous tensor %s, got %s", (long long)i,
                           ts_dtype_name(ctx->compute), ts_shape_text(shape, gradient[i]));
    return ctx->status;
}

static ts_status not_finite(ts_ctx *ctx, const double *sum, const char *const *names, int64_t count)
{
    int64_t i = 0;
    char number[32];
    while (i + 1 < count && isfinite(sum[i]))
        i++;
    snprintf(number, sizeof number, "%lld", (long long)i);
    return ts_fail(ctx, TS_ERROR_MISMATCH, "gradient %s: its norm is not finite",
                   names ? names[i] : number);
}

/* The sums of squares of all tensors into sum; scratch is the arena's. */
static ts_status measured(ts_ctx *ctx, ts_comm *comm, const ts_tensor *gradient, int64_t count,
                          double *sum)
{
    int64_t largest = 1;
    int64_t *cost = ts_take(ctx, ((size_t)count + 1) * sizeof *cost);
    for (int64_t i = 0; i < count && cost; i++) {
        cost[i] = ts_is_empty(gradient[i]) ? 0 : ts_numel(gradient[i]);
        largest = cost[i] > largest ? cost[i] : largest;
    }
    const measure m = {gradient, ts_take(ctx, (size_t)ts_pieces(largest) * sizeof(double))};
    const ts_parallel job = {count, 1, cost, squares, &m};
    return ctx->status ? ctx->status : ts_parallel_layers(ctx, comm, sum, &job);
}

ts_status ts_clip_global_norm(ts_ctx *ctx, ts_comm *comm, const ts_tensor *gradient,
                              const char *const *names, int64_t count, double max_norm,
                              double slack, double *norm)
{
    if (ctx->status || check(ctx, gradient, count))
        return ctx->status;
    if (!(max_norm >= 0.0) || !(slack >= 0.0))
        return ts_fail(ctx, TS_ERROR_USAGE, "clipping: norm and slack must not be negative");
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    double total = 0.0, *sum = ts_take(ctx, ((size_t)count + 1) * sizeof *sum);
    if (!sum || measured(ctx, comm, gradient, count, sum))
        return ctx->status;
    for (int64_t i = 0; i < count; i++)
        total += sum[i];
    *norm = sqrt(total);
    if (!isfinite(total))
        return not_finite(ctx, sum, names, count);
    const double factor = max_norm / (*norm + slack);
    for (int64_t i = 0; i < count && max_norm > 0.0 && factor < 1.0; i++) {
        const scaling s = {gradient[i], factor};
        if (!ts_is_empty(gradient[i]))
            ts_over_pieces(ctx, ts_numel(gradient[i]), scale_piece, &s);
    }
    ts_arena_return(&ctx->arena, mark);
    return ctx->status;
}
