/* matmul.c: plain/matmul.c in blocks, the same bits. */
#include "ref/ops/fast/gemm.h"
#include "ref/ops/kernels.h"

void TS_NAME(matmul_forward)(real *y, const real *a, const real *b, int64_t batch, int64_t m,
                             int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = y, .ldy = n, .a = ts_factor_of(a, k, 1),
                                   .b = ts_factor_of(b, 1, n), .rows = m, .k = k, .columns = n,
                                   .batch = batch, .next_y = m * n, .next_a = m * k,
                                   .next_b = k * n});
}

void TS_NAME(matmul_backward_a)(real *da, const real *dy, const real *b, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = da, .ldy = k, .a = ts_factor_of(dy, n, 1),
                                   .b = ts_factor_of(b, n, 1), .rows = m, .k = n, .columns = k,
                                   .batch = batch, .next_y = m * k, .next_a = m * n,
                                   .next_b = k * n});
}

void TS_NAME(matmul_backward_b)(real *db, const real *dy, const real *a, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = db, .ldy = n, .a = ts_factor_of(a, 1, k),
                                   .b = ts_factor_of(dy, 1, n), .rows = k, .k = m, .columns = n,
                                   .batch = batch, .next_y = k * n, .next_a = m * k,
                                   .next_b = m * n});
}
