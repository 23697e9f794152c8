/* torus.c: the 2D-torus all-reduce: along the rows, the columns, and back along the rows.
 *
 *   1 reduce-scatter among the m ranks of a node     shard j of d / m elements is the node's sum
 *   2 all-reduce of shard j among the n ranks with the same number j, one on each node
 *   3 all-gather among the ranks of the node
 *
 * All three by rings. m groups share each NIC in step 2: with x = B_e / (m n), the time of one of
 * their messages alone, a ring's step takes m x when the NIC is the bottleneck and a_e + x when its
 * latency is; the ranks of a node go through one after the other. Cost, exactly:
 *
 *   2 (m - 1) (a_i + B_i / m)  +  a_e + m x + (2 (n - 1) - 1) max(m x, a_e + x)      for n > 1
 *
 * The literature's form leaves out the pipeline: 2 (n - 1) a_e + 2 (n - 1) / n B_e in the middle.
 * Source: Mikami et al., Massively distributed SGD (2018). Test: tests/comm/test_torus.c */
#include "ref/comm/collective.h"
#include "ref/comm/places.h"

ts_status ts_torus_all_reduce(ts_comm *world, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    ts_comm node = {.ctx = world->ctx}, across = {.ctx = world->ctx};
    if (!world->ctx->status && !ts_topology_even(ts_comm_topology(world)))
        return ts_fail(world->ctx, TS_ERROR_USAGE,
                       "2D-torus: every host must have the same number of ranks");
    ts_comm_node(world, &node);
    ts_comm_across(world, &across);
    if (!world->ctx->status) {
        const ts_shard own = ts_shard_of(n, node.size, node.rank);
        ts_ring_reduce_scatter(&node, data, n, type, op);
        ts_ring_all_reduce(&across,
                           ts_place_of(data, own.begin, type),
                           own.count, type, op);
        ts_ring_all_gather(&node, data, n, type);
    }
    ts_comm_free(&across);
    ts_comm_free(&node);
    return world->ctx->status;
}
