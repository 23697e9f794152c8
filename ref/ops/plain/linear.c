/* linear.c: a linear layer.
 *
 *     y_rj = sum_i x_ri w_ji + b_j
 *
 * Source:   torch.nn.Linear (weights are stored output by input)
 * Shapes:   x, dx (rows, k); w, dw (n, k); b, db (n); y, dy (rows, n) with ldy >= n from row to row,
 *           so that a panel of the outputs can be computed alone
 * Pitfalls: b may be NULL; k may be 0 (then y is b)
 * Test:     tests/ops/test_linear.c          Golden: ops/linear */
#include "ref/ops/kernels.h"

#include <math.h>

void TS_NAME(linear_forward)(real *y, int64_t ldy, const real *x, const real *w, const real *b,
                             int64_t rows, int64_t k, int64_t n)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t j = 0; j < n; j++) {
            accumulator sum = {0};
            for (int64_t i = 0; i < k; i++)
                accumulate(&sum, (wide)x[row * k + i] * (wide)w[j * k + i]);
            y[row * ldy + j] = (real)(total(&sum) + (b ? (wide)b[j] : 0));
        }
}

/* dL/dx_ri = sum_j dy_rj w_ji */
void TS_NAME(linear_backward_input)(real *dx, const real *dy, int64_t ldy, const real *w,
                                    int64_t rows, int64_t k, int64_t n)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < k; i++) {
            accumulator sum = {0};
            for (int64_t j = 0; j < n; j++)
                accumulate(&sum, (wide)dy[row * ldy + j] * (wide)w[j * k + i]);
            dx[row * k + i] = (real)total(&sum);
        }
}

/* dL/dw_ji = sum_r dy_rj x_ri,       dL/db_j = sum_r dy_rj       (either may be NULL) */
void TS_NAME(linear_backward_weight)(real *dw, real *db, const real *dy, int64_t ldy,
                                     const real *x, int64_t rows, int64_t k, int64_t n)
{
    for (int64_t j = 0; j < n && dw; j++)
        for (int64_t i = 0; i < k; i++) {
            accumulator sum = {0};
            for (int64_t row = 0; row < rows; row++)
                accumulate(&sum, (wide)dy[row * ldy + j] * (wide)x[row * k + i]);
            dw[j * k + i] = (real)total(&sum);
        }
    for (int64_t j = 0; j < n && db; j++) {
        accumulator sum = {0};
        for (int64_t row = 0; row < rows; row++)
            accumulate(&sum, (wide)dy[row * ldy + j]);
        db[j] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* g_rj = sum_i (|x_ri| + gx_ri) |w_ji| + |b_j| */
void TS_NAME(linear_gauge)(double *g, int64_t ldg, const real *x, const double *gx, const real *w,
                           const real *b, int64_t rows, int64_t k, int64_t n)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t j = 0; j < n; j++) {
            double sum = b ? fabs((double)b[j]) : 0.0;
            for (int64_t i = 0; i < k; i++)
                sum += (fabs((double)x[row * k + i]) + (gx ? gx[row * k + i] : 0.0)) *
                       fabs((double)w[j * k + i]);
            g[row * ldg + j] = sum;
        }
}

/* Backward on absolute values, of x, w and b; size is rows, k, n. What x is off by is in the
 * weight's gradient too. Each result may be NULL, and so may gdy and gx. */
void TS_NAME(linear_backward_gauge)(double *const g[3], const real *dy, const double *gdy,
                                    const real *x, const double *gx, const real *w,
                                    const int64_t size[3])
{
    double *gdx = g[0], *gdw = g[1], *gdb = g[2];
    const int64_t rows = size[0], k = size[1], n = size[2];
    for (int64_t at = 0; at < rows * k && gdx; at++)
        gdx[at] = 0.0;
    for (int64_t at = 0; at < n * k && gdw; at++)
        gdw[at] = 0.0;
    for (int64_t j = 0; j < n && gdb; j++)
        gdb[j] = 0.0;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t j = 0; j < n; j++) {
            const double d = fabs((double)dy[row * n + j]) + (gdy ? gdy[row * n + j] : 0.0);
            for (int64_t i = 0; i < k && gdx; i++)
                gdx[row * k + i] += d * fabs((double)w[j * k + i]);
            for (int64_t i = 0; i < k && gdw; i++)
                gdw[j * k + i] += d * (fabs((double)x[row * k + i]) + (gx ? gx[row * k + i] : 0.0));
            if (gdb)
                gdb[j] += d;
        }
}
#endif
