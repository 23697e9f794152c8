/* mstopk.c: MSTopK step by step, every step one pass over the vector.
 *
 *     a = |x|, m = mean(a), u = max(a);  l = 0, r = 1;  t1 = infinity, t2 = 0;  k1 = 0, k2 = d
 *     N times:  ratio = l + (r - l) / 2,  t = m + ratio (u - m),  n = |{a >= t}|
 *               n <= k:  r = ratio, and t1 = t, k1 = n  if n > k1
 *               n >  k:  l = ratio, and t2 = t, k2 = n  if n < k2
 *     l1 = {i: a_i >= t1},  l2 = {i: t2 <= a_i < t1};  l1 and a contiguous slice of k - k1 of l2
 *
 * Source: Shi et al., Towards scalable distributed training of deep learning on public cloud clusters
 * (MLSys 2021), as its algorithm is remembered; nobody here could read the algorithm's own lines.
 * What is certain to differ: t1 begins at infinity. With the 0 that is remembered, a search that
 * finds no threshold with at most k entries would select everything.
 *
 * Shapes: x (d); k entries come out. Easy to get wrong: > for >=, a mean of float sums, m above u by
 * rounding when all magnitudes are equal, t by a fused multiply-add (another threshold by a bit), a
 * NaN, for which every comparison is false.
 *
 * Test: tests/topk/test_mstopk.c                     Golden: topk/ms_*.safetensors, topk/vectors.json */
#include "ref/topk/mstopk.h"

#include "ref/ops/table.h"
#include "ref/topk/draw.h"
#include "ref/topk/passes.h"
#include "ref/topk/entries.h"

#include <math.h>

bool ts_mstopk_is_done(ts_ctx *ctx, ts_sparse *out, ts_tensor x, const ts_mstopk_options *o)
{
    const int64_t d = ts_numel(x), k = o->k < d ? o->k : d;
    *out = (ts_sparse){.size = d};
    if (o->k < 0)
        ts_fail(ctx, TS_ERROR_USAGE, "topk: k is %lld", (long long)o->k);
    else if (o->steps < 0 || o->steps > TS_MSTOPK_MOST)
        ts_fail(ctx, TS_ERROR_USAGE, "topk: %lld steps: 0 to %d can be made",
                (long long)o->steps, TS_MSTOPK_MOST);
    if (ctx->status || ts_sparse_new(ctx, out, x.dtype, d, k))
        return true;
    if (k > 0 && k < d)
        return false;
    if (ts_entries_finite(ctx, x)) {
        out->count = 0;
        return true;
    }
    for (int64_t i = 0; i < k; i++)
        out->indices[i] = (uint32_t)i;
    ts_sparse_gather(out, x);
    return true;
}

ts_status ts_mstopk_slice(ts_ctx *ctx, ts_mstopk_search *s, const ts_mstopk_options *o)
{
    const int64_t band = s->count2 - s->count1, taken = o->k - s->count1;
    if (s->count1 > o->k || band < taken)
        return ts_fail(ctx, TS_ERROR_MISMATCH,
                       "topk: internal: %lld and %lld entries above the thresholds for k = %lld",
                       (long long)s->count1, (long long)s->count2, (long long)o->k);
    s->starts = o->wrap ? band : band - taken + 1;
    s->start = o->start < 0 ? ts_draw_below(o->bits, s->starts) : o->start;
    if (s->start >= s->starts)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "topk: the slice may start at 0 to %lld of its band, not at %lld",
                       (long long)s->starts - 1, (long long)s->start);
    return ctx->status;
}

/* The sum of magnitudes, in the order that passes.h fixes. */
static double sum_of_magnitudes(const double *x, int64_t d)
{
    double sum = 0.0;
    for (int64_t block = 0; block < d; block += TS_SUM_BLOCK) {
        double lane[TS_SUM_LANES] = {0}, total = 0.0;
        for (int64_t i = block; i < d && i < block + TS_SUM_BLOCK; i++)
            lane[i % TS_SUM_LANES] += fabs(x[i]);
        for (int j = 0; j < TS_SUM_LANES; j++)
            total += lane[j];
        sum += total;
    }
    return sum;
}

