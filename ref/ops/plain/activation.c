/* activation.c: a function of one number for each element.
 *
 *     y_i = f(x_i)            dL/dx_i = dy_i f'(x_i)
 *
 * Source:   activation.h
 * Shapes:   x, y, dx, dy (n)
 * Pitfalls: f is chosen once, not for each element: each function has a loop of its own, which the
 *           compiler can turn into vectors. low and high are clamp's
 * Test:     tests/ops/test_activation.c      Golden: ops/silu, ops/gelu, ... */
#include "ref/base/clones.h"
#include "ref/ops/plain/activation.h"

#include "ref/ops/kernels.h"

TS_CLONES
void TS_NAME(activation_forward)(real *y, const real *x, ts_activation f, double low, double high,
                                 int64_t n)
{
    switch (f) {
#define CASE(kind, name)                                                                           \
    case kind:                                                                                     \
        for (int64_t i = 0; i < n; i++)                                                            \
            y[i] = (real)name((wide)x[i]);                                                         \
        break;
        ACTIVATIONS(CASE)
#undef CASE
    case TS_CLAMP:
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)clamp((wide)x[i], low, high);
    }
}

TS_CLONES
void TS_NAME(activation_backward)(real *dx, const real *dy, const real *x, ts_activation f,
                                  double low, double high, int64_t n)
{
    switch (f) {
#define CASE(kind, name)                                                                           \
    case kind:                                                                                     \
        for (int64_t i = 0; i < n; i++)                                                            \
            dx[i] = (real)((wide)dy[i] * name##_slope((wide)x[i]));                                \
        break;
        ACTIVATIONS(CASE)
#undef CASE
    case TS_CLAMP:
        for (int64_t i = 0; i < n; i++)
            dx[i] = (real)((wide)dy[i] * clamp_slope((wide)x[i], low, high));
    }
}

#if defined(TS_GAUGES)
#include "ref/ops/plain/activation_gauge.h"

/* g = |f'(x)| (|x| + gx) + |f(x)|, and |x| for the two GELUs: see activation_gauge.h. gx may be
 * NULL. */
void TS_NAME(activation_gauge)(double *g, const real *x, const double *gx, ts_activation f,
                               double low, double high, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double at = (double)x[i];
        g[i] = value_gauge(f, at, gx ? gx[i] : 0.0, low, high);
    }
}

/* (|dy| + gdy) (terms of f'(x) + |f''(x)| (|x| + gx)), every minus made plus. gdy and gx may be NULL. */
void TS_NAME(activation_backward_gauge)(double *gdx, const real *dy, const double *gdy,
                                        const real *x, const double *gx, ts_activation f,
                                        const double bound[2], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        gdx[i] = (fabs((double)dy[i]) + (gdy ? gdy[i] : 0.0)) *
                 slope_gauge(f, (double)x[i], gx ? gx[i] : 0.0, bound[0], bound[1]);
}
#endif
