/* activation.h: functions of one number, and their slopes.
 *
 * Each is NAME(x) and NAME_slope(x), its derivative (how far both may honestly be off stands in
 * activation_gauge.h). None subtracts numbers that are nearly equal, so that a result is the exact
 * one rounded once; s(x) = 1 / (1 + e^-x) is computed from e^-|x|, so that nothing overflows.
 *
 *     silu        x s(x)                          gelu        x erfc(-x / sqrt 2) / 2
 *     quick_gelu  x s(1.702 x)                    gelu_tanh   x s(2u),  as (1 + tanh u) / 2 = s(2u),
 *                                                             u = sqrt(2 / pi) (x + 0.044715 x^3)
 *     hard_sigmoid  min(max(x + 3, 0), 6) / 6     hard_swish  x hard_sigmoid(x)
 *
 * Source: Ramachandran et al. 2017 (silu); Hendrycks & Gimpel 2016 (gelu and its forms); Howard et
 * al. 2019 (hard_swish); torch.nn.functional, which decides what happens at kinks and at infinity
 * (x s(x) at -infinity is NaN). */
#ifndef TS_OPS_PLAIN_ACTIVATION_H
#define TS_OPS_PLAIN_ACTIVATION_H

#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/base/real.h"
#include "ref/ops/plain/exponential.h"

#include <math.h>

#define ACTIVATIONS(each)                                                                          \
    each(TS_SILU, silu) each(TS_GELU, gelu) each(TS_GELU_TANH, gelu_tanh)                          \
        each(TS_QUICK_GELU, quick_gelu) each(TS_RELU, relu) each(TS_HARD_SWISH, hard_swish)        \
            each(TS_HARD_SIGMOID, hard_sigmoid) each(TS_SIGMOID, sigmoid) each(TS_TANH, tanh_of)   \
                each(TS_EXP, exp_of)

#define ROOT_HALF 0.70710678118654752440  /* 1 / sqrt 2 */
#define ROOT_2_PI 0.79788456080286535588  /* sqrt(2 / pi) */
#define ROOT_TAU 0.39894228040143267794   /* 1 / sqrt(2 pi) */
#define GELU_CUBE 0.044715
#define QUICK 1.702

TS_INTO_LOOPS wide size_of(wide x)
{
    return x < 0 ? -x : x;
}

/* s(x) from z = e^-|x| */
TS_INTO_LOOPS wide sigmoid_of(wide x, wide z)
{
    const wide one = 1;
    return (x < 0 ? z : one) / (1 + z);
}

TS_INTO_LOOPS wide sigmoid(wide x)
{
    return sigmoid_of(x, exponential(-size_of(x)));
}

/* s(x) (1 - s(x)), an even function */
TS_INTO_LOOPS wide sigmoid_slope(wide x)
{
    const wide z = exponential(-size_of(x));
    return z / ((1 + z) * (1 + z));
}

TS_INTO_LOOPS wide silu(wide x)
{
    return x * sigmoid(x);
}

TS_INTO_LOOPS wide silu_slope(wide x)
{
    return sigmoid(x) + x * sigmoid_slope(x);
}

TS_INTO_LOOPS wide gelu(wide x)
{
    return x * (wide)ts_erfc((double)(x * (wide)-ROOT_HALF)) / 2;
}

TS_INTO_LOOPS wide gelu_slope(wide x)
{
    const wide density = (wide)ROOT_TAU * exponential(x * x / -2);
    return (wide)ts_erfc((double)(x * (wide)-ROOT_HALF)) / 2 + x * density;
}

TS_INTO_LOOPS wide gelu_twice_u(wide x)
{
    return (wide)(2 * ROOT_2_PI) * (x + (wide)GELU_CUBE * x * x * x);
}

TS_INTO_LOOPS wide gelu_tanh(wide x)
{
    return x * sigmoid(gelu_twice_u(x));
}

TS_INTO_LOOPS wide gelu_tanh_slope(wide x)
{
    const wide u2 = gelu_twice_u(x);
    const wide du2 = (wide)(2 * ROOT_2_PI) * (1 + (wide)(3 * GELU_CUBE) * x * x);
    return sigmoid(u2) + x * sigmoid_slope(u2) * du2;
}

TS_INTO_LOOPS wide quick_gelu(wide x)
{
    return x * sigmoid((wide)QUICK * x);
}

TS_INTO_LOOPS wide quick_gelu_slope(wide x)
{
    return sigmoid((wide)QUICK * x) + (wide)QUICK * x * sigmoid_slope((wide)QUICK * x);
}

TS_INTO_LOOPS wide relu(wide x)
{
    return x < 0 ? 0 : x;
}

TS_INTO_LOOPS wide relu_slope(wide x)
{
    return (wide)(x <= 0 ? 0 : 1);
}

TS_INTO_LOOPS wide hard_sigmoid(wide x)
{
    const wide t = x + 3, six = 6;
    return (t < 0 ? 0 : t > 6 ? six : t) / 6;
}

TS_INTO_LOOPS wide hard_sigmoid_slope(wide x)
{
    const wide slope = (wide)1 / 6;
    return x > -3 && x < 3 ? slope : 0;
}

TS_INTO_LOOPS wide hard_swish(wide x)
{
    const wide t = x + 3, six = 6;
    return x * (t < 0 ? 0 : t > 6 ? six : t) / 6;
}

TS_INTO_LOOPS wide hard_swish_slope(wide x)
{
    return x <= -3 ? 0 : x < 3 ? (2 * x + 3) / 6 : (wide)1;
}

TS_INTO_LOOPS wide tanh_of(wide x)
{
    return (wide)ts_tanh((double)x);
}

/* 1 - tanh^2 x = 4 s(2x) (1 - s(2x)) */
TS_INTO_LOOPS wide tanh_of_slope(wide x)
{
    return 4 * sigmoid_slope(2 * x);
}

TS_INTO_LOOPS wide exp_of(wide x)
{
    return exponential(x);
}

TS_INTO_LOOPS wide exp_of_slope(wide x)
{
    return exponential(x);
}

TS_INTO_LOOPS wide clamp(wide x, double low, double high)
{
    return x < (wide)low ? (wide)low : x > (wide)high ? (wide)high : x;
}

TS_INTO_LOOPS wide clamp_slope(wide x, double low, double high)
{
    return x >= (wide)low && x <= (wide)high ? 1 : 0;
}

#endif
