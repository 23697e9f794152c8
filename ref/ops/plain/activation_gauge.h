/* activation_gauge.h: how far honest values of the functions of activation.h, and of their slopes,
 * may be off, in double. Included by the plain table alone, for the gauges. */
#ifndef TS_OPS_PLAIN_ACTIVATION_GAUGE_H
#define TS_OPS_PLAIN_ACTIVATION_GAUGE_H

#include "ref/ops/pointwise.h"
#include "ref/ops/plain/activation.h"

/* f(x) and f'(x); in double whatever the table's storage is. */
static inline void value_and_slope(ts_activation f, double x, double low, double high, double *y,
                                   double *slope)
{
    switch (f) {
#define CASE(kind, name)                                                                           \
    case kind:                                                                                     \
        *y = (double)name((wide)x);                                                                \
        *slope = (double)name##_slope((wide)x);                                                    \
        break;
        ACTIVATIONS(CASE)
#undef CASE
    case TS_CLAMP:
        *y = (double)clamp((wide)x, low, high);
        *slope = (double)clamp_slope((wide)x, low, high);
    }
}

static inline double value_gauge(ts_activation f, double x, double gx, double low, double high)
{
    double y = 0.0, slope = 0.0;
    value_and_slope(f, x, low, high, &y, &slope);
    /* x (1 + erf(x / sqrt 2)) / 2 and x (1 + tanh u) / 2 are the published forms; a float that adds
     * them up as written is off by roundings of two numbers near 1 where x < 0: that is honest. */
    const double published = f == TS_GELU || f == TS_GELU_TANH ? fabs(x) : 0.0;
    /* Below the normal floats a rounding is no longer relative: half of 2^-149, in units of 2^-24. */
    return fabs(slope) * (fabs(x) + gx) + fabs(y) + published +
           (1.0 + fabs(x)) * 0x1p-125;
}

/* The terms of f'(x) in its published form, every minus made plus, and a bound of |f''(x)|. The forms
 * are s (1 - s), s (1 + x (1 - s)), 1 - tanh^2 and (1 + t) / 2 + x (1 - t^2) u' / 2: far right, where
 * s and t are nearly 1, they keep only what a float has left of 1 - s. */
static inline void slope_parts(ts_activation f, double x, double *terms, double *bend)
{
    const double size = fabs(x);
    double k, s, u, v, bump;
    *terms = 1.0;
    *bend = 0.0;
    switch (f) {
    case TS_SILU:
    case TS_QUICK_GELU: /* silu, with k x in place of x */
        k = f == TS_SILU ? 1.0 : QUICK;
        bump = (double)sigmoid_slope((wide)(k * x));
        s = (double)sigmoid((wide)(k * x));
        *terms = s * (1.0 + k * size * (1.0 + s));
        *bend = k * bump * (2.0 + k * size);
        break;
    case TS_GELU:
        bump = ROOT_TAU * ts_exp(-x * x / 2);
        *terms = 1.0 + size * bump;
        *bend = bump * (2.0 + x * x);
        break;
    case TS_GELU_TANH:
        u = 2 * ROOT_2_PI * (x + GELU_CUBE * x * x * x);
        v = 2 * ROOT_2_PI * (1 + 3 * GELU_CUBE * x * x);
        bump = (double)sigmoid_slope((wide)u);
        *terms = 1.0 + size * v * (bump + fmin(0.25, bump * 0x1p24));
        *bend = bump * (2.0 * v + size * v * v + 12.0 * ROOT_2_PI * GELU_CUBE * x * x);
        break;
    case TS_SIGMOID:
        s = (double)sigmoid((wide)x);
        *terms = s * (1.0 + s);
        *bend = (double)sigmoid_slope((wide)x);
        break;
    case TS_TANH:
        *terms = 1.0;
        *bend = 8.0 * (double)sigmoid_slope((wide)(2 * x));
        break;
    case TS_EXP:
        *terms = *bend = ts_exp(x);
        break;
    case TS_HARD_SWISH:
        *terms = 0.5 + (size < 3.0 ? size / 3.0 : 1.0);
        *bend = size < 3.0 ? 1.0 / 3.0 : 0.0;
        break;
    case TS_RELU:
    case TS_HARD_SIGMOID:
    case TS_CLAMP:
        break;
    }
}

static inline double slope_gauge(ts_activation f, double x, double gx, double low, double high)
{
    double y = 0.0, slope = 0.0, terms, bend;
    value_and_slope(f, x, low, high, &y, &slope);
    slope_parts(f, x, &terms, &bend);
    if (slope == 0.0 && bend == 0.0)
        return 0.0; /* a flat part: exactly 0 */
    return (f == TS_RELU || f == TS_HARD_SIGMOID || f == TS_CLAMP ? fabs(slope) : terms) +
           bend * (fabs(x) + gx) + (1.0 + fabs(x)) * 0x1p-125;
}

#endif
