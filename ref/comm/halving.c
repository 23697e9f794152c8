/* halving.c: partners at distance P/2, P/4, ..., 1, and back.
 *
 *   reduce-scatter  log2(P) steps. With the partner whose number differs in the highest bit that is
 *                   left, a rank exchanges the half that it will not own, and adds the other. What is
 *                   left halves each time. Cost log2(P) a + (P - 1) / P B.
 *                   Shard c is added like a tree: first ranks that differ in the highest bit.
 *   all-gather      the same backwards: what a rank holds doubles. Cost log2(P) a + (P - 1) / P B.
 *   all-reduce      one after the other (Rabenseifner): 2 log2(P) a + 2 (P - 1) / P B.
 *
 * Source: Thakur, Rabenseifner and Gropp, Optimization of collective communication (2005).
 * Test: tests/comm/test_halving.c */
#include "ref/comm/collective.h"
#include "ref/comm/places.h"

enum { HALVING_TAG = TS_COMM_TAGS / 2 + 24, DOUBLING_TAG };

static ts_status check(const ts_comm *comm, const char *name)
{
    if (!comm->ctx->status && (comm->size & (comm->size - 1)))
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "%s: %d ranks are no power of two", name,
                       comm->size);
    return comm->ctx->status;
}

/* The elements of shards first .. first + count - 1. */
static ts_shard range(int64_t n, int parts, int first, int count)
{
    const ts_shard a = ts_shard_of(n, parts, first), b = ts_shard_of(n, parts, first + count - 1);
    return (ts_shard){a.begin, b.begin + b.count - a.begin};
}

ts_status ts_halving_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op)
{
    const int P = comm->size, r = comm->rank;
    const int64_t size = (int64_t)ts_dtype_size(type);
    if (check(comm, "halving reduce-scatter") || P == 1)
        return comm->ctx->status;
    void *came = ts_alloc((size_t)((n / 2 + P) * size));
    if (!came)
        return ts_fail(comm->ctx, TS_ERROR_MEMORY, "no memory for half of a reduce-scatter");
    for (int half = P / 2; half > 0 && !comm->ctx->status; half /= 2) {
        const int partner = r ^ half, mine = r & ~(half - 1), theirs = partner & ~(half - 1);
        const ts_shard keep = range(n, P, mine, half), give = range(n, P, theirs, half);
        ts_comm_sendrecv(comm, HALVING_TAG, partner, ts_place_of(data, give.begin, type),
                         give.count * size, partner, came, keep.count * size);
        ts_reduce_into(comm->ctx, ts_place_of(data, keep.begin, type), came, keep.count, type, op);
    }
    ts_free(came);
    return comm->ctx->status;
}

ts_status ts_doubling_all_gather(ts_comm *comm, void *data, int64_t n, ts_dtype type)
{
    const int P = comm->size, r = comm->rank;
    const int64_t size = (int64_t)ts_dtype_size(type);
    if (check(comm, "doubling all-gather"))
        return comm->ctx->status;
    for (int held = 1; held < P && !comm->ctx->status; held *= 2) {
        const int partner = r ^ held;
        const ts_shard out = range(n, P, r & ~(held - 1), held);
        const ts_shard in = range(n, P, partner & ~(held - 1), held);
        ts_comm_sendrecv(comm, DOUBLING_TAG, partner, ts_place_of(data, out.begin, type),
                         out.count * size, partner, ts_place_of(data, in.begin, type),
                         in.count * size);
    }
    return comm->ctx->status;
}

ts_status ts_halving_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    ts_halving_reduce_scatter(comm, data, n, type, op);
    return ts_doubling_all_gather(comm, data, n, type);
}
