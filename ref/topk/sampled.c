/* sampled.c: DGC, Gaussian-k, threshold reuse, random-k.
 *
 *     DGC         threshold = the smallest of the top ceil(n rho) of n sampled magnitudes; |x| >= t
 *     Gaussian-k  t = mean + sigma Phi^-1(1 - rho / 2);  |x| > t
 *     Ok-Topk     t = the k-th magnitude of some steps ago, adjusted;  |x| > t
 *
 * Sources: the published programs of DGC (dgc/compression.py) and Ok-Topk (VGG/compression.py, which
 * holds Gaussian-k, too), by their formulas. Thresholds are doubles here, floats there.
 * Test: tests/topk/test_sampled.c        Golden: data/goldens/topk/{dgc,gaussian,oktopk}*.safetensors */
#include "ref/topk/sampled.h"

#include "ref/base/mathf.h"
#include "ref/topk/draw.h"
#include "ref/topk/exact.h"
#include "ref/topk/keys.h"
#include "ref/topk/entries.h"

#include <math.h>

/* The smallest key whose magnitude is > t. */
static uint64_t key_above(double t, ts_dtype dtype)
{
    const uint64_t key = t < 0.0 ? 0 : ts_key_at_least(t, dtype);
    return t >= 0.0 && ts_key_magnitude(key, dtype) == t ? key + 1 : key;
}

static int64_t count_from(ts_ctx *ctx, const ts_entries *pool, uint64_t bound)
{
    const ts_scope scope = ts_scope_open(ctx);
    const int64_t count = ts_entries_survey(ctx, pool, bound, 0).high;
    ts_scope_close(ctx, scope, NULL, 0);
    return count;
}

/* Everything with a key >= bound. */
static ts_status keep_from(ts_ctx *ctx, ts_sparse *out, ts_tensor x, uint64_t bound)
{
    const ts_entries pool = ts_entries_of(x);
    const int64_t count = count_from(ctx, &pool, bound);
    if (ctx->status || ts_sparse_new(ctx, out, x.dtype, ts_numel(x), count))
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    ts_entries_emit(ctx, out, &pool, bound, bound, 0, 0);
    ts_scope_close(ctx, scope, NULL, 0);
    return ctx->status;
}

static void remember(ts_attempts *a, double threshold, int64_t count)
{
    if (a->tried < TS_TRIES) {
        a->threshold[a->tried] = threshold;
        a->count[a->tried++] = count;
    }
}

static ts_status check(ts_ctx *ctx, ts_tensor x, int64_t k)
{
    if (!ctx->status && (k < 1 || k > ts_numel(x)))
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: k is %lld of %lld entries", (long long)k,
                       (long long)ts_numel(x));
    return ctx->status ? ctx->status : ts_entries_finite(ctx, x);
}

/* DGC. ----------------------------------------------------------------------------------------- */

static int64_t ceil_of(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* ceil(n num / den) without overflow. */
static int64_t share(int64_t n, ts_density x)
{
    return n / x.den * x.num + ceil_of(n % x.den * x.num, x.den);
}

/* Which entries are looked at: every stride-th. */
static void plan_sample(ts_attempts *a, int64_t d, ts_density density)
{
    const int64_t percent = ceil_of(d, 100), least = ceil_of(2 * density.den, density.num);
    const int64_t wanted = percent > least ? percent : least;
    a->stride = 1;
    a->samples = d;
    if (d <= least)
        return;
    a->stride = ceil_of(d, wanted * 32) * 32 + 1;
    while ((a->samples = d / a->stride) < wanted)
        a->stride -= 8;
}

static double sample_threshold(ts_ctx *ctx, const ts_attempts *a, ts_tensor x, ts_density density)
{
    const ts_passes *passes = ts_passes_of(x.dtype);
    const int64_t d = ts_numel(x), n = ceil_of(d - a->start, a->stride);
    const int64_t top = share(a->samples, density);
    const ts_scope scope = ts_scope_open(ctx);
    uint64_t *keys = ts_take(ctx, (size_t)n * sizeof *keys);
    double threshold = 0.0;
    if (keys) {
        for (int64_t i = 0; i < n; i++)
            keys[i] = passes->key(x.data, a->start + i * a->stride);
        threshold = ts_key_magnitude(ts_keys_kth(keys, n, top < n ? top : n), x.dtype);
    }
    ts_scope_close(ctx, scope, NULL, 0);
    return threshold;
}

/* Only the k largest of what was kept, still by ascending index. */
static ts_status resample(ts_ctx *ctx, ts_sparse *out, int64_t k)
{
    ts_sparse best;
    ts_topk_exact(ctx, &best, out->values, k, TS_EXACT_RADIX);
    if (ctx->status || ts_sparse_sort(ctx, &best))
        return ctx->status;
    for (int64_t j = 0; j < k; j++)
        out->indices[j] = out->indices[best.indices[j]]; /* ascending: j is never ahead */
    out->values = best.values;
    out->count = k;
    return ctx->status;
}

ts_status ts_topk_dgc(ts_ctx *ctx, ts_sparse *out, ts_attempts *attempts, ts_tensor given,
                      ts_density density, int64_t start, uint64_t bits)
{
    ts_attempts own, *a = attempts ? attempts : &own;
    const ts_tensor x = ts_sparse_source(ctx, given);
    const int64_t d = ts_numel(x);
    *a = (ts_attempts){0};
    *out = (ts_sparse){.size = d};
    if (ctx->status || ts_density_check(ctx, density))
        return ctx->status;
    if (density.num < 1 || d < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: DGC needs a density above 0 and entries");
    const int64_t k = share(d, density);
    if (ts_entries_finite(ctx, x))
        return ctx->status;
    plan_sample(a, d, density);
    a->start = start < 0 ? ts_draw_below(bits, a->stride) : start;
    if (a->start >= a->stride)
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: the sample may start at 0 to %lld, not at %lld",
                       (long long)a->stride - 1, (long long)a->start);
    double t = sample_threshold(ctx, a, x, density);
    const ts_entries pool = ts_entries_of(x);
    int64_t count = count_from(ctx, &pool, ts_key_at_least(t, x.dtype));
    remember(a, t, count);
    for (int i = 0; i < 10 && d > a->samples && !ctx->status; i++) {
        a->resampled = 10 * count > 13 * k;
        if (a->resampled || 10 * count >= 8 * k)
            break;
        t *= 0.8;
        count = count_from(ctx, &pool, ts_key_at_least(t, x.dtype));
        remember(a, t, count);
    }
    if (ctx->status || keep_from(ctx, out, x, ts_key_at_least(t, x.dtype)))
        return ctx->status;
    if (a->resampled)
        return resample(ctx, out, k);
    out->count = out->values.size[0] = count < k ? count : k; /* the first ones by index */
    return ctx->status;
}

/* Gaussian-k. ---------------------------------------------------------------------------------- */

double ts_normal_tail(double tail)
{
    double low = 0.0, high = 40.0;
    for (int i = 0; i < 80; i++) {
        const double z = (low + high) / 2;
        if (ts_erfc(z * 0x1.6a09e667f3bcdp-1) > tail)
            low = z;
        else
            high = z;
    }
    return tail >= 1.0 ? 0.0 : (low + high) / 2;
}

/* Mean and deviation (of a sample: divided by d - 1), in double, one entry after another. */
static void moments(ts_attempts *a, ts_tensor x)
{
    const int64_t d = ts_numel(x);
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < d; i++)
        sum += ts_load(x.data, x.dtype, i);
    a->mean = sum / (double)d;
    for (int64_t i = 0; i < d; i++) {
        const double off = ts_load(x.data, x.dtype, i) - a->mean;
        squares += off * off;
    }
    a->deviation = d > 1 ? sqrt(squares / (double)(d - 1)) : 0.0;
}

