/* sparse.h: a vector of which only some entries are kept, as indices and values.
 *
 * Indices are 32 bits wide, as they travel: vectors of 2^32 entries and more are refused. No index
 * stands twice. The order of the entries is the selector's and means something to whoever compares
 * selections; sums take any order. Memory is the context's arena. */
#ifndef TS_TOPK_SPARSE_H
#define TS_TOPK_SPARSE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t size;      /* of the dense vector */
    int64_t count;     /* entries kept */
    uint32_t *indices; /* each below size */
    ts_tensor values;  /* (count), F32 or F64 */
} ts_sparse;

/* Fails unless indices of a vector of `size` entries fit into 32 bits. */
ts_status ts_sparse_fits(ts_ctx *ctx, int64_t size);

/* Room for `count` entries of a vector of `size`; nothing is filled in. */
ts_status ts_sparse_new(ts_ctx *ctx, ts_sparse *s, ts_dtype dtype, int64_t size, int64_t count);

/* x (d; contiguous, any float type) as the selectors read it: itself if it is F32 or F64, widened to
 * F32, which is exact, if it is narrower. Fails for other shapes and types. */
ts_tensor ts_sparse_source(ts_ctx *ctx, ts_tensor x);

/* values[j] = x[indices[j]]; x has the type of the values. */
void ts_sparse_gather(ts_sparse *s, ts_tensor x);

/* x[indices[j]] = 0: what is left of x when s was sent. An assignment, so nothing is rounded. */
void ts_sparse_clear(const ts_sparse *s, ts_tensor x);

/* dense (size) of the values' type: += s. Every entry is one addition, rounded once. */
void ts_sparse_add(ts_tensor dense, const ts_sparse *s);

/* The dense vector of s. */
ts_tensor ts_sparse_dense(ts_ctx *ctx, const ts_sparse *s);

/* Puts the entries in the order of their indices. */
ts_status ts_sparse_sort(ts_ctx *ctx, ts_sparse *s);

/* sum = a + b, its indices ascending: those of a and of b, those of both once. a and b have
 * ascending indices, equal sizes and types. */
ts_status ts_sparse_sum(ts_ctx *ctx, ts_sparse *sum, const ts_sparse *a, const ts_sparse *b);

/* Fails when an index is not below size, or stands twice; `what` names s in the sentence. */
ts_status ts_sparse_check(ts_ctx *ctx, const ts_sparse *s, const char *what);

#ifdef __cplusplus
}
#endif
#endif
