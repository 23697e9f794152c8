/* matmul.c: plain/matmul.c on OpenBLAS. */
#include "ref/ops/blas/gemm.h"
#include "ref/ops/kernels.h"

void TS_NAME(matmul_forward)(real *y, const real *a, const real *b, int64_t batch, int64_t m,
                             int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = y, .ldy = n, .a = {a, k, false}, .b = {b, n, false},
                                   .rows = m, .k = k, .columns = n, .batch = batch,
                                   .next_y = m * n, .next_a = m * k, .next_b = k * n});
}

void TS_NAME(matmul_backward_a)(real *da, const real *dy, const real *b, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = da, .ldy = k, .a = {dy, n, false}, .b = {b, n, true},
                                   .rows = m, .k = n, .columns = k, .batch = batch,
                                   .next_y = m * k, .next_a = m * n, .next_b = k * n});
}

void TS_NAME(matmul_backward_b)(real *db, const real *dy, const real *a, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = db, .ldy = n, .a = {a, k, true}, .b = {dy, n, false},
                                   .rows = k, .k = m, .columns = n, .batch = batch,
                                   .next_y = k * n, .next_a = m * k, .next_b = m * n});
}
