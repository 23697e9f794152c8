/* scheme_oktopk.c: Ok-Topk: every region of indices has an owner who adds up what all ranks picked in
 * it; of these sums the largest go to everybody.
 *
 *     local    entries above a kept threshold (sampled.h: exact every 32 steps, adjusted in between)
 *     regions  cut points anew every 64 steps: the mean over ranks of those that would share out the
 *              own entries evenly
 *     split    entries go to the owners of their regions, who add in the order of ranks
 *     select   sums above a second kept threshold, exact every 32 steps (then all sums are gathered)
 *     gather   these from every owner to every rank
 *     residual entries that were picked here and are in the result are cleared, no others
 *
 * Both thresholds ask for >, so that of an exact one comes k - 1 entries at most. About k entries come
 * out; the count varies.
 *
 * Cost, P ranks with k entries each, evenly spread, b bytes an entry: (P-1)/P k b beta to the owners and
 * as much back, twice P - 1 messages, and the counts before. The paper's bound is 6 k (P-1)/P words.
 * Its step that balances the owners' results before the gather is left out: it changes times, not
 * results.
 *
 * Source: Li, Hoefler, Near-optimal sparse allreduce for distributed deep learning (PPoPP 2022), by the
 * published program's rules.
 * Test: tests/topk/test_scheme_oktopk.c                           Golden: topk/oktopk*.safetensors */
#include "ref/topk/scheme_inside.h"

#include "ref/topk/entries.h"
#include "ref/topk/keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LOCAL = 0, GLOBAL = 2, BOUNDS = 4, PARTITION = 64 };

/* Rank r's region begins at bounds[r]. */
static ts_status partition(ts_scheme *s, const ts_sparse *sent, int64_t step)
{
    const int parts = s->world->size;
    double *bounds = s->thresholds + BOUNDS;
    if (step % PARTITION != 0 && bounds[parts] > 0.0)
        return s->world->ctx->status;
    for (int r = 0; r <= parts; r++) {
        const int64_t place = sent->count * r / parts;
        const bool even = sent->count < parts;
        bounds[r] = r == 0       ? 0.0
                    : r == parts ? (double)s->d
                    : even       ? (double)ts_shard_of(s->d, parts, r).begin
                                 : (double)sent->indices[place];
    }
    ts_ring_all_reduce(s->world, bounds, parts + 1, TS_F64, TS_SUM);
    for (int r = 0; r <= parts; r++)
        bounds[r] = floor(bounds[r] / parts);
    bounds[parts] = (double)s->d;
    return s->world->ctx->status;
}

/* Entries of s with indices in [first, last). */
static ts_sparse within(const ts_sparse *from, double first, double last)
{
    int64_t a = 0, b;
    while (a < from->count && from->indices[a] < first)
        a++;
    for (b = a; b < from->count && from->indices[b] < last; b++)
        ;
    ts_sparse part = {.size = from->size, .count = b - a, .indices = from->indices + a,
                      .values = from->values};
    part.values.data = (char *)from->values.data + (size_t)a * ts_dtype_size(from->values.dtype);
    part.values.size[0] = b - a;
    return part;
}

/* Sizes of packets that go to every rank and come from them. */
typedef struct {
    int64_t *out, *in, out_total, in_total;
    unsigned char *sent, *arrived;
} mail;

static ts_status post(ts_scheme *s, mail *m, const ts_choice *choice, int64_t step)
{
    ts_comm *world = s->world;
    ts_ctx *ctx = world->ctx;
    const double *bounds = s->thresholds + BOUNDS;
    const size_t room = (size_t)world->size * sizeof *m->out;
    *m = (mail){.out = ts_take(ctx, room), .in = ts_take(ctx, room)};
    for (int r = 0; r < world->size && !ctx->status; r++) {
        const ts_sparse part = within(&choice->sent, bounds[r], bounds[r + 1]);
        m->out[r] = ts_packet_bytes(part.count, s->wire);
        m->out_total += m->out[r];
    }
    if (ctx->status || ts_all_to_all(world, m->out, m->in, (int64_t)sizeof *m->out))
        return ctx->status;
    for (int r = 0; r < world->size; r++) {
        if (m->in[r] < TS_PACKET_HEADER || m->in[r] > ts_packet_bytes(s->d, s->wire))
            return ts_fail(ctx, TS_ERROR_FORMAT, "topk: rank %d announces %lld bytes", r,
                           (long long)m->in[r]);
        m->in_total += m->in[r];
    }
    m->sent = ts_take(ctx, (size_t)m->out_total);
    m->arrived = ts_take(ctx, (size_t)m->in_total);
    unsigned char *at = m->sent;
    for (int r = 0; r < world->size && !ctx->status; at += m->out[r++]) {
        const ts_sparse part = within(&choice->sent, bounds[r], bounds[r + 1]);
        ts_scheme_packet(s, &part, choice->nonfinite, part.count, step, at);
    }
    return ctx->status ? ctx->status
                       : ts_all_to_all_v(world, m->sent, m->out, m->arrived, m->in);
}

