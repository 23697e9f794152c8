/* rms_norm.c: scale each row to unit root mean square.
 *
 *     y_i = w_i x_i r,          r = 1 / sqrt(mean_j x_j^2 + eps)
 *
 * Source:   Zhang & Sennrich 2019, eq. (4); diffusers RMSNorm (attn.norm_q), transformers
 *           T5LayerNorm
 * Shapes:   x, y, dy, dx (rows, n); w, dw (n); r (rows), saved by forward for backward
 * Pitfalls: eps is inside the root; there is no mean to subtract and no shift; w may be NULL
 * Test:     tests/ops/test_rms_norm.c        Golden: ops/rms_norm */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(rms_norm_forward)(real *y, double *r, const real *x, const real *w, int64_t rows,
                               int64_t n, double eps)
{
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        SUM_OVER(squares, i, n, (wide)x[i] * (wide)x[i]);
        const wide s = (wide)(1.0 / sqrt((double)(squares / (wide)n) + eps));
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)((w ? (wide)w[i] : 1) * (wide)x[i] * s);
        r[row] = (double)s;
    }
}

/* dL/dx_i = r (w_i dy_i - x_i r^2 mean_j(dy_j w_j x_j))        since dr/dx_i = -r^3 x_i / n
 * dL/dw_i = sum over rows of dy_i x_i r                        rows in order */
TS_CLONES
void TS_NAME(rms_norm_backward)(real *dx, real *dw, const real *dy, const real *x, const real *w,
                                const double *r, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows && dx; row++) {
        const real *xr = x + row * n, *dyr = dy + row * n;
        SUM_OVER(dot, i, n, (wide)dyr[i] * (w ? (wide)w[i] : 1) * (wide)xr[i]);
        const wide s = (wide)r[row], pull = s * s * dot / (wide)n;
        for (int64_t i = 0; i < n; i++)
            dx[row * n + i] = (real)(s * ((w ? (wide)w[i] : 1) * (wide)dyr[i] - (wide)xr[i] * pull));
    }
    if (dw)
        SUM_ROWS(dw, i, n, row, rows,
                 (wide)dy[row * n + i] * (wide)x[row * n + i] * (wide)r[row]);
}

#if defined(TS_GAUGES)
/* How far an honest implementation may be off, to first order, in units of its accumulator's
 * rounding: the sum of squares has no cancellation, so its error is relative and halves under the
 * root; the two products add one rounding each. Hence g = 2 |y|, whatever n. An input that is
 * itself off by gx adds |dy/dx| gx, with every minus made plus. gx may be NULL. */
void TS_NAME(rms_norm_gauge)(double *g, const real *x, const double *gx, const real *w,
                             int64_t rows, int64_t n, double eps)
{
    for (int64_t row = 0; row < rows; row++, x += n, g += n, gx = gx ? gx + n : NULL) {
        double sum = 0.0, off = 0.0;
        for (int64_t i = 0; i < n; i++) {
            sum += (double)x[i] * (double)x[i];
            off += gx ? fabs((double)x[i]) * gx[i] : 0.0;
        }
        const double r = 1.0 / sqrt(sum / (double)n + eps), spread = off * r * r / (double)n;
        for (int64_t i = 0; i < n; i++) {
            const double size = fabs((double)x[i]);
            g[i] = (w ? fabs((double)w[i]) : 1.0) * r * (2.0 * size + (gx ? gx[i] : 0.0) + size * spread);
        }
    }
}

/* The equations of backward on absolute values, every minus made plus. gdy may be NULL. */
void TS_NAME(rms_norm_backward_gauge)(double *gdx, double *gdw, const real *dy, const double *gdy,
                                      const real *x, const real *w, const double *r, int64_t rows,
                                      int64_t n)
{
    for (int64_t i = 0; i < n && gdw; i++)
        gdw[i] = 0.0;
    for (int64_t row = 0; row < rows; row++) {
        double dot = 0.0;
        for (int64_t i = 0; i < n; i++) {
            const int64_t at = row * n + i;
            const double d = fabs((double)dy[at]) + (gdy ? gdy[at] : 0.0);
            dot += d * (w ? fabs((double)w[i]) : 1.0) * fabs((double)x[at]);
            if (gdw)
                gdw[i] += 3.0 * d * fabs((double)x[at]) * r[row];
        }
        const double pull = r[row] * r[row] * dot / (double)n;
        for (int64_t i = 0; i < n && gdx; i++) {
            const int64_t at = row * n + i;
            const double d = fabs((double)dy[at]) + (gdy ? gdy[at] : 0.0);
            gdx[at] = 3.0 * r[row] * ((w ? fabs((double)w[i]) : 1.0) * d + fabs((double)x[at]) * pull);
        }
    }
}
#endif
