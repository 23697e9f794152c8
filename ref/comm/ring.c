/* ring.c: every rank sends to the next one and hears from the one before.
 *
 *   reduce-scatter  P - 1 steps. A shard starts at the rank behind its owner and travels once around;
 *                   each rank adds its own part. Shard c is g[c+1] + g[c+2] + ... + g[c], from the
 *                   left. Cost (P - 1) (a + B / P).
 *   all-gather      P - 1 steps. Every rank passes on what came last. Cost (P - 1) (a + B / P).
 *   all-reduce      one after the other: 2 (P - 1) a + 2 (P - 1) / P B, the least bytes possible.
 *
 * Source: Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms (2009).
 * Test: tests/comm/test_ring.c */
#include "ref/comm/collective.h"
#include "ref/comm/places.h"

enum { REDUCE_TAG = TS_COMM_TAGS / 2 + 16, GATHER_TAG };

ts_status ts_ring_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    const int P = comm->size, r = comm->rank;
    const int64_t size = (int64_t)ts_dtype_size(type);
    if (comm->ctx->status || P == 1)
        return comm->ctx->status;
    void *came = ts_alloc((size_t)((n / P + 1) * size));
    if (!came)
        return ts_fail(comm->ctx, TS_ERROR_MEMORY, "no memory for a shard of a reduce-scatter");
    for (int step = 0; step < P - 1 && !comm->ctx->status; step++) {
        const ts_shard out = ts_shard_of(n, P, (r - step - 1 + 2 * P) % P);
        const ts_shard in = ts_shard_of(n, P, (r - step - 2 + 2 * P) % P);
        ts_comm_sendrecv(comm, REDUCE_TAG, (r + 1) % P, ts_place_of(data, out.begin, type),
                         out.count * size, (r + P - 1) % P, came, in.count * size);
        ts_reduce_into(comm->ctx, ts_place_of(data, in.begin, type), came, in.count, type, op);
    }
    ts_free(came);
    return comm->ctx->status;
}

ts_status ts_ring_all_gather(ts_comm *comm, void *data, int64_t n, ts_dtype type)
{
    const int P = comm->size, r = comm->rank;
    const int64_t size = (int64_t)ts_dtype_size(type);
    for (int step = 0; step < P - 1 && !comm->ctx->status; step++) {
        const ts_shard out = ts_shard_of(n, P, (r - step + P) % P);
        const ts_shard in = ts_shard_of(n, P, (r - step - 1 + P) % P);
        ts_comm_sendrecv(comm, GATHER_TAG, (r + 1) % P, ts_place_of(data, out.begin, type),
                         out.count * size, (r + P - 1) % P, ts_place_of(data, in.begin, type),
                         in.count * size);
    }
    return comm->ctx->status;
}

ts_status ts_ring_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    ts_ring_reduce_scatter(comm, data, n, type, op);
    return ts_ring_all_gather(comm, data, n, type);
}

/* Cost: (P - 1) a + what all others hold; a step takes as long as the largest part that travels. */
ts_status ts_ring_all_gather_v(ts_comm *comm, void *all, const int64_t *bytes)
{
    const int P = comm->size, r = comm->rank;
    unsigned char *to = all;
    for (int step = 0; step < P - 1 && !comm->ctx->status; step++) {
        const int out = (r - step + P) % P, in = (r - step - 1 + P) % P;
        ts_comm_sendrecv(comm, GATHER_TAG, (r + 1) % P, to + ts_place_of_block(bytes, out),
                         bytes[out], (r + P - 1) % P, to + ts_place_of_block(bytes, in), bytes[in]);
    }
    return comm->ctx->status;
}
