/* norms.c: sums over a tensor, in pieces of a fixed size whose sums are added in order: the same bits
 * for any number of threads.
 * Test: tests/optim/test_norms.c */
#include "ref/base/par.h"
#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"
#include "ref/optim/parallel.h"

#include <math.h>

typedef struct {
    ts_ctx *ctx;
    void (*fn)(ts_ctx *, const void *, int64_t, int64_t);
    const void *job;
} piece;

static void one_piece(void *arg, int64_t first, int64_t last)
{
    const piece *p = arg;
    p->fn(p->ctx, p->job, first, last - first);
}

void ts_over_pieces(ts_ctx *ctx, int64_t n, void (*fn)(ts_ctx *, const void *, int64_t, int64_t),
                    const void *job)
{
    piece p = {ctx, fn, job};
    ts_par_threads(ctx->threads);
    ts_par_for(n, TS_OPTIM_PIECE, one_piece, &p);
}

int64_t ts_pieces(int64_t n)
{
    return n / TS_OPTIM_PIECE + (n % TS_OPTIM_PIECE > 0);
}

typedef struct {
    double *part;
    const ts_tensor *x;
    const double *factor;
} squares;

static void square_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const squares *s = arg;
    TS_CALL(ctx, square_sum, &s->part[first / TS_OPTIM_PIECE], ts_at(s->x[0], first),
            ts_at(s->x[1], first), ts_at(s->x[2], first), s->factor, n);
}

double ts_optim_square_sum(ts_ctx *ctx, double *part, const ts_tensor xyz[3],
                           const double factor[3], int64_t n)
{
    const squares s = {part, xyz, factor};
    double sum = 0.0;
    ts_over_pieces(ctx, n, square_piece, &s);
    TS_CALL(ctx, add_up, &sum, part, ts_pieces(n), 1);
    return sum;
}

double ts_optim_norm(ts_ctx *ctx, double *part, ts_tensor x)
{
    const ts_tensor all[3] = {x};
    const double one[3] = {1.0, 0.0, 0.0};
    return sqrt(ts_optim_square_sum(ctx, part, all, one, ts_numel(x)));
}

typedef struct {
    ts_optim *o;
    ts_optim_norms_of *f;
} norms_job;

static ts_status norms_of(ts_ctx *ctx, double *out, int64_t layer, const void *arg)
{
    const norms_job *job = arg;
    for (int k = 0; k < TS_OPTIM_NORMS; k++)
        out[k] = 0.0;
    return ts_is_empty(job->o->parameter[layer].gradient) ? ctx->status
                                                          : job->f(ctx, job->o, layer, out);
}

ts_status ts_optim_norms(ts_ctx *ctx, ts_optim *o, ts_optim_norms_of *f)
{
    const norms_job job = {o, f};
    for (int64_t i = 0; i < o->count; i++)
        o->cost[i] = ts_is_empty(o->parameter[i].gradient) ? 0 : ts_numel(o->parameter[i].value);
    const ts_parallel parallel = {o->count, TS_OPTIM_NORMS, o->cost, norms_of, &job};
    return ts_parallel_layers(ctx, o->comm, o->norm, &parallel);
}
