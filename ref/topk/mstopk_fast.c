/* mstopk_fast.c: the answer of mstopk.c from two readings of the vector instead of N + 3.
 *
 * The argument. Let v be the (k+1)-th largest magnitude. At most k entries are >= t exactly when
 * t > v. So every decision of the search, and with it the whole row of thresholds, follows from the
 * mean, the maximum and v, without counting anything: N steps of arithmetic.
 *
 * What is left to find of the data:
 *   - threshold1 is the first of the thresholds above v whose count is that of the last of them (a
 *     later one with an equal count was not taken): the first that no entry separates from the last,
 *     so that is >= ... > the smallest magnitude w that is >= the last one. If no entry is >= the last
 *     one, all counts are 0 and threshold1 stays infinite.
 *   - threshold2 likewise is the first of those <= v that is larger than the largest magnitude z
 *     below the last of them; if there is no entry below, all counts are d and it stays 0.
 *   - count1 and count2 are the counts at the last ones.
 *
 * Where v comes from. A guess at a bound a little below v, from a sample of 32768 entries, goes into
 * the pass that computes mean and maximum: it also collects the entries >= the bound, with their
 * indices. If there are more than k of them, v is the (k+1)-th largest of them; if threshold2 is >=
 * the bound, so are l1 and l2. They are few, and memory is read once (and the sample). If the guess
 * fails, or k is so large that collecting does not pay, v is found in the whole vector, digit by digit
 * of the keys (three passes for F32, six for F64), and l1 and l2 in two more. No result depends on
 * the guess.
 *
 * Sums are in the order of passes.h, so the mean has the bits of the published form.
 * Test: tests/topk/test_mstopk_fast.c */
#include "ref/topk/keys.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/entries.h"

#include <math.h>

/* The thresholds of both sides, in the order in which they were tried. */
typedef struct {
    double above[2 * TS_MSTOPK_MOST], below[2 * TS_MSTOPK_MOST];
    int above_count, below_count;
} path;

/* The search without data. */
static void walk(path *p, ts_mstopk_search *s, double from, double to, int64_t steps, uint64_t v,
                 ts_dtype dtype)
{
    double l = 0.0, r = 1.0;
    for (int64_t step = 0; step < steps; step++) {
        const double ratio = l + (r - l) / 2;
        const double threshold = from + ratio * (to - from);
        s->thresholds[s->tried++] = threshold;
        if (ts_key_at_least(threshold, dtype) > v) {
            r = ratio;
            p->above[p->above_count++] = threshold;
        } else {
            l = ratio;
            p->below[p->below_count++] = threshold;
        }
    }
}

static uint64_t last_above(const path *p, ts_dtype dtype)
{
    return p->above_count ? ts_key_at_least(p->above[p->above_count - 1], dtype) : UINT64_MAX;
}

static uint64_t last_below(const path *p, ts_dtype dtype)
{
    return p->below_count ? ts_key_at_least(p->below[p->below_count - 1], dtype) : 0;
}

/* Counts and thresholds of both sides of the path. */
static void settle(ts_mstopk_search *s, const path *p, const ts_survey *found, int64_t d,
                   ts_dtype dtype)
{
    s->threshold1 = (double)INFINITY;
    s->threshold2 = 0.0;
    s->count1 = p->above_count ? found->high : 0;
    s->count2 = p->below_count ? found->low : d;
    for (int i = p->above_count - 1; i >= 0 && s->count1 > 0; i--)
        if (ts_key_at_least(p->above[i], dtype) <= found->smallest)
            s->threshold1 = p->above[i];
    for (int i = p->below_count - 1; i >= 0 && s->count2 < d; i--)
        if (ts_key_at_least(p->below[i], dtype) > found->largest)
            s->threshold2 = p->below[i];
}

/* All of a path in one pool; false: the pool does not reach down far enough. */
static bool search(ts_ctx *ctx, ts_mstopk_search *s, const ts_entries *pool, int64_t d,
                   const ts_mstopk_options *o)
{
    path p = {.above_count = 0};
    if (pool->n <= o->k)
        return false;
    const uint64_t v = ts_entries_kth(ctx, pool, o->k + 1);
    s->tried = 0;
    walk(&p, s, s->mean, s->most, o->steps, v, pool->dtype);
    for (int round = 0; round < 2 && !ctx->status; round++) {
        const uint64_t high = last_above(&p, pool->dtype), low = last_below(&p, pool->dtype);
        if (pool->map && low < pool->bound)
            return false;
        const ts_survey found = ts_entries_survey(ctx, pool, high, low);
        /* In a part of the vector, an entry below everything collected may stand between two
         * thresholds that are below it as well. */
        if (pool->map && !found.any_below && ts_key_at_least(p.below[0], pool->dtype) < low)
            return false;
        settle(s, &p, &found, d, pool->dtype);
        if (round == 1 || !o->below_mean || s->count2 < d || isinf(s->threshold1))
            break;
        walk(&p, s, 0.0, s->threshold1, o->steps, v, pool->dtype);
    }
    return true;
}

static void find(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *s, ts_tensor x,
                 const ts_mstopk_options *o)
{
    const int64_t d = ts_numel(x);
    ts_total total;
    ts_entries pool;
    if (ts_entries_collect(ctx, &pool, &total, x, ts_entries_guess(ctx, x, o->k + 1)))
        return;
    s->searched = true;
    s->most = ts_key_magnitude(total.most, x.dtype);
    s->mean = fmin(total.sum / (double)d, s->most);
    if (!search(ctx, s, &pool, d, o)) {
        pool = ts_entries_of(x);
        search(ctx, s, &pool, d, o);
    }
    if (ctx->status || ts_mstopk_slice(ctx, s, o))
        return;
    const uint64_t high = isinf(s->threshold1) ? UINT64_MAX
                                               : ts_key_at_least(s->threshold1, x.dtype);
    ts_entries_emit(ctx, out, &pool, high, ts_key_at_least(s->threshold2, x.dtype), s->start,
                 o->k - s->count1);
}

ts_status ts_mstopk_fast(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *wanted, ts_tensor x,
                         const ts_mstopk_options *o)
{
    ts_mstopk_search own, *s = wanted ? wanted : &own;
    const ts_tensor source = ts_sparse_source(ctx, x);
    *s = (ts_mstopk_search){.threshold1 = (double)INFINITY, .count2 = ts_numel(source)};
    if (ctx->status || ts_mstopk_is_done(ctx, out, source, o))
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    find(ctx, out, s, source, o);
    ts_scope_close(ctx, scope, NULL, 0);
    if (ctx->status)
        out->count = 0;
    return ctx->status;
}
