/* parallel.c: the parallel tensor operator; parallel.h says what it is.
 * Test: tests/optim/test_parallel.c */
#include "ref/optim/parallel.h"

#include "ref/comm/collective.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t cost, layer;
} heavy;

/* Falling cost, then rising layer. */
static int by_cost(const void *a, const void *b)
{
    const heavy *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? 1 : -1;
    return x->layer < y->layer ? -1 : x->layer > y->layer;
}

ts_status ts_parallel_plan(ts_ctx *ctx, int *owner, const int64_t *cost, int64_t layers, int ranks)
{
    if (ctx->status)
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    heavy *order = ts_take(ctx, ((size_t)layers + 1) * sizeof *order);
    double *load = ts_take(ctx, (size_t)ranks * sizeof *load);
    if (!order || !load)
        return ctx->status;
    for (int64_t i = 0; i < layers; i++)
        order[i] = (heavy){cost[i], i};
    qsort(order, (size_t)layers, sizeof *order, by_cost);
    for (int r = 0; r < ranks; r++)
        load[r] = 0.0;
    for (int64_t i = 0; i < layers; i++) {
        int least = 0;
        for (int r = 1; r < ranks; r++)
            least = load[r] < load[least] ? r : least;
        owner[order[i].layer] = least;
        load[least] += (double)order[i].cost;
    }
    ts_scope_close(ctx, scope, NULL, 0);
    return ctx->status;
}

double ts_parallel_gain(const int *owner, const ts_parallel *job, int ranks, double unit_seconds,
                        double latency, double byte_seconds)
{
    double all = 0.0, most = 0.0;
    for (int r = 0; r < ranks; r++) {
        double part = 0.0;
        for (int64_t i = 0; i < job->layers; i++)
            part += owner[i] == r ? (double)job->cost[i] : 0.0;
        all += part;
        most = part > most ? part : most;
    }
    const double bytes = 8.0 * (double)job->layers * (double)job->width, others = ranks - 1;
    return unit_seconds * (all - most) - others * latency - others / ranks * bytes * byte_seconds;
}

/* Computes the layers of this rank into their places of `all`, which holds the parts one after
 * another, and lets the ranks exchange them. */
static ts_status exchange(ts_comm *comm, double *all, int64_t *bytes, const int *owner,
                          const ts_parallel *job)
{
    ts_ctx *ctx = comm->ctx;
    double *own = all;
    for (int r = 0; r < comm->size; r++)
        bytes[r] = 0;
    for (int64_t i = 0; i < job->layers; i++) {
        bytes[owner[i]] += job->width * (int64_t)sizeof *all;
        own += owner[i] < comm->rank ? job->width : 0;
    }
    for (int64_t i = 0; i < job->layers; i++)
        if (owner[i] == comm->rank) {
            if (job->f(ctx, own, i, job->arg))
                return ctx->status;
            own += job->width;
        }
    return ts_ring_all_gather_v(comm, all, bytes);
}

static ts_status shared(ts_comm *comm, double *out, const ts_parallel *job)
{
    ts_ctx *ctx = comm->ctx;
    const ts_scope scope = ts_scope_open(ctx);
    const size_t width = (size_t)job->width * sizeof(double);
    int *owner = ts_take(ctx, ((size_t)job->layers + 1) * sizeof *owner);
    int64_t *bytes = ts_take(ctx, (size_t)comm->size * sizeof *bytes);
    double *all = ts_take(ctx, (size_t)job->layers * width + 1);
    if (ctx->status || ts_parallel_plan(ctx, owner, job->cost, job->layers, comm->size) ||
        exchange(comm, all, bytes, owner, job))
        return ctx->status;
    const double *from = all;
    for (int r = 0; r < comm->size; r++)
        for (int64_t i = 0; i < job->layers; i++)
            if (owner[i] == r) {
                memcpy(out + i * job->width, from, width);
                from += job->width;
            }
    ts_scope_close(ctx, scope, NULL, 0);
    return ctx->status;
}

ts_status ts_parallel_layers(ts_ctx *ctx, ts_comm *comm, double *out, const ts_parallel *job)
{
    if (ctx->status)
        return ctx->status;
    if (comm && comm->ctx != ctx)
        return ts_fail(ctx, TS_ERROR_USAGE, "layers in parallel: the context is not the rank's own");
    if (comm && comm->size > 1)
        return shared(comm, out, job);
    for (int64_t i = 0; i < job->layers && !ctx->status; i++)
        job->f(ctx, out + i * job->width, i, job->arg);
    return ctx->status;
}
