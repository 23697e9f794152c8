/* draw.c: counter-based random numbers for slices and subsets. See draw.h.
 *
 *     bits = mix(mix(mix(seed + G (step + 1)) xor G2 (rank + 1)) xor G3 (bucket + 1))
 *
 * How the paper's system draws is not known; this rule is our own.
 * Test: tests/topk/test_draw.c */
#include "ref/topk/draw.h"

#include "ref/base/rng.h"
#include "ref/topk/keys.h"
#include "ref/topk/sparse.h"

#include <math.h>

static const uint64_t golden = 0x9E3779B97F4A7C15u;

uint64_t ts_splitmix64(uint64_t seed, uint64_t i)
{
    return ts_mix64(seed + golden * (i + 1));
}

uint64_t ts_draw_bits(ts_draw draw)
{
    uint64_t z = ts_mix64(draw.seed + golden * ((uint64_t)draw.step + 1));
    z = ts_mix64(z ^ 0xD1B54A32D192ED03u * ((uint64_t)draw.rank + 1));
    return ts_mix64(z ^ 0x8CB92BA72F3D8DD7u * ((uint64_t)draw.bucket + 1));
}

int64_t ts_draw_below(uint64_t bits, int64_t n)
{
    return (int64_t)((bits >> 32) * (uint64_t)n >> 32);
}

/* Words are uniform: those below a bound a little above k / d of the range hold the k smallest, most
 * likely; otherwise the bound is doubled. */
ts_status ts_draw_subset(ts_ctx *ctx, uint32_t *out, int64_t k, int64_t d, uint64_t seed)
{
    const ts_scope scope = ts_scope_open(ctx);
    if (k < 0 || k > d || ts_sparse_fits(ctx, d))
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: %lld of %lld cannot be drawn", (long long)k,
                       (long long)d);
    double part = d > 0 ? ((double)k + 6.0 * sqrt((double)k) + 16.0) / (double)d : 1.0;
    int64_t found = 0;
    uint64_t bound;
    for (;; part *= 2.0) {
        bound = part >= 1.0 ? UINT64_MAX : (uint64_t)(part * 0x1p64);
        found = 0;
        for (int64_t i = 0; i < d; i++)
            found += ts_splitmix64(seed, (uint64_t)i) <= bound;
        if (found >= k)
            break;
    }
    /* The k-th smallest word is the k-th largest of the complements. */
    uint64_t *words = ts_take(ctx, (size_t)found * sizeof *words);
    found = 0;
    for (int64_t i = 0; words && i < d; i++) {
        const uint64_t word = ts_splitmix64(seed, (uint64_t)i);
        if (word <= bound)
            words[found++] = ~word;
    }
    if (words && k > 0)
        bound = ~ts_keys_kth(words, found, k);
    int64_t n = 0;
    for (int64_t i = 0; words && i < d && n < k; i++)
        if (ts_splitmix64(seed, (uint64_t)i) <= bound)
            out[n++] = (uint32_t)i;
    ts_scope_close(ctx, scope, NULL, 0);
    return ctx->status;
}
