/* direct.c: everybody to everybody, in P - 1 steps; in step s to the rank s further on.
 *
 *   all-to-all        (P - 1) (a + b), b the seconds of one block: each step everybody sends one
 *   reduce-scatter    (P - 1) (a + B / P): every rank's shard goes straight to its owner, who adds in
 *                     the order of ranks: ((g0 + g1) + g2) + ... Needs room for P shards.
 *   all-reduce        and a ring's all-gather: 2 (P - 1) (a + B / P)
 *   gather, scatter   a + (P - 1) b: the root's port is shared
 *
 * Test: tests/comm/test_direct.c */
#include "ref/comm/collective.h"
#include "ref/comm/places.h"

#include <string.h>

enum { BLOCKS_TAG = TS_COMM_TAGS / 2 + 40, GATHER_TAG, SCATTER_TAG };

ts_status ts_all_to_all_v(ts_comm *comm, const void *out, const int64_t *out_bytes, void *in,
                          const int64_t *in_bytes)
{
    const int P = comm->size, r = comm->rank;
    const unsigned char *from = out;
    unsigned char *into = in;
    for (int step = 0; step < P && !comm->ctx->status; step++) {
        const int to = (r + step) % P, came = (r - step + P) % P;
        ts_comm_sendrecv(comm, BLOCKS_TAG, to, from + ts_place_of_block(out_bytes, to),
                         out_bytes[to], came, into + ts_place_of_block(in_bytes, came),
                         in_bytes[came]);
    }
    return comm->ctx->status;
}

ts_status ts_all_to_all(ts_comm *comm, const void *out, void *in, int64_t bytes)
{
    int64_t each[TS_MAX_RANKS];
    for (int r = 0; r < comm->size; r++)
        each[r] = bytes;
    return ts_all_to_all_v(comm, out, each, in, each);
}

/* Own shards of all ranks, one after the other, are added from rank 0 on. */
static ts_status add_in_order(ts_comm *comm, void *own, const unsigned char *came, int64_t count,
                              ts_dtype type, ts_reduce op)
{
    const int64_t bytes = count * (int64_t)ts_dtype_size(type);
    if (!comm->ctx->status && bytes > 0)
        memcpy(own, came, (size_t)bytes);
    for (int r = 1; r < comm->size && !comm->ctx->status; r++)
        ts_reduce_into(comm->ctx, own, came + r * bytes, count, type, op);
    return comm->ctx->status;
}

ts_status ts_ordered_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op)
{
    const int P = comm->size;
    const int64_t size = (int64_t)ts_dtype_size(type);
    const ts_shard own = ts_shard_of(n, P, comm->rank);
    int64_t out[TS_MAX_RANKS], in[TS_MAX_RANKS];
    if (comm->ctx->status || P == 1)
        return comm->ctx->status;
    for (int r = 0; r < P; r++) {
        out[r] = ts_shard_of(n, P, r).count * size;
        in[r] = own.count * size;
    }
    unsigned char *came = ts_alloc((size_t)(own.count > 0 ? own.count * size * P : 1));
    if (!came)
        return ts_fail(comm->ctx, TS_ERROR_MEMORY, "no memory for %d shards of a reduce-scatter", P);
    ts_all_to_all_v(comm, data, out, came, in);
    add_in_order(comm, ts_place_of(data, own.begin, type), came, own.count, type, op);
    ts_free(came);
    return comm->ctx->status;
}

ts_status ts_ordered_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    ts_ordered_reduce_scatter(comm, data, n, type, op);
    return ts_ring_all_gather(comm, data, n, type);
}

static ts_status check_root(const ts_comm *comm, const char *what, int root)
{
    if (!comm->ctx->status && (root < 0 || root >= comm->size))
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "%s rank %d of %d", what, root, comm->size);
    return comm->ctx->status;
}

ts_status ts_gather(ts_comm *comm, const void *own, void *all, int64_t bytes, int root)
{
    if (check_root(comm, "gather to", root))
        return comm->ctx->status;
    if (comm->rank != root)
        return ts_comm_send(comm, root, GATHER_TAG, own, bytes);
    for (int r = 0; r < comm->size && !comm->ctx->status; r++)
        if (r != root)
            ts_comm_recv(comm, r, GATHER_TAG, (unsigned char *)all + r * bytes, bytes);
    if (bytes > 0 && !comm->ctx->status)
        memmove((unsigned char *)all + root * bytes, own, (size_t)bytes);
    return comm->ctx->status;
}

ts_status ts_scatter(ts_comm *comm, const void *all, void *own, int64_t bytes, int root)
{
    if (check_root(comm, "scatter from", root))
        return comm->ctx->status;
    if (comm->rank != root)
        return ts_comm_recv(comm, root, SCATTER_TAG, own, bytes);
    for (int r = 0; r < comm->size && !comm->ctx->status; r++)
        if (r != root)
            ts_comm_send(comm, r, SCATTER_TAG, (const unsigned char *)all + r * bytes, bytes);
    if (bytes > 0 && !comm->ctx->status)
        memmove(own, (const unsigned char *)all + root * bytes, (size_t)bytes);
    return comm->ctx->status;
}
