/* scheme_gather.c: naive sparse all-gather: every rank gets every rank's packet and adds them up.
 *
 *     out = sum over ranks p = 0, 1, ..., P-1 of scatter(I_p, v_p)
 *
 * Cost, packets of b bytes on a ring of P ranks: (P - 1) (alpha + b beta), b = 24 + k (4 + v); where
 * counts differ between ranks, a ring of 8 bytes each goes before. The literature writes
 * alpha log2 P + 2 (P - 1) k beta for it. Sums are in the order of ranks on every rank, so all have
 * the same bits.
 * Test: tests/topk/test_scheme_gather.c */
#include "ref/topk/scheme_inside.h"

#include <stdio.h>
#include <string.h>

unsigned char *ts_scheme_packet(ts_scheme *s, const ts_sparse *own, bool nonfinite, int64_t k,
                                int64_t step, unsigned char *to)
{
    const ts_packet_head head = {.step = (uint32_t)step, .bucket = (uint32_t)s->bucket,
                                 .value = s->wire};
    if (!to)
        to = ts_take(s->world->ctx, (size_t)ts_packet_bytes(k, s->wire));
    if (to && nonfinite)
        ts_packet_write_nonfinite(to, &head, k);
    else if (to)
        ts_packet_write(to, &head, own);
    return to;
}

/* bytes[r]: of every rank's packet. */
static int64_t *sizes_of(ts_scheme *s, ts_comm *group, int64_t own, bool fixed)
{
    ts_ctx *ctx = group->ctx;
    int64_t *bytes = ts_take(ctx, (size_t)group->size * sizeof *bytes);
    for (int r = 0; bytes && r < group->size; r++)
        bytes[r] = ts_packet_bytes(own, s->wire);
    if (!fixed && bytes)
        ts_ring_all_gather(group, bytes, group->size, TS_I64);
    for (int r = 0; bytes && !ctx->status && r < group->size; r++)
        if (bytes[r] < TS_PACKET_HEADER)
            ts_fail(ctx, TS_ERROR_FORMAT, "topk: rank %d says that its packet has %lld bytes", r,
                    (long long)bytes[r]);
    return ctx->status ? NULL : bytes;
}

ts_status ts_scheme_gather(ts_scheme *s, ts_comm *group, ts_parcels *all, const ts_sparse *own,
                           bool nonfinite, bool fixed, int64_t step)
{
    ts_ctx *ctx = group->ctx;
    int64_t total = 0, at = 0;
    const int64_t k = nonfinite && fixed ? ts_density_k(s->config.density, own->size) : own->count;
    *all = (ts_parcels){.count = group->size,
                        .from = ts_take(ctx, (size_t)group->size * sizeof *all->from)};
    const int64_t *bytes = sizes_of(s, group, k, fixed);
    for (int r = 0; bytes && r < group->size; r++) {
        at = r == group->rank ? total : at;
        total += bytes[r];
    }
    unsigned char *packets = bytes ? ts_take(ctx, (size_t)total) : NULL;
    if (!packets)
        return ctx->status;
    ts_scheme_packet(s, own, nonfinite, k, step, packets + at);
    ts_ring_all_gather_v(group, packets, bytes);
    for (int r = 0; r < group->size && !ctx->status; packets += bytes[r++]) {
        ts_packet_head head;
        char what[64];
        snprintf(what, sizeof what, "the packet of rank %d", ts_comm_world_rank(group, r));
        ts_packet_read(ctx, &head, &all->from[r], packets, bytes[r], own->size, s->type, what);
        all->nonfinite |= head.nonfinite;
    }
    return ctx->status;
}

ts_status ts_scheme_all_gather(ts_scheme *s, void *gradient, int64_t step, bool *skipped)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t k = ts_density_k(s->config.density, s->d);
    const ts_tensor sum = ts_tensor_of(gradient, s->type, 1, &s->d);
    ts_choice choice;
    ts_parcels all;
    if (ts_scheme_choose(s, &choice, gradient, k, step, NULL) ||
        ts_scheme_gather(s, s->world, &all, &choice.sent, choice.nonfinite,
                         ts_selector_is_fixed(s->config.selector.kind), step))
        return ctx->status;
    *skipped = all.nonfinite;
    if (all.nonfinite)
        return ctx->status;
    memset(gradient, 0, (size_t)s->d * ts_dtype_size(s->type));
    for (int r = 0; r < all.count; r++)
        ts_sparse_add(sum, &all.from[r]);
    ts_scheme_keep(s, &choice, &choice.sent);
    return ctx->status;
}
