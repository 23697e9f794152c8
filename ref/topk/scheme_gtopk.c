/* scheme_gtopk.c: gTop-k: packets are merged in pairs on a binary tree, each time to k entries.
 *
 *     round i = 0, 1, ...:  ranks with bit i of their number set send to the rank without it and are
 *     done; who receives adds the vectors and keeps the k largest of the sum (ties: lower index).
 *     Then rank 0 broadcasts. ceil(log2 P) rounds up and as many down, k entries each time.
 *
 * Cost, packets of b bytes, P a power of two: 2 log2 P (alpha + b beta); the literature's 4 k words.
 *
 * Residual: what was selected here and is not among the k of all is kept. What is dropped on the way
 * up by a merge while the same index survives by others' values is lost: that is the published
 * algorithm, and the reason why its sums are not conserved.
 *
 * Source: Shi et al., A distributed synchronous SGD algorithm with global top-k sparsification
 * (ICDCS 2019), as published programs have it; those need a power of two of ranks, this does not.
 * Test: tests/topk/test_scheme_gtopk.c                             Golden: topk/gtopk*.safetensors */
#include "ref/topk/scheme_inside.h"

#include "ref/topk/exact.h"

#include <stdio.h>
#include <string.h>

enum { TAG = 7 };

/* mine = the k largest of mine + other, ascending. */
static ts_status merge(ts_scheme *s, ts_sparse *mine, const ts_sparse *other, int64_t k)
{
    ts_ctx *ctx = s->world->ctx;
    ts_sparse sum, best;
    if (ts_sparse_sum(ctx, &sum, mine, other) ||
        ts_topk_exact(ctx, &best, sum.values, k, TS_EXACT_RADIX))
        return ctx->status;
    for (int64_t j = 0; j < best.count; j++)
        best.indices[j] = sum.indices[best.indices[j]];
    best.size = s->d;
    *mine = best;
    ts_scheme_round(s, mine);
    return ts_sparse_sort(ctx, mine);
}

/* Up the tree; *nonfinite becomes true where one below was. */
static ts_status reduce(ts_scheme *s, ts_sparse *mine, bool *nonfinite, int64_t k, int64_t step)
{
    ts_comm *world = s->world;
    ts_ctx *ctx = world->ctx;
    const int64_t bytes = ts_packet_bytes(k, s->wire);
    unsigned char *packet = ts_take(ctx, (size_t)bytes);
    for (int bit = 1; bit < world->size && packet && !ctx->status; bit *= 2) {
        if (world->rank & bit) {
            ts_scheme_packet(s, mine, *nonfinite, k, step, packet);
            return ts_comm_send(world, world->rank - bit, TAG, packet, bytes);
        }
        if (world->rank + bit >= world->size)
            continue;
        ts_packet_head head;
        ts_sparse other;
        char what[64];
        snprintf(what, sizeof what, "the packet of rank %d", world->rank + bit);
        if (ts_comm_recv(world, world->rank + bit, TAG, packet, bytes) ||
            ts_packet_read(ctx, &head, &other, packet, bytes, s->d, s->type, what))
            return ctx->status;
        *nonfinite |= head.nonfinite;
        if (!*nonfinite)
            merge(s, mine, &other, k);
    }
    return ctx->status;
}

ts_status ts_scheme_gtopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t k = ts_density_k(s->config.density, s->d), bytes = ts_packet_bytes(k, s->wire);
    ts_choice choice;
    ts_packet_head head;
    ts_sparse arrived;
    if (ts_scheme_choose(s, &choice, gradient, k, step, NULL) ||
        ts_sparse_sort(ctx, &choice.sent))
        return ctx->status;
    ts_sparse mine = choice.sent, *all = &s->steps.result;
    bool nonfinite = choice.nonfinite;
    s->steps.sent = choice.sent;
    if (reduce(s, &mine, &nonfinite, k, step))
        return ctx->status;
    unsigned char *packet = ts_take(ctx, (size_t)bytes);
    if (packet && s->world->rank == 0)
        ts_scheme_packet(s, &mine, nonfinite, k, step, packet);
    if (!packet || ts_tree_broadcast(s->world, packet, bytes, 0) ||
        ts_packet_read(ctx, &head, all, packet, bytes, s->d, s->type, "the packet of all"))
        return ctx->status;
    *skipped = head.nonfinite;
    if (head.nonfinite || ts_scheme_common(ctx, &arrived, &choice.sent, all))
        return ctx->status;
    memset(gradient, 0, (size_t)s->d * ts_dtype_size(s->type));
    ts_sparse_add(ts_tensor_of(gradient, s->type, 1, &s->d), all);
    ts_scheme_keep(s, &choice, &arrived);
    return ctx->status;
}
