/* gemm.h: OpenBLAS behind one door (_gemm.c is the only file that includes cblas.h).
 *
 * The bits of a BLAS product depend on how many threads share it. So each call here computes on the
 * calling thread alone, kernels cut their work into tiles of fixed size, and the tiles are shared
 * out: the bits do not depend on the number of threads. */
#ifndef TS_OPS_BLAS_GEMM_H
#define TS_OPS_BLAS_GEMM_H

#include "ref/base/real.h"

#include <stdbool.h>
#include <stdint.h>

/* A matrix by rows, `ld` elements from row to row; flipped: its transpose is meant. */
typedef struct {
    const void *data;
    int64_t ld;
    bool flipped;
} ts_matrix;

/* c (rows, columns; ldc) = a (rows, k) b (k, columns), or with `add`, c + a b. */
void ts_sgemm(float *c, int64_t ldc, ts_matrix a, ts_matrix b, int64_t rows, int64_t k,
              int64_t columns, bool add);
void ts_dgemm(double *c, int64_t ldc, ts_matrix a, ts_matrix b, int64_t rows, int64_t k,
              int64_t columns, bool add);

/* ts_par_for for bodies that call the above. */
void ts_blas_for(int64_t n, int64_t grain, void (*body)(void *, int64_t, int64_t), void *arg);

/* _core.c: what table.h says of ts_blas_core and ts_blas_core_wanted. */
const char *ts_openblas_core(void);
const char *ts_openblas_core_wanted(void);

#if defined(TS_REAL_BITS)
#if TS_REAL_BITS == 32
#define TS_GEMM ts_sgemm
#else
#define TS_GEMM ts_dgemm
#endif

/* y_ij = sum_k a_ik b_kj + bias_j for `batch` pairs, on all threads. */
typedef struct {
    real *y;
    int64_t ldy;
    ts_matrix a, b;
    const real *bias; /* or NULL */
    int64_t rows, k, columns, batch;
    int64_t next_y, next_a, next_b; /* from one pair to the next */
} ts_product;

void TS_NAME(product)(const ts_product *job);
#endif

#endif
