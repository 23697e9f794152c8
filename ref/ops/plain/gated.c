/* gated.c: a value let through as far as a gate is open.
 *
 *     y_i = f(g_i) x_i         dL/dx_i = dy_i f(g_i)         dL/dg_i = dy_i x_i f'(g_i)
 *
 * Source:   Shazeer 2020 (GLU variants), eq. (5); transformers T5DenseGatedActDense
 * Shapes:   g, x, y and their gradients (n)
 * Pitfalls: f is applied to the gate, and the product is rounded once; either gradient may be NULL
 * Test:     tests/ops/test_gated.c           Golden: ops/gated */
#include "ref/base/clones.h"
#include "ref/ops/plain/activation.h"

#include "ref/ops/kernels.h"

TS_CLONES
void TS_NAME(gated_forward)(real *y, const real *gate, const real *x, ts_activation f, int64_t n)
{
    switch (f) {
#define CASE(kind, name)                                                                           \
    case kind:                                                                                     \
        for (int64_t i = 0; i < n; i++)                                                            \
            y[i] = (real)(name((wide)gate[i]) * (wide)x[i]);                                       \
        break;
        ACTIVATIONS(CASE)
#undef CASE
    case TS_CLAMP:
        break;
    }
}

TS_CLONES
void TS_NAME(gated_backward)(real *dgate, real *dx, const real *dy, const real *gate,
                             const real *x, ts_activation f, int64_t n)
{
    if (dx)
        TS_NAME(gated_forward)(dx, gate, dy, f, n);
    switch (dgate ? f : TS_CLAMP) {
#define CASE(kind, name)                                                                           \
    case kind:                                                                                     \
        for (int64_t i = 0; i < n; i++)                                                            \
            dgate[i] = (real)((wide)dy[i] * (wide)x[i] * name##_slope((wide)gate[i]));             \
        break;
        ACTIVATIONS(CASE)
#undef CASE
    case TS_CLAMP:
        break;
    }
}

#if defined(TS_GAUGES)
#include "ref/ops/plain/activation_gauge.h"

/* (g of f) |x| + |f| (|x| + gx). off = gauges of gate and x, each may be NULL. */
void TS_NAME(gated_gauge)(double *g, const real *gate, const real *x, const double *const off[2],
                          ts_activation f, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double y = 0.0, slope = 0.0;
        value_and_slope(f, (double)gate[i], 0, 0, &y, &slope);
        g[i] = value_gauge(f, (double)gate[i], off[0] ? off[0][i] : 0.0, 0, 0) * fabs((double)x[i]) +
               fabs(y) * (fabs((double)x[i]) + (off[1] ? off[1][i] : 0.0));
    }
}

/* Backward on absolute values. g = {of gate, of x}, off = gauges of dy, gate, x; all may be NULL. */
void TS_NAME(gated_backward_gauge)(double *const g[2], const real *dy, const real *gate,
                                   const real *x, const double *const off[3], ts_activation f,
                                   int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double y = 0.0, slope = 0.0;
        const double at = (double)gate[i], d = fabs((double)dy[i]), size = fabs((double)x[i]);
        const double off_d = off[0] ? off[0][i] : 0.0, off_g = off[1] ? off[1][i] : 0.0;
        value_and_slope(f, at, 0, 0, &y, &slope);
        if (g[0])
            g[0][i] = (d + off_d) * size * slope_gauge(f, at, off_g, 0, 0) +
                      (2.0 * d * size + off_d * size + d * (off[2] ? off[2][i] : 0.0)) * fabs(slope);
        if (g[1])
            g[1][i] = (d + off_d) * (value_gauge(f, at, off_g, 0, 0) + fabs(y));
    }
}
#endif
