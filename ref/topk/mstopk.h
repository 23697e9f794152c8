/* mstopk.h: MSTopK, an almost exact top-k that reads memory in order only. */
#ifndef TS_TOPK_MSTOPK_H
#define TS_TOPK_MSTOPK_H

#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MSTOPK_STEPS = 30, TS_MSTOPK_MOST = 48 };

typedef struct {
    int64_t k;
    int64_t steps;     /* N, 0 .. 48: thresholds that are tried */
    int64_t start;     /* of the slice; negative: drawn from `bits` */
    uint64_t bits;
    bool wrap;         /* the slice may go over the end of the band and on at its beginning */
    bool below_mean;   /* when k is below the mean's count: as many steps again below threshold 1 */
} ts_mstopk_options;

/* What the search found. count1 = |{|x| >= threshold1}| <= k < |{|x| >= threshold2}| = count2. */
typedef struct {
    double mean, most;
    double threshold1, threshold2; /* INFINITY: none of the thresholds held at most k */
    int64_t count1, count2;
    int64_t starts, start;         /* how many there are, and the one that was taken */
    bool searched;                 /* false: k is 0 or all, and nothing above is set */
    /* What was tried, in order; the counts only of ts_mstopk_published. */
    int64_t tried;
    double thresholds[2 * TS_MSTOPK_MOST];
    int64_t counts[2 * TS_MSTOPK_MOST];
} ts_mstopk_search;

/* Selects min(k, d) entries of x (d). Order: all that are >= threshold1, ascending, then the slice of
 * those in [threshold2, threshold1), ascending (with `wrap`: from its start on). k >= d: all,
 * ascending. A start outside the range is a usage error. NaN, infinity: TS_ERROR_UNSUPPORTED with
 * the word "nonfinite", whatever k is. search may be NULL.
 *
 * ts_mstopk takes the context's table: `plain` computes as published, any other in fewer passes. The
 * results are the same, search included, but for its counts. */
ts_status ts_mstopk(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *search, ts_tensor x,
                    const ts_mstopk_options *options);
ts_status ts_mstopk_published(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *search, ts_tensor x,
                              const ts_mstopk_options *options);
ts_status ts_mstopk_fast(ts_ctx *ctx, ts_sparse *out, ts_mstopk_search *search, ts_tensor x,
                         const ts_mstopk_options *options);

/* Shared by both: the options checked, and what is asked for without a search done (k = 0, k >= d);
 * true when nothing is left to do, a failure included. */
bool ts_mstopk_is_done(ts_ctx *ctx, ts_sparse *out, ts_tensor x, const ts_mstopk_options *options);

/* The range of starts and the start itself; fails when the given one is outside. */
ts_status ts_mstopk_slice(ts_ctx *ctx, ts_mstopk_search *search, const ts_mstopk_options *options);

#ifdef __cplusplus
}
#endif
#endif
