/* layer_norm.c: each row to mean 0 and variance 1.
 *
 *     y_i = (x_i - m) r w_i + b_i,     m = mean_j x_j,     r = 1 / sqrt(mean_j (x_j - m)^2 + eps)
 *
 * Source:   Ba, Kiros & Hinton 2016, eq. (3); torch.nn.LayerNorm
 * Shapes:   x, y, dx, dy (rows, n); w, b, dw, db (n); saved (rows, 2): m and r of each row
 * Pitfalls: the variance divides by n, not n - 1, and is taken about the mean in a second pass:
 *           mean x^2 - m^2 loses everything where |m| is large; w and b may be NULL
 * Test:     tests/ops/test_layer_norm.c      Golden: ops/layer_norm */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(layer_norm_forward)(real *y, double *saved, const real *x, const real *w,
                                 const real *b, int64_t rows, int64_t n, double eps)
{
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        SUM_OVER(sum, i, n, (wide)x[i]);
        const wide m = sum / (wide)n;
        SUM_OVER(squares, i, n, ((wide)x[i] - m) * ((wide)x[i] - m));
        const wide r = (wide)(1.0 / sqrt((double)(squares / (wide)n) + eps));
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)(((wide)x[i] - m) * r * (w ? (wide)w[i] : 1) + (b ? (wide)b[i] : 0));
        saved[2 * row] = (double)m;
        saved[2 * row + 1] = (double)r;
    }
}

/* With d_i = dy_i w_i and h_i = (x_i - m) r:
 *     dL/dx_i = r (d_i - mean_j d_j - h_i mean_j d_j h_j) */
TS_CLONES
void TS_NAME(layer_norm_backward_input)(real *dx, const real *dy, const real *x, const real *w,
                                        const double *saved, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++, x += n, dy += n, dx += n) {
        const wide m = (wide)saved[2 * row], r = (wide)saved[2 * row + 1];
        SUM_OVER(sum, i, n, (wide)dy[i] * (w ? (wide)w[i] : 1));
        SUM_OVER(dot, i, n, (wide)dy[i] * (w ? (wide)w[i] : 1) * (((wide)x[i] - m) * r));
        const wide mean = sum / (wide)n, pull = dot / (wide)n;
        for (int64_t i = 0; i < n; i++)
            dx[i] = (real)(r * ((wide)dy[i] * (w ? (wide)w[i] : 1) - mean -
                                ((wide)x[i] - m) * r * pull));
    }
}

/* dL/dw_i = sum over rows of dy_i (x_i - m) r,    dL/db_i = sum of dy_i. Rows lie ld apart, so that
 * a part of the columns can be taken alone. Either result may be NULL. */
TS_CLONES
void TS_NAME(layer_norm_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                         const double *saved, int64_t rows, int64_t n, int64_t ld)
{
    if (dw)
        SUM_ROWS(dw, i, n, row, rows,
                 (wide)dy[row * ld + i] *
                     (((wide)x[row * ld + i] - (wide)saved[2 * row]) * (wide)saved[2 * row + 1]));
    if (db)
        SUM_ROWS(db, i, n, row, rows, (wide)dy[row * ld + i]);
}

#if defined(TS_GAUGES)
/* What cancels is x - m: g_i = (|x_i| + mean |x|) r |w_i| + |b_i| + |y_i|. An input that is off by
 * gx adds sum_j |dy_i/dx_j| gx_j, every minus made plus. gx may be NULL. */
void TS_NAME(layer_norm_gauge)(double *g, const real *x, const double *gx, const real *w,
                               const real *b, int64_t rows, int64_t n, double eps)
{
    for (int64_t row = 0; row < rows; row++, x += n, g += n, gx = gx ? gx + n : NULL) {
        double m = 0, size = 0, var = 0, off = 0, pull = 0;
        for (int64_t i = 0; i < n; i++) {
            m += (double)x[i] / (double)n;
            size += fabs((double)x[i]) / (double)n;
        }
        for (int64_t i = 0; i < n; i++)
            var += ((double)x[i] - m) * ((double)x[i] - m) / (double)n;
        const double r = 1.0 / sqrt(var + eps);
        for (int64_t i = 0; i < n && gx; i++) {
            off += gx[i] / (double)n;
            pull += gx[i] * fabs((double)x[i] - m) * r / (double)n;
        }
        for (int64_t i = 0; i < n; i++) {
            const double wi = w ? fabs((double)w[i]) : 1.0, h = fabs((double)x[i] - m) * r;
            g[i] = wi * r * (fabs((double)x[i]) + size + (gx ? gx[i] : 0.0) + off + h * pull) +
                   wi * h + (b ? 2.0 * fabs((double)b[i]) : 0.0);
        }
    }
}

/* Backward on absolute values. Results may be NULL, and so may gdy. */
void TS_NAME(layer_norm_backward_gauge)(double *const g[3], const real *dy, const double *gdy,
                                        const real *x, const real *w, const double *saved,
                                        int64_t rows, int64_t n)
{
    for (int k = 1; k < 3; k++)
        for (int64_t i = 0; i < n && g[k]; i++)
            g[k][i] = 0.0;
    for (int64_t row = 0; row < rows; row++) {
        const real *xr = x + row * n, *dyr = dy + row * n;
        const double *gr = gdy ? gdy + row * n : NULL, r = saved[2 * row + 1];
        double size = 0, sum = 0, dot = 0;
        for (int64_t i = 0; i < n; i++)
            size += fabs((double)xr[i]) / (double)n;
        for (int64_t i = 0; i < n; i++) {
            const double d = fabs((double)dyr[i]) + (gr ? gr[i] : 0.0);
            const double h = (fabs((double)xr[i]) + size) * r, wi = w ? fabs((double)w[i]) : 1.0;
            sum += d * wi / (double)n;
            dot += d * wi * h / (double)n;
            if (g[1])
                g[1][i] += 2.0 * d * h;
            if (g[2])
                g[2][i] += d;
        }
        for (int64_t i = 0; i < n && g[0]; i++) {
            const double d = fabs((double)dyr[i]) + (gr ? gr[i] : 0.0);
            const double h = (fabs((double)xr[i]) + size) * r, wi = w ? fabs((double)w[i]) : 1.0;
            g[0][row * n + i] = 2.0 * r * (d * wi + sum + h * dot);
        }
    }
}
#endif
