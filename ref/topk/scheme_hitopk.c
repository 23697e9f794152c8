/* scheme_hitopk.c: HiTopKComm. Gradients are added up inside a node, where links are fast; what is
 * left out is left out between nodes only, once per node instead of once per rank.
 *
 *     node i, local rank j, shard j of d_j entries, k_j kept:
 *     1  s_ij = sum over j' of G_ij' [shard j]             dense reduce-scatter in the node
 *     2  u = s_ij + e_ij;  (I, V) = MSTopK(u, k_j);  e_ij = u, e_ij[I] = 0
 *     3  packets of all nodes' ranks with the number j     all-gather between nodes
 *     4  A_j = sum over nodes i = 0 .. n-1 of scatter(I_ij, V_ij)
 *     5  out = A_0 | A_1 | ... | A_(m-1)                   dense all-gather in the node
 *
 *     k_j = 0 if d_j = 0, else max(1, floor(d_j rho)); d_j = d / m, the first d % m shards one more
 *
 * Cost on n nodes of m ranks, D = d g bytes dense, x = (24 + k (4 + v)) beta_e the time of a packet
 * between nodes, exactly (m groups share a NIC, as in comm/torus.c):
 *     2 (m-1) (alpha_i + D/m beta_i)  +  alpha_e + m x + (n-2) max(m x, alpha_e + x)      for n > 1
 * The literature leaves out that groups hide each other's latency: (n-1) (alpha_e + m x) between.
 *
 * Source: Shi et al. (2021), as remembered; the residual on the shard after the reduce-scatter as a
 * published re-implementation has it. Ours: the packet, and that step 5 gathers dense shards.
 *
 * A NaN anywhere in a node's shard is said in the packet's header: the ranks of that number fill their
 * shard with NaN, step 5 shows it to all of a node, and as all nodes accumulate the same packets, all
 * ranks leave the step out; residuals change only after it.
 *
 * Easy to get wrong: the order of nodes in step 4 (replicas drift); indices are within the shard; the
 * residual has d / m entries and belongs to the node's sum.
 * Test: tests/topk/test_scheme_hitopk.c                                 Golden: topk/hi_*.safetensors */
#include "ref/topk/scheme_inside.h"

#include "ref/topk/entries.h"
#include "ref/topk/keys.h"

#include <math.h>
#include <string.h>

static ts_status accumulate(ts_scheme *s, ts_tensor shard, const ts_parcels *all)
{
    memset(shard.data, 0, (size_t)s->part.count * ts_dtype_size(s->type));
    for (int i = 0; i < all->count; i++)
        ts_sparse_add(shard, &all->from[i]);
    for (int64_t i = 0; all->nonfinite && i < s->part.count; i++)
        ts_store(shard.data, s->type, i, (double)NAN);
    return s->world->ctx->status;
}

/* A copy for those who look at steps; empty when nobody does. */
static ts_tensor seen(ts_scheme *s, ts_tensor x)
{
    if (!s->config.keep_steps)
        return (ts_tensor){0};
    const ts_tensor copy = ts_new(s->world->ctx, s->type, 1, x.size);
    if (!ts_is_empty(copy))
        memcpy(copy.data, x.data, (size_t)ts_numel(x) * ts_dtype_size(s->type));
    return copy;
}

ts_status ts_scheme_hitopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t n = s->part.count, k = ts_density_k(s->config.density, n);
    void *own = (char *)gradient + (size_t)s->part.begin * ts_dtype_size(s->type);
    const ts_tensor shard = ts_tensor_of(own, s->type, 1, &n);
    ts_choice choice = {.nonfinite = false};
    ts_parcels all;
    if (ts_ring_reduce_scatter(&s->node, gradient, s->d, s->type, TS_SUM))
        return ctx->status;
    s->steps.reduced = seen(s, shard);
    if (n > 0) {
        if (ts_scheme_choose(s, &choice, own, k, step, NULL) ||
            ts_scheme_gather(s, &s->across, &all, &choice.sent, choice.nonfinite,
                             ts_selector_is_fixed(s->config.selector.kind), step) ||
            accumulate(s, shard, &all))
            return ctx->status;
        s->steps.accumulated = seen(s, shard);
    }
    if (ts_ring_all_gather(&s->node, gradient, s->d, s->type))
        return ctx->status;
    *skipped = ts_entries_most(ctx, ts_tensor_of(gradient, s->type, 1, &s->d)) >=
               ts_key_infinity(s->type);
    if (!*skipped && n > 0)
        ts_scheme_keep(s, &choice, &choice.sent);
    return ctx->status;
}
