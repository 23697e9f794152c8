/* linear.c: plain/linear.c in blocks, the same bits. */
#include "ref/base/par.h"
#include "ref/ops/fast/gemm.h"
#include "ref/ops/kernels.h"

void TS_NAME(linear_forward)(real *y, int64_t ldy, const real *x, const real *w, const real *b,
                             int64_t rows, int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = y, .ldy = ldy, .a = ts_factor_of(x, k, 1),
                                   .b = ts_factor_of(w, k, 1), .bias = b, .rows = rows, .k = k,
                                   .columns = n, .batch = 1});
}

void TS_NAME(linear_backward_input)(real *dx, const real *dy, int64_t ldy, const real *w,
                                    int64_t rows, int64_t k, int64_t n)
{
    TS_NAME(product)(&(ts_product){.y = dx, .ldy = k, .a = ts_factor_of(dy, ldy, 1),
                                   .b = ts_factor_of(w, 1, k), .rows = rows, .k = n, .columns = k,
                                   .batch = 1});
}

typedef struct {
    real *db;
    const real *dy;
    int64_t ldy, rows;
} column_sums;

/* Columns side by side, each down its rows in order. */
static void sum_columns(void *arg, int64_t first, int64_t last)
{
    const column_sums *job = arg;
    enum { STRIP = 64 };
    for (int64_t j = first; j < last; j += STRIP) {
        const int64_t n = j + STRIP < last ? STRIP : last - j;
        double sum[STRIP] = {0};
        for (int64_t row = 0; row < job->rows; row++)
            for (int64_t i = 0; i < n; i++)
                sum[i] += (double)job->dy[row * job->ldy + j + i];
        for (int64_t i = 0; i < n; i++)
            job->db[j + i] = (real)sum[i];
    }
}

void TS_NAME(linear_backward_weight)(real *dw, real *db, const real *dy, int64_t ldy,
                                     const real *x, int64_t rows, int64_t k, int64_t n)
{
    if (dw)
        TS_NAME(product)(&(ts_product){.y = dw, .ldy = k, .a = ts_factor_of(dy, 1, ldy),
                                       .b = ts_factor_of(x, 1, k), .rows = n, .k = rows,
                                       .columns = k, .batch = 1});
    if (db)
        ts_par_for(n, 64, sum_columns, &(column_sums){db, dy, ldy, rows});
}