/* What all ranks have picked in this rank's region, added in the order of ranks. */
static ts_status reduce(ts_scheme *s, ts_sparse *sum, const ts_choice *choice, int64_t step,
                        bool *nonfinite)
{
    ts_ctx *ctx = s->world->ctx;
    mail m;
    if (post(s, &m, choice, step) || ts_sparse_new(ctx, sum, s->type, s->d, 0))
        return ctx->status;
    for (int r = 0; r < s->world->size && !ctx->status; m.arrived += m.in[r++]) {
        ts_packet_head head;
        ts_sparse part, before = *sum;
        char what[64];
        snprintf(what, sizeof what, "the packet of rank %d", r);
        if (!ts_packet_read(ctx, &head, &part, m.arrived, m.in[r], s->d, s->type, what)) {
            *nonfinite |= head.nonfinite;
            ts_sparse_sum(ctx, sum, &before, &part);
        }
    }
    ts_scheme_round(s, sum);
    return ctx->status;
}

/* The k-th magnitude of all regions' sums. */
static ts_status exact_threshold(ts_scheme *s, double *threshold, const ts_sparse *sum, int64_t k)
{
    ts_comm *world = s->world;
    ts_ctx *ctx = world->ctx;
    const int64_t wide = (int64_t)ts_dtype_size(s->type);
    int64_t total = 0, at = 0;
    int64_t *bytes = ts_take(ctx, (size_t)world->size * sizeof *bytes);
    if (!bytes)
        return ctx->status;
    bytes[world->rank] = sum->count * wide;
    ts_ring_all_gather(world, bytes, world->size, TS_I64);
    for (int r = 0; r < world->size && !ctx->status; r++) {
        at = r == world->rank ? total : at;
        total += bytes[r];
    }
    char *values = ctx->status ? NULL : ts_take(ctx, (size_t)total);
    if (!values)
        return ctx->status;
    memcpy(values + at, sum->values.data, (size_t)bytes[world->rank]);
    ts_ring_all_gather_v(world, values, bytes);
    const ts_entries all = {.x = values, .dtype = s->type, .n = total / wide};
    *threshold = 0.0;
    if (all.n > 0 && !ctx->status)
        *threshold = ts_key_magnitude(ts_entries_kth(ctx, &all, k < all.n ? k : all.n), s->type);
    return ctx->status;
}

/* This region's part of the result: sums above the threshold. */
static void above(ts_sparse *sum, double threshold)
{
    int64_t n = 0;
    for (int64_t j = 0; j < sum->count; j++) {
        const double v = ts_load(sum->values.data, sum->values.dtype, j);
        if (!(fabs(v) > threshold))
            continue;
        sum->indices[n] = sum->indices[j];
        ts_store(sum->values.data, sum->values.dtype, n++, v);
    }
    sum->count = sum->values.size[0] = n;
}

/* The result: the packets of all regions, which are in the order of indices. */
static ts_status collect(ts_scheme *s, ts_sparse *all, const ts_parcels *parcels)
{
    ts_ctx *ctx = s->world->ctx;
    if (ts_sparse_new(ctx, all, s->type, s->d, 0))
        return ctx->status;
    for (int r = 0; r < parcels->count && !ctx->status; r++) {
        const ts_sparse before = *all;
        ts_sparse_sum(ctx, all, &before, &parcels->from[r]);
    }
    return ctx->status;
}

/* After a step that everybody takes: thresholds for the next one. */
static void adjust(double *kept, int64_t count, int64_t k, const ts_reuse *rule)
{
    if (count * rule->low_den < k * rule->low_num)
        kept[0] /= rule->factor;
    else if (count * rule->high_den > k * rule->high_num)
        kept[0] *= rule->factor;
    kept[1] += 1.0;
}

ts_status ts_scheme_oktopk(ts_scheme *s, void *gradient, int64_t step, bool *skipped)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t k = ts_density_k(s->config.density, s->d);
    double *global = s->thresholds + GLOBAL;
    ts_reused local = {s->thresholds[LOCAL], (int64_t)s->thresholds[LOCAL + 1]};
    ts_sparse sum, arrived;
    ts_choice choice;
    ts_parcels parcels;
    if (ts_scheme_choose(s, &choice, gradient, k, step, &local) ||
        partition(s, &choice.sent, step) || reduce(s, &sum, &choice, step, skipped))
        return ctx->status;
    if (*skipped) /* everybody heard of it */
        return ctx->status;
    if ((int64_t)global[1] % ts_reuse_global.renew == 0)
        exact_threshold(s, &global[0], &sum, k);
    above(&sum, global[0]);
    if (ts_scheme_gather(s, s->world, &parcels, &sum, false, false, step) ||
        collect(s, &s->steps.result, &parcels) ||
        ts_scheme_common(ctx, &arrived, &choice.sent, &s->steps.result))
        return ctx->status;
    adjust(global, s->steps.result.count, k, &ts_reuse_global);
    s->thresholds[LOCAL] = local.threshold;
    s->thresholds[LOCAL + 1] = (double)local.age;
    memset(gradient, 0, (size_t)s->d * ts_dtype_size(s->type));
    ts_sparse_add(ts_tensor_of(gradient, s->type, 1, &s->d), &s->steps.result);
    ts_scheme_keep(s, &choice, &arrived);
    return ctx->status;
}
