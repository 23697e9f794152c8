/* modulate.c: rows scaled, shifted and added with factors that belong to their picture.
 *
 *     modulate    y_bli = x_bli (1 + scale_bi) + shift_bi
 *     add_gated   y_bli = x_bli + gate_bi v_bli
 *
 * Source:   Peebles & Xie 2023, section 3.2 (adaptive layer norm); diffusers AdaLayerNormZero
 * Shapes:   x, v, y (batch, per, n), as batch * per rows; scale, shift, gate (batch, n)
 * Pitfalls: it is 1 + scale: a scale of 0 leaves x as it is. Kernels take the rows (forward and dL/dx)
 *           or pictures (dL/dscale ...) [first, last)
 * Test:     tests/ops/test_modulate.c        Golden: ops/modulate, ops/add_gated */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(modulate_forward)(real *y, const real *x, const real *scale, const real *shift,
                               int64_t first, int64_t last, int64_t per, int64_t n)
{
    for (int64_t row = first; row < last; row++) {
        const real *xr = x + row * n, *a = scale + row / per * n, *b = shift + row / per * n;
        for (int64_t i = 0; i < n; i++)
            y[row * n + i] = (real)((wide)xr[i] * (1 + (wide)a[i]) + (wide)b[i]);
    }
}

/* dL/dx = dy (1 + scale) */
TS_CLONES
void TS_NAME(modulate_backward_input)(real *dx, const real *dy, const real *scale, int64_t first,
                                      int64_t last, int64_t per, int64_t n)
{
    for (int64_t row = first; row < last; row++) {
        const real *dyr = dy + row * n, *a = scale + row / per * n;
        for (int64_t i = 0; i < n; i++)
            dx[row * n + i] = (real)((wide)dyr[i] * (1 + (wide)a[i]));
    }
}

/* dL/dscale = sum_l dy x,   dL/dshift = sum_l dy. Either may be NULL. */
TS_CLONES
void TS_NAME(modulate_backward_factors)(real *dscale, real *dshift, const real *dy, const real *x,
                                        int64_t first, int64_t last, int64_t per, int64_t n)
{
    for (int64_t b = first; b < last; b++) {
        const real *xb = x + b * per * n, *dyb = dy + b * per * n;
        if (dscale)
            SUM_ROWS(dscale + b * n, i, n, row, per, (wide)dyb[row * n + i] * (wide)xb[row * n + i]);
        if (dshift)
            SUM_ROWS(dshift + b * n, i, n, row, per, (wide)dyb[row * n + i]);
    }
}

TS_CLONES
void TS_NAME(add_gated_forward)(real *y, const real *x, const real *gate, const real *v,
                                int64_t first, int64_t last, int64_t per, int64_t n)
{
    for (int64_t row = first; row < last; row++) {
        const real *xr = x + row * n, *vr = v + row * n, *g = gate + row / per * n;
        for (int64_t i = 0; i < n; i++)
            y[row * n + i] = (real)((wide)xr[i] + (wide)g[i] * (wide)vr[i]);
    }
}

/* dL/dv = dy gate;  dL/dx is dy itself, dL/dgate = sum_l dy v is modulate_backward_factors. */
TS_CLONES
void TS_NAME(add_gated_backward_value)(real *dv, const real *dy, const real *gate, int64_t first,
                                       int64_t last, int64_t per, int64_t n)
{
    for (int64_t row = first; row < last; row++) {
        const real *dyr = dy + row * n, *g = gate + row / per * n;
        for (int64_t i = 0; i < n; i++)
            dv[row * n + i] = (real)((wide)dyr[i] * (wide)g[i]);
    }
}

#if defined(TS_GAUGES)
/* g = one + a b + a off_b + off_a b on absolute values, with a = x and b = 1 + |scale| and the
 * shift added, or a = v, b = gate and x added: what = {x or v, scale or gate, shift or x}, off their
 * gauges (each may be NULL). */
void TS_NAME(modulate_gauge)(double *g, const real *const what[3], const double *const off[3],
                             bool gated, int64_t rows, int64_t per, int64_t n)
{
    for (int64_t at = 0; at < rows * n; at++) {
        const int64_t factor = at / n / per * n + at % n, plus = gated ? at : factor;
        const double a = fabs((double)what[0][at]), off_a = off[0] ? off[0][at] : 0.0;
        const double b = fabs((double)what[1][factor]) + (gated ? 0.0 : 1.0);
        const double off_b = off[1] ? off[1][factor] : 0.0;
        g[at] = 2.0 * a * b + a * off_b + off_a * b + fabs((double)what[2][plus]) +
                (off[2] ? off[2][plus] : 0.0);
    }
}

/* Backward on absolute values: g = {of x or v, of scale or gate, of shift}, each may be NULL, as may
 * the gauges off = {of dy, of x or v, of scale or gate}; what = {dy, x or v, scale or gate}. */
void TS_NAME(modulate_backward_gauge)(double *const g[3], const real *const what[3],
                                      const double *const off[3], bool gated, int64_t rows,
                                      int64_t per, int64_t n)
{
    for (int k = 1; k < 3; k++)
        for (int64_t i = 0; i < rows / per * n && g[k]; i++)
            g[k][i] = 0.0;
    for (int64_t at = 0; at < rows * n; at++) {
        const int64_t factor = at / n / per * n + at % n;
        const double d = fabs((double)what[0][at]), off_d = off[0] ? off[0][at] : 0.0;
        const double a = fabs((double)what[1][at]), off_a = off[1] ? off[1][at] : 0.0;
        const double b = fabs((double)what[2][factor]) + (gated ? 0.0 : 1.0);
        const double off_b = off[2] ? off[2][factor] : 0.0;
        if (g[0])
            g[0][at] = (d + off_d) * b + d * b + d * off_b;
        if (g[1])
            g[1][factor] += (d + off_d) * a + d * off_a;
        if (g[2])
            g[2][factor] += d + off_d;
    }
}
#endif
