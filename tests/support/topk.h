/* topk.h: numbers for the tests of selection. */
#ifndef TESTS_SUPPORT_TOPK_H
#define TESTS_SUPPORT_TOPK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "ref/topk/sparse.h"

/* k / 2^24 - 1/2 from the top 24 bits of word i of splitmix64(seed), and sums of twelve of them:
 * mean 0, variance 1; both exact in double. */
double topk_uniform(uint64_t seed, int64_t i);
double topk_gauss(uint64_t seed, int64_t i);

/* A vector of the context: value i is one of the shapes, rounded to dtype. */
typedef enum { TOPK_UNIFORM, TOPK_GAUSS, TOPK_CUBED, TOPK_TIES, TOPK_EQUAL, TOPK_SPARSE,
               TOPK_SUBNORMAL, TOPK_RANGE, TOPK_RAMP, TOPK_SHAPES } topk_shape;
ts_tensor topk_vector(ts_ctx *ctx, ts_dtype dtype, topk_shape shape, uint64_t seed, int64_t d);

/* The tensor of a list of numbers, and the list of one. */
ts_tensor topk_numbers(ts_ctx *ctx, const json_t *list, ts_dtype dtype);

/* Asserts equal counts, indices in order, and bits of values. */
void topk_same(const ts_sparse *a, const ts_sparse *b);

/* The JSON vectors of data/goldens/topk; json_decref. */
json_t *topk_vectors(void);

#endif