static double max_of_magnitudes(const double *x, int64_t d)
{
    double most = 0.0;
    for (int64_t i = 0; i < d; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    return most;
}

static int64_t count_at_least(const double *x, int64_t d, double threshold)
{
    int64_t count = 0;
    for (int64_t i = 0; i < d; i++)
        count += fabs(x[i]) >= threshold;
    return count;
}

/* N thresholds between `from` (ratio 0) and `to` (ratio 1). */
static void bisect(ts_mstopk_search *s, const double *x, int64_t d, double from, double to,
                   const ts_mstopk_options *o)
{
    double l = 0.0, r = 1.0;
    for (int64_t step = 0; step < o->steps; step++) {
        const double ratio = l + (r - l) / 2;
        const double threshold = from + ratio * (to - from);
        const int64_t count = count_at_least(x, d, threshold);
        s->thresholds[s->tried] = threshold;
        s->counts[s->tried++] = count;
        if (count <= o->k) {
            r = ratio;
            if (count > s->count1) {
                s->count1 = count;
                s->threshold1 = threshold;
            }
        } else {
            l = ratio;
            if (count < s->count2) {
                s->count2 = count;
                s->threshold2 = threshold;
            }
        }
    }
}

/* l1, then the slice. */
static void gather(ts_sparse *out, const double *x, const ts_mstopk_search *s, int64_t k)
{
    const int64_t band = s->count2 - s->count1, taken = k - s->count1;
    int64_t n1 = 0, place = 0;
    for (int64_t i = 0; i < out->size; i++) {
        const double a = fabs(x[i]);
        if (a >= s->threshold1) {
            out->indices[n1++] = (uint32_t)i;
        } else if (a >= s->threshold2) {
            const int64_t j = (place++ - s->start + band) % band; /* its place in the slice */
            if (j < taken)
                out->indices[s->count1 + j] = (uint32_t)i;
        }
    }
}

ts_status ts_mstopk_published(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *search, ts_tensor x,
                              const ts_mstopk_options *o)
{
    ts_mstopk_search own, *s = search ? search : &own;
    const ts_tensor source = ts_sparse_source(ctx, x);
    const int64_t d = ts_numel(source);
    *s = (ts_mstopk_search){.threshold1 = (double)INFINITY, .count2 = d};
    if (ctx->status || ts_mstopk_is_done(ctx, out, source, o))
        return ctx->status;
    if (ts_entries_finite(ctx, source)) {
        out->count = 0;
        return ctx->status;
    }
    const ts_scope scope = ts_scope_open(ctx);
    double *wide = ts_take(ctx, (size_t)d * sizeof *wide);
    if (wide) {
        ts_convert(wide, TS_F64, source.data, source.dtype, d);
        s->searched = true;
        s->most = max_of_magnitudes(wide, d);
        s->mean = fmin(sum_of_magnitudes(wide, d) / (double)d, s->most);
        bisect(s, wide, d, s->mean, s->most, o);
        if (o->below_mean && s->count2 == d && !isinf(s->threshold1))
            bisect(s, wide, d, 0.0, s->threshold1, o);
        if (!ts_mstopk_slice(ctx, s, o))
            gather(out, wide, s, o->k);
    }
    ts_scope_close(ctx, scope, NULL, 0);
    if (ctx->status)
        out->count = 0;
    ts_sparse_gather(out, source);
    return ctx->status;
}

ts_status ts_mstopk(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *search, ts_tensor x,
                    const ts_mstopk_options *o)
{
    return ctx->table == &ts_table_plain ? ts_mstopk_published(ctx, out, search, x, o)
                                         : ts_mstopk_fast(ctx, out, search, x, o);
}
