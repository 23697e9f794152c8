/* entries.h: the entries among which a selection decides, and what it asks about them.
 *
 * A pool is a vector, or the part of a vector above some bound, with the indices of its entries. Work
 * is cut into pieces by size, so results do not depend on the number of threads. */
#ifndef TS_TOPK_ENTRIES_H
#define TS_TOPK_ENTRIES_H

#include "ref/topk/passes.h"
#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const void *x;
    ts_dtype dtype;
    int64_t n;
    const uint32_t *map; /* the indices of the entries; NULL: their places */
    uint64_t bound;      /* all entries of the vector with keys >= bound are in it, no others */
    uint64_t most;       /* the largest key, where it is known; else 0 */
} ts_entries;

typedef struct {
    double sum;    /* of the magnitudes, in the order of passes.h */
    uint64_t most; /* the largest key */
} ts_total;

/* The whole vector. */
ts_entries ts_entries_of(ts_tensor x);

/* Sum and maximum of x in one pass that also collects the entries with keys >= bound. Fails with
 * "nonfinite" and the index when there is a NaN or an infinity, or when the sum overflows. total may
 * be NULL (and nothing is then refused). */
ts_status ts_entries_collect(ts_ctx *ctx, ts_entries *pool, ts_total *total, ts_tensor x, uint64_t bound);

/* A bound below which, most likely, the (k+1)-th largest key of x does not lie, and above which
 * there are few more: from a sample at fixed places. UINT64_MAX: none can be given cheaply. A wrong
 * guess costs time, never the result. */
uint64_t ts_entries_guess(ts_ctx *ctx, ts_tensor x, int64_t k);

/* The k-th largest key, 1 <= k <= n. */
uint64_t ts_entries_kth(ts_ctx *ctx, const ts_entries *pool, int64_t k);

ts_survey ts_entries_survey(ts_ctx *ctx, const ts_entries *pool, uint64_t high, uint64_t low);

/* The entries with keys >= high, ascending by index, then of those in [low, high) the `taken` ones
 * from number `start` on, modulo their count. out has room for them all. */
ts_status ts_entries_emit(ts_ctx *ctx, ts_sparse *out, const ts_entries *pool, uint64_t high, uint64_t low,
                       int64_t start, int64_t taken);

/* The key of the largest magnitude of x: one pass that does nothing else. */
uint64_t ts_entries_most(ts_ctx *ctx, ts_tensor x);

/* Fails with "nonfinite" and the first index when x holds a NaN or an infinity. */
ts_status ts_entries_finite(ts_ctx *ctx, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
