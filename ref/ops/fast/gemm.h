/* gemm.h: products of matrices whose every sum runs in order.
 *
 *     c_ij += sum_k a_ik b_kj          k ascending, each term rounded, then added, in double
 *
 * However the work is cut into blocks, an element of c receives its terms one by one in the order
 * of k: the same bits as the three plain loops. Speed comes from computing many elements side by side.
 * Elements of c live in double until the last term has been added, so a sum may also be continued
 * by a second call. */
#ifndef TS_OPS_FAST_GEMM_H
#define TS_OPS_FAST_GEMM_H

#include "ref/base/real.h"

#include <stdbool.h>
#include <stdint.h>

/* A matrix in memory, of floats or of doubles: element (i, k) of a, or (k, j) of b, is data[i side
 * + k along], where `side` is the stride of the axis that c keeps and `along` of the one summed
 * over. Where the sum runs over two axes of an array (group > 0), k stands for (k / group,
 * k % group), with strides far and along. */
typedef struct {
    const void *data;
    bool is_float;
    int64_t side, along, group, far;
} ts_factor;

/* Columns of b that a packed panel holds, and the block of b that stays in a core's cache. */
enum { TS_PANEL_COLUMNS = 16, TS_BLOCK_K = 128, TS_BLOCK_COLUMNS = 256 };
enum { TS_BLOCK = TS_BLOCK_K * TS_BLOCK_COLUMNS };

/* Where element (k, j) of a block of `depth` terms stands in its packed form: panel by panel, the
 * columns of a panel side by side. Columns beyond the last one of a panel are zeros. */
static inline int64_t ts_packed_at(int64_t depth, int64_t k, int64_t j)
{
    return (j / TS_PANEL_COLUMNS * depth + k) * TS_PANEL_COLUMNS + j % TS_PANEL_COLUMNS;
}

/* Packs depth <= TS_BLOCK_K terms of columns <= TS_BLOCK_COLUMNS of b, from (k, j) on. */
void ts_pack_block(double *packed, ts_factor b, int64_t k, int64_t depth, int64_t j,
                   int64_t columns);

/* c (rows, ldc) += a (rows, depth) packed: the terms from k on of a. */
void ts_add_packed(double *c, int64_t ldc, ts_factor a, int64_t k, const double *packed,
                   int64_t rows, int64_t depth, int64_t columns);

/* c (rows, ldc) += a (rows, k) b (k, columns), all of it by the calling thread. */
void ts_add_product(double *c, int64_t ldc, ts_factor a, ts_factor b, int64_t rows, int64_t k,
                    int64_t columns);

#if defined(TS_REAL_BITS)
static inline ts_factor ts_factor_of(const real *data, int64_t side, int64_t along)
{
    return (ts_factor){data, sizeof(real) == sizeof(float), side, along, 0, 0};
}

/* y_ij = sum_k a_ik b_kj + bias_j for `batch` pairs, on all threads. */
typedef struct {
    real *y;
    int64_t ldy;
    ts_factor a, b;
    const real *bias; /* or NULL */
    int64_t rows, k, columns, batch;
    int64_t next_y, next_a, next_b; /* from one pair to the next */
} ts_product;

void TS_NAME(product)(const ts_product *job);
#endif

#endif
