/* batch_norm.c: channels scaled and shifted by a given mean and variance (evaluation).
 *
 *     y_bcs = (x_bcs - mean_c) r_c w_c + b_c,        r_c = 1 / sqrt(var_c + eps)
 *
 * Source:   Ioffe & Szegedy 2015, algorithm 2, step 11; torch.nn.BatchNorm2d after .eval()
 * Shapes:   x, y, dx, dy (batch, groups, inner), a channel is a group; p and d: weight, bias, mean,
 *           variance and their gradients, (groups) each
 * Pitfalls: weight and bias may be NULL; a gradient that is NULL is not wanted. Kernels take the
 *           planes (batch * groups of them) or channels [first, last).
 * Test:     tests/ops/test_batch_norm.c      Golden: ops/batch_norm */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

enum { WEIGHT, BIAS, MEAN, VARIANCE };

static wide inverse(const real *const p[4], int64_t c, double eps)
{
    return (wide)(1.0 / sqrt((double)p[VARIANCE][c] + eps));
}

TS_CLONES
void TS_NAME(batch_norm_forward)(real *y, const real *x, const real *const p[4],
                                 const ts_groups *size, int64_t first, int64_t last)
{
    const int64_t n = size->inner;
    for (int64_t plane = first; plane < last; plane++) {
        const int64_t c = plane % size->groups;
        const wide m = (wide)p[MEAN][c], r = inverse(p, c, size->eps);
        const wide w = p[WEIGHT] ? (wide)p[WEIGHT][c] : 1, b = p[BIAS] ? (wide)p[BIAS][c] : 0;
        for (int64_t i = plane * n; i < (plane + 1) * n; i++)
            y[i] = (real)(((wide)x[i] - m) * r * w + b);
    }
}

/* dL/dx = dy r w */
void TS_NAME(batch_norm_backward_input)(real *dx, const real *dy, const real *const p[4],
                                        const ts_groups *size, int64_t first, int64_t last)
{
    const int64_t n = size->inner;
    for (int64_t plane = first; plane < last; plane++) {
        const int64_t c = plane % size->groups;
        const wide w = p[WEIGHT] ? (wide)p[WEIGHT][c] : 1, r = inverse(p, c, size->eps);
        for (int64_t i = plane * n; i < (plane + 1) * n; i++)
            dx[i] = (real)((wide)dy[i] * (r * w));
    }
}

/* With S = sum dy and T = sum dy (x - mean), over batch and positions of the channel:
 *     dL/dw = r T,     dL/db = S,     dL/dmean = -r w S,     dL/dvar = -r^3 w T / 2 */
void TS_NAME(batch_norm_backward_parameters)(real *const d[4], const real *dy, const real *x,
                                             const real *const p[4], const ts_groups *size,
                                             int64_t first, int64_t last)
{
    const int64_t n = size->inner;
    for (int64_t c = first; c < last; c++) {
        const wide m = (wide)p[MEAN][c], r = inverse(p, c, size->eps);
        const wide w = p[WEIGHT] ? (wide)p[WEIGHT][c] : 1;
        accumulator s = {0}, t = {0};
        for (int64_t batch = 0; batch < size->batch; batch++) {
            const real *xc = x + (batch * size->groups + c) * n;
            const real *dyc = dy + (batch * size->groups + c) * n;
            SUM_OVER(sum, i, n, (wide)dyc[i]);
            SUM_OVER(dot, i, n, (wide)dyc[i] * ((wide)xc[i] - m));
            accumulate(&s, sum);
            accumulate(&t, dot);
        }
        if (d[WEIGHT])
            d[WEIGHT][c] = (real)(r * total(&t));
        if (d[BIAS])
            d[BIAS][c] = (real)total(&s);
        if (d[MEAN])
            d[MEAN][c] = (real)(-r * w * total(&s));
        if (d[VARIANCE])
            d[VARIANCE][c] = (real)(-r * r * r * w * total(&t) / 2);
    }
}

#if defined(TS_GAUGES)
/* g = (|x| + |mean|) r |w| + |b| + |y|, and what the input is off by. gx may be NULL. */
void TS_NAME(batch_norm_gauge)(double *g, const real *x, const double *gx, const real *const p[4],
                               const ts_groups *size)
{
    for (int64_t i = 0; i < size->batch * size->groups * size->inner; i++) {
        const int64_t c = i / size->inner % size->groups;
        const double m = (double)p[MEAN][c], r = 1.0 / sqrt((double)p[VARIANCE][c] + size->eps);
        const double w = p[WEIGHT] ? fabs((double)p[WEIGHT][c]) : 1.0;
        const double b = p[BIAS] ? fabs((double)p[BIAS][c]) : 0.0;
        g[i] = w * r * (2.0 * (fabs((double)x[i]) + fabs(m)) + (gx ? gx[i] : 0.0)) + 2.0 * b;
    }
}

/* Backward on absolute values; results may be NULL, and so may gdy. g: x, weight, bias, mean, var */
void TS_NAME(batch_norm_backward_gauge)(double *const g[5], const real *dy, const double *gdy,
                                        const real *x, const real *const p[4],
                                        const ts_groups *size)
{
    for (int k = 1; k < 5; k++)
        for (int64_t c = 0; c < size->groups && g[k]; c++)
            g[k][c] = 0.0;
    for (int64_t i = 0; i < size->batch * size->groups * size->inner; i++) {
        const int64_t c = i / size->inner % size->groups;
        const double m = (double)p[MEAN][c], r = 1.0 / sqrt((double)p[VARIANCE][c] + size->eps);
        const double w = p[WEIGHT] ? fabs((double)p[WEIGHT][c]) : 1.0;
        const double d = fabs((double)dy[i]) + (gdy ? gdy[i] : 0.0), h = fabs((double)x[i]) + fabs(m);
        const double more[5] = {2.0 * d * r * w, 2.0 * d * h * r, d, 2.0 * d * r * w,
                                2.0 * d * h * r * r * r * w};
        if (g[0])
            g[0][i] = more[0];
        for (int k = 1; k < 5; k++)
            if (g[k])
                g[k][c] += more[k];
    }
}
#endif
