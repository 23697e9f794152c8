/* exact.h: the k entries of largest magnitude, found in four ways with one result. */
#ifndef TS_TOPK_EXACT_H
#define TS_TOPK_EXACT_H

#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_EXACT_SORT, TS_EXACT_HEAP, TS_EXACT_QUICKSELECT, TS_EXACT_RADIX } ts_exact_way;

const char *ts_exact_name(ts_exact_way way); /* "sort", "heap", "quickselect", "radix" */
ts_status ts_exact_from(ts_ctx *ctx, const char *name, ts_exact_way *way);

/* min(k, d) entries of x (d): larger magnitudes first, equal ones by their index. NaN, infinity:
 * TS_ERROR_UNSUPPORTED with the word "nonfinite", whatever k is. */
ts_status ts_topk_exact(ts_ctx *ctx, ts_sparse *out, ts_tensor x, int64_t k, ts_exact_way way);

#ifdef __cplusplus
}
#endif
#endif
