/* softmax.c: numbers to probabilities, and to their logarithms.
 *
 *     y_i = e^(x_i - m) / s,     s = sum_j e^(x_j - m),     m = max_j x_j
 *     l_i = x_i - m - log s
 *
 * Source:   Bridle 1990; torch.softmax and torch.log_softmax over the last axis
 * Shapes:   x, y, dx, dy (rows, n)
 * Pitfalls: without the maximum e^x overflows; log(softmax) loses small probabilities, l does not.
 *           A row of -infinity alone, or with +infinity or NaN in it, is NaN, as in torch
 * Test:     tests/ops/test_softmax.c         Golden: ops/softmax, ops/log_softmax */
#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/exponential.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        const wide m = largest(x, n);
        SUM_OVER(s, i, n, exponential((wide)x[i] - m));
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)(exponential((wide)x[i] - m) / s);
    }
}

/* dL/dx_i = y_i (dy_i - sum_j dy_j y_j) */
TS_CLONES
void TS_NAME(softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, dx += n, dy += n, y += n) {
        SUM_OVER(dot, i, n, (wide)dy[i] * (wide)y[i]);
        for (int64_t i = 0; i < n; i++)
            dx[i] = (real)((wide)y[i] * ((wide)dy[i] - dot));
    }
}

TS_CLONES
void TS_NAME(log_softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        const wide m = largest(x, n);
        SUM_OVER(s, i, n, exponential((wide)x[i] - m));
        const wide log_s = (wide)ts_log((double)s);
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)((wide)x[i] - m - log_s);
    }
}

/* dL/dx_i = dy_i - e^(l_i) sum_j dy_j */
TS_CLONES
void TS_NAME(log_softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, dx += n, dy += n, y += n) {
        SUM_OVER(sum, i, n, (wide)dy[i]);
        for (int64_t i = 0; i < n; i++)
            dx[i] = (real)((wide)dy[i] - exponential((wide)y[i]) * sum);
    }
}

#if defined(TS_GAUGES)
static double distance(real x, double m)
{
    return isfinite(x) ? fabs((double)x - m) : 0.0;
}

/* What a row's exponents are off by: each by |x_i - m| + gx_i; and their mean, weighted with p. */
static double mean_off(const real *x, const double *gx, double m, double *sum, int64_t n)
{
    double off = 0.0;
    *sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double e = ts_exp((double)x[i] - m);
        *sum += e;
        off += e * (distance(x[i], m) + (gx ? gx[i] : 0.0));
    }
    return off / *sum;
}

/* g_i = y_i (|x_i - m| + sum_j y_j |x_j - m| + 2); an input that is off adds to each |x - m|. */
void TS_NAME(softmax_gauge)(double *g, const real *x, const double *gx, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, x += n, g += n, gx = gx ? gx + n : NULL) {
        double sum;
        const double m = (double)largest(x, n), off = mean_off(x, gx, m, &sum, n);
        for (int64_t i = 0; i < n; i++)
            g[i] = ts_exp((double)x[i] - m) / sum *
                   (distance(x[i], m) + (gx ? gx[i] : 0.0) + off + 2.0);
    }
}

/* Backward on absolute values, y being off by its own gauge. gdy and gx may be NULL. */
void TS_NAME(softmax_backward_gauge)(double *gdx, const real *dy, const double *gdy, const real *x,
                                     const double *gx, int64_t rows, int64_t n)
{
    TS_NAME(softmax_gauge)(gdx, x, gx, rows, n);
    for (int64_t row = 0; row < rows; row++, x += n, gdx += n, dy += n) {
        double sum, dot = 0.0, off = 0.0;
        const double m = (double)largest(x, n);
        mean_off(x, NULL, m, &sum, n);
        for (int64_t i = 0; i < n; i++) {
            const double d = fabs((double)dy[i]) + (gdy ? gdy[row * n + i] : 0.0);
            dot += d * ts_exp((double)x[i] - m) / sum;
            off += d * gdx[i];
        }
        for (int64_t i = 0; i < n; i++) {
            const double d = fabs((double)dy[i]) + (gdy ? gdy[row * n + i] : 0.0);
            gdx[i] = gdx[i] * (d + dot) + ts_exp((double)x[i] - m) / sum * off;
        }
    }
}

/* g_i = |x_i - m| + log s + sum_j p_j |x_j - m| + |l_i| */
void TS_NAME(log_softmax_gauge)(double *g, const real *x, const double *gx, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, x += n, g += n, gx = gx ? gx + n : NULL) {
        double sum;
        const double m = (double)largest(x, n), off = mean_off(x, gx, m, &sum, n);
        for (int64_t i = 0; i < n; i++)
            g[i] = 2.0 * distance(x[i], m) + 2.0 * ts_log(sum) + off + 1.0 + (gx ? gx[i] : 0.0);
    }
}

/* Backward on absolute values; l_i being off by its gauge makes e^(l_i) off by that much of it. */
void TS_NAME(log_softmax_backward_gauge)(double *gdx, const real *dy, const double *gdy,
                                         const real *x, const double *gx, int64_t rows, int64_t n)
{
    TS_NAME(log_softmax_gauge)(gdx, x, gx, rows, n);
    for (int64_t row = 0; row < rows; row++, x += n, gdx += n, dy += n) {
        double sum, all = 0.0;
        const double m = (double)largest(x, n);
        mean_off(x, NULL, m, &sum, n);
        for (int64_t i = 0; i < n; i++)
            all += fabs((double)dy[i]) + (gdy ? gdy[row * n + i] : 0.0);
        for (int64_t i = 0; i < n; i++)
            gdx[i] = fabs((double)dy[i]) + (gdy ? gdy[row * n + i] : 0.0) +
                     ts_exp((double)x[i] - m) / sum * all * (2.0 + gdx[i]);
    }
}
#endif