ts_status ts_topk_gaussian(ts_ctx *ctx, ts_sparse *out, ts_attempts *attempts, ts_tensor given,
                           int64_t k)
{
    ts_attempts own, *a = attempts ? attempts : &own;
    const ts_tensor x = ts_sparse_source(ctx, given);
    *a = (ts_attempts){0};
    *out = (ts_sparse){.size = ts_numel(x)};
    if (check(ctx, x, k))
        return ctx->status;
    moments(a, x);
    double t = a->mean + a->deviation * ts_normal_tail((double)k / (double)ts_numel(x));
    const ts_entries pool = ts_entries_of(x);
    int64_t count = count_from(ctx, &pool, key_above(t, x.dtype));
    remember(a, t, count);
    for (int i = 0; i < 20 && 4 * count < 3 * k && !ctx->status; i++) {
        t /= 1.02;
        count = count_from(ctx, &pool, key_above(t, x.dtype));
        remember(a, t, count);
    }
    for (int i = 0; i < 20 && 4 * count > 5 * k && !ctx->status; i++) {
        t *= 1.02;
        count = count_from(ctx, &pool, key_above(t, x.dtype));
        remember(a, t, count);
    }
    return ctx->status ? ctx->status : keep_from(ctx, out, x, key_above(t, x.dtype));
}

/* Threshold reuse. ----------------------------------------------------------------------------- */

const ts_reuse ts_reuse_local = {32, 2, 3, 5, 4, 1.012}, ts_reuse_global = {32, 2, 3, 4, 3, 1.008};

ts_status ts_topk_reused(ts_ctx *ctx, ts_sparse *out, ts_reused *state, ts_tensor given, int64_t k,
                         const ts_reuse *rule)
{
    const ts_tensor x = ts_sparse_source(ctx, given);
    *out = (ts_sparse){.size = ts_numel(x)};
    if (check(ctx, x, k))
        return ctx->status;
    if (state->age % rule->renew == 0) {
        const ts_scope scope = ts_scope_open(ctx);
        const ts_entries pool = ts_entries_of(x);
        state->threshold = ts_key_magnitude(ts_entries_kth(ctx, &pool, k), x.dtype);
        ts_scope_close(ctx, scope, NULL, 0);
    }
    if (ctx->status || keep_from(ctx, out, x, key_above(state->threshold, x.dtype)))
        return ctx->status;
    if (out->count * rule->low_den < k * rule->low_num)
        state->threshold /= rule->factor;
    else if (out->count * rule->high_den > k * rule->high_num)
        state->threshold *= rule->factor;
    state->age++;
    return ctx->status;
}

/* Random-k. ------------------------------------------------------------------------------------ */

ts_status ts_topk_random(ts_ctx *ctx, ts_sparse *out, ts_tensor given, int64_t k, uint64_t bits)
{
    const ts_tensor x = ts_sparse_source(ctx, given);
    const int64_t d = ts_numel(x);
    *out = (ts_sparse){.size = d};
    if (!ctx->status && k < 0)
        ts_fail(ctx, TS_ERROR_USAGE, "topk: k is %lld", (long long)k);
    if (ctx->status || ts_entries_finite(ctx, x) ||
        ts_sparse_new(ctx, out, x.dtype, d, k < d ? k : d) ||
        ts_draw_subset(ctx, out->indices, out->count, d, bits))
        return ctx->status;
    ts_sparse_gather(out, x);
    return ctx->status;
}
