/* linear.c: plain/linear.c on OpenBLAS. */
#include "ref/ops/blas/gemm.h"
#include "ref/ops/kernels.h"

void TS_NAME(linear_forward)(real *y, int64_t ldy, const real *x, const real *w, const real *b,
                             int64_t rows, int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = y, .ldy = ldy, .a = {x, k, false}, .b = {w, k, true},
                                   .bias = b, .rows = rows, .k = k, .columns = n, .batch = 1});
}

void TS_NAME(linear_backward_input)(real *dx, const real *dy, int64_t ldy, const real *w,
                                    int64_t rows, int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = dx, .ldy = k, .a = {dy, ldy, false}, .b = {w, k, false},
                                   .rows = rows, .k = n, .columns = k, .batch = 1});
}

/* The bias's gradient is a sum, not a product: in double, as everywhere. */
void TS_NAME(linear_backward_weight)(real *dw, real *db, const real *dy, int64_t ldy,
                                     const real *x, int64_t rows, int64_t k, int64_t n)
{
    if (dw)
        TS_NAME(product)(&(ts_product){.y = dw, .ldy = k, .a = {dy, ldy, true},
                                       .b = {x, k, false}, .rows = n, .k = rows, .columns = k,
                                       .batch = 1});
    for (int64_t j = 0; j < n && db; j++) {
        accumulator sum = {0};
        for (int64_t row = 0; row < rows; row++)
            accumulate(&sum, (wide)dy[row * ldy + j]);
        db[j] = (real)total(&sum);
    }
}
