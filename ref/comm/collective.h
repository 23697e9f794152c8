/* collective.h: what a group of ranks does together, written from messages between two.
 *
 * Every rank of the group calls, with the same sizes. `data` is worked on in place. Elements are
 * TS_F32, TS_F64, TS_I32, TS_I64, TS_U32 or TS_U64. A shard is a rank's part of n elements.
 *
 * Costs stand in each file, for P ranks whose links are of one kind (all inside a host, or one rank
 * on each host): a the latency, B the bytes of all n elements times the seconds of a byte. The
 * virtual clock measures exactly that on sizes that divide. ts_collective's `own` is the same number,
 * for hosts of several ranks too where there is a closed form: collectives.c.
 *
 * Every algorithm adds in an order of its own, the same in every run: results of one algorithm are
 * bit-identical from run to run, on threads and processes, and on all ranks; those of two algorithms
 * are not, but for numbers whose sums are exact. ts_ordered_all_reduce adds in the order of ranks. */
#ifndef TS_COMM_COLLECTIVE_H
#define TS_COMM_COLLECTIVE_H

#include "ref/comm/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_SUM, TS_MAX } ts_reduce;

/* The part of `part` when n elements are cut into `parts`: q = n / parts each, the first n % parts
 * one more. */
typedef struct {
    int64_t begin, count;
} ts_shard;
ts_shard ts_shard_of(int64_t n, int parts, int part);

/* data[i] op= from[i]. */
ts_status ts_reduce_into(ts_ctx *ctx, void *data, const void *from, int64_t n, ts_dtype type,
                         ts_reduce op);

/* Rings: ring.c. After a reduce-scatter a rank's own shard holds the result, the rest anything;
 * before an all-gather it holds what the others are to get. */
ts_status ts_ring_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op);
ts_status ts_ring_all_gather(ts_comm *comm, void *data, int64_t n, ts_dtype type);
ts_status ts_ring_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op);

/* Parts of any sizes: rank r's `bytes[r]` bytes come to all + the sum of bytes[0 .. r-1]; its own
 * stand there before. */
ts_status ts_ring_all_gather_v(ts_comm *comm, void *all, const int64_t *bytes);

/* Halving and doubling: halving.c. The number of ranks must be a power of two. */
ts_status ts_halving_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op);
ts_status ts_doubling_all_gather(ts_comm *comm, void *data, int64_t n, ts_dtype type);
ts_status ts_halving_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op);

/* Trees: tree.c. */
ts_status ts_tree_broadcast(ts_comm *comm, void *data, int64_t bytes, int root);
ts_status ts_tree_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op);
ts_status ts_double_tree_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op);

/* Reduce-scatter in the node, all-reduce of the shard across nodes, all-gather in the node: torus.c.
 * comm is the whole world and its hosts have the same number of ranks. */
ts_status ts_torus_all_reduce(ts_comm *world, void *data, int64_t n, ts_dtype type, ts_reduce op);

/* Everybody to everybody, directly: direct.c. */
ts_status ts_ordered_reduce_scatter(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op);
ts_status ts_ordered_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op);

/* Block r of `out` goes to rank r; block r of `in` comes from it. In the second form blocks have
 * out_bytes[r] and in_bytes[r] bytes and stand one after the other. */
ts_status ts_all_to_all(ts_comm *comm, const void *out, void *in, int64_t bytes);
ts_status ts_all_to_all_v(ts_comm *comm, const void *out, const int64_t *out_bytes, void *in,
                          const int64_t *in_bytes);

/* Rank r's `bytes` bytes come to all + r bytes on the root; and back. */
ts_status ts_gather(ts_comm *comm, const void *own, void *all, int64_t bytes, int root);
ts_status ts_scatter(ts_comm *comm, const void *all, void *own, int64_t bytes, int root);

/* The MPI library's own function, over the whole world (library.c): its order of sums is its own, and
 * neither counters nor clock see its messages. Fails on threads, which have none. */
ts_status ts_library_all_reduce(ts_comm *world, void *data, int64_t n, ts_dtype type, ts_reduce op);

/* The all-reduces by name, for commands, tests and tables: collectives.c. */
typedef struct {
    const char *name;
    ts_status (*run)(ts_comm *, void *, int64_t, ts_dtype, ts_reduce); /* all_gather: op is ignored */
    /* Seconds on the virtual clock for n elements of `size` bytes that divide by the ranks; negative
     * where this algorithm has no closed form for the topology. */
    double (*own)(const ts_topology *, int64_t n, int size);
    double (*published)(const ts_topology *, int64_t n, int size); /* of the literature; or NULL */
    const char *formula;   /* of own */
    bool shards;           /* the result is the rank's own shard */
    bool powers;           /* a power of two of ranks */
    bool gathers;          /* nothing is added */
} ts_collective;

extern const ts_collective ts_collectives[]; /* ended by {0} */
const ts_collective *ts_collective_named(const char *name); /* or NULL */

#ifdef __cplusplus
}
#endif
#endif
