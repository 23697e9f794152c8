/* sampled.h: selectors that guess a threshold and keep what is above it: the count may differ from k.
 *
 * All refuse NaN and infinity with the word "nonfinite". Entries come out by ascending index. */
#ifndef TS_TOPK_SAMPLED_H
#define TS_TOPK_SAMPLED_H

#include "ref/topk/density.h"
#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a selector did on the way: thresholds tried, and how many entries each would have kept. */
enum { TS_TRIES = 48 };
typedef struct {
    int64_t tried;
    double threshold[TS_TRIES];
    int64_t count[TS_TRIES];
    int64_t stride, start, samples; /* of DGC's sample */
    bool resampled;                 /* DGC: an exact top-k among what was kept */
    double mean, deviation;         /* Gaussian-k */
} ts_attempts;

/* Double sampling, as DGC's published program: the exact top-k of a strided sample gives a threshold,
 * which is lowered or raised at most ten times. At most ceil(density d) entries, sometimes fewer.
 * `start` < 0: the sample's first entry is drawn from `bits`. The density is above 0. */
ts_status ts_topk_dgc(ts_ctx *ctx, ts_sparse *out, ts_attempts *attempts, ts_tensor x,
                      ts_density density, int64_t start, uint64_t bits);

/* Gaussian-k: the threshold that a normal distribution of the vector's mean and deviation would have
 * for k of d, then steps of 1.02 until the count is in [3k/4, 5k/4], at most twenty down and twenty
 * up. Any count may come out where the data are not normal. 1 <= k <= d. */
ts_status ts_topk_gaussian(ts_ctx *ctx, ts_sparse *out, ts_attempts *attempts, ts_tensor x,
                           int64_t k);

/* Ok-Topk's threshold, kept between steps. age: selections since it was exact. */
typedef struct {
    double threshold;
    int64_t age;
} ts_reused;

/* How a threshold is kept: exact again every `renew` selections; a count below low k asks for
 * threshold / factor next time, one above high k for threshold * factor. */
typedef struct {
    int64_t renew;
    int low_num, low_den, high_num, high_den;
    double factor;
} ts_reuse;
extern const ts_reuse ts_reuse_local, ts_reuse_global; /* Ok-Topk's own numbers */

/* The entries of magnitude above (not at) the threshold. A threshold that is exact is the k-th
 * magnitude: then at most k - 1 come out. state: zeroed before the first step. */
ts_status ts_topk_reused(ts_ctx *ctx, ts_sparse *out, ts_reused *state, ts_tensor x, int64_t k,
                         const ts_reuse *rule);

/* k of d by chance alone, the same for all ranks with the same bits (so that no index need travel). */
ts_status ts_topk_random(ts_ctx *ctx, ts_sparse *out, ts_tensor x, int64_t k, uint64_t bits);

/* The z with P(|normal| > z) = tail, 0 < tail <= 1. */
double ts_normal_tail(double tail);

#ifdef __cplusplus
}
#endif
#endif
