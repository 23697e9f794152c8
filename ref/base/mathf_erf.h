/* mathf_erf.h: ts_erf, ts_erfc.
 *
 *     |x| < 5/8:   erf(x) = x + x/8 + x P(x^2),  erfc(x) = 1 - erf(x),  |P| <= 0.14
 *     beyond:      erfc(x) = e^(-x^2) (5/4 + G(q)) / (1 + 2x),  q = (x - 4) / (x + 4),
 *                  erf(x) = 1 - erfc(x),  erfc(-x) = 2 - erfc(x)
 *
 * (1 + 2x) e^(x^2) erfc(x) lies between 1.13 and 1.29, so that one polynomial
 * in q serves the whole tail (the change of variable is that of Shepherd and Laframboise, Chebyshev
 * approximation of (1 + 2x) exp(x^2) erfc x, 1981). x^2 and the three factors are pairs. */
#ifndef TS_BASE_MATHF_ERF_H
#define TS_BASE_MATHF_ERF_H

#include "ref/base/clones.h"
#include "ref/base/mathf_exp.h"

/* erf(x) = x + x/8 + x P(x^2), |x| < 5/8 */
static inline mathf_pair mathf_erf_core(double x)
{
    const double z = x * x;
    double p = -0x1.1a6ef305185d6p-30;
    p = p * z + 0x1.f5e20cbf77402p-27;
    p = p * z - 0x1.5f34353706a82p-23;
    p = p * z + 0x1.b9e3d36d7e63fp-20;
    p = p * z - 0x1.f4d244f82f738p-17;
    p = p * z + 0x1.f9a3267f8a916p-14;
    p = p * z - 0x1.c02db3fe9a00cp-11;
    p = p * z + 0x1.565bcd0e66b42p-8;
    p = p * z - 0x1.b82ce31288abbp-6;
    p = p * z + 0x1.ce2f21a042be1p-4;
    p = p * z - 0x1.812746b0379e7p-2;
    p = p * z + 0x1.baea08536da23p-9;
    const mathf_pair s = mathf_sum_ordered(x, 0.125 * x);
    const mathf_pair result = {s.hi, s.lo + x * p};
    return result;
}

/* 5/4 + G((x - 4) / (x + 4)) */
static inline mathf_pair mathf_erfc_factor(double x)
{
    const double q = (x - 4.0) / (x + 4.0);
    double g = 0x1.8540c6befdccbp-29;
    g = g * q - 0x1.563fc00c9896dp-27;
    g = g * q - 0x1.681668a145fdbp-26;
    g = g * q + 0x1.bf3733ea753c4p-24;
    g = g * q + 0x1.51e54abf1206ap-24;
    g = g * q - 0x1.b8885b7636757p-21;
    g = g * q + 0x1.3836b8bd255a2p-22;
    g = g * q + 0x1.7f00f5e4251ffp-18;
    g = g * q - 0x1.7880537cfbde5p-17;
    g = g * q - 0x1.99561bf4df314p-16;
    g = g * q + 0x1.3be02b5703588p-13;
    g = g * q - 0x1.a1df3a684808ap-13;
    g = g * q - 0x1.8d4a992930eeap-11;
    g = g * q + 0x1.49c6729c7dacbp-8;
    g = g * q - 0x1.09623885b0957p-6;
    g = g * q + 0x1.3079edf648b7fp-5;
    g = g * q - 0x1.0fb06dfe46df8p-4;
    g = g * q + 0x1.7fee004e13a2ap-4;
    g = g * q - 0x1.9ddb23c3e9209p-4;
    g = g * q + 0x1.16ecefcfa5326p-4;
    g = g * q + 0x1.f7f5df66fd7d9p-7;
    g = g * q - 0x1.1df1ad154a28ep-3;
    g = g * q - 0x1.169ba4580a04dp-6;
    return mathf_sum_ordered(1.25, g);
}

/* erfc(x) = 2^n (the result), 5/8 <= x <= 28 */
static inline mathf_pair mathf_erfc_tail(double x, double *n)
{
    const double head = mathf_head(x), square = head * head, rest = (x - head) * (x + head);
    const mathf_exponent e = mathf_exp_reduce(-square, -rest);
    const mathf_pair a = mathf_exp_sum(e), b = mathf_erfc_factor(x);
    mathf_pair top = mathf_product(a.hi, b.hi);
    top.lo += a.hi * b.lo + a.lo * b.hi;
    *n = e.n;
    return mathf_quotient(top, mathf_sum(1.0, 2.0 * x));
}

TS_INTO_LOOPS double ts_erf(double x)
{
    double n, size = mathf_abs(x);
    const mathf_pair near = mathf_erf_core(x);
    size = size > 6.0 ? 6.0 : size; /* 1 to the last digit */
    const mathf_pair tail = mathf_erfc_tail(size, &n);
    const double power = mathf_power2(n);
    const mathf_pair one = mathf_sum_ordered(1.0, -tail.hi * power);
    const double far = mathf_with_sign(one.hi + (one.lo - tail.lo * power), x);
    return size < 0.625 ? mathf_with_sign(near.hi + near.lo, x) : far;
}

TS_INTO_LOOPS double ts_erfc(double x)
{
    double n, size = mathf_abs(x);
    const mathf_pair near = mathf_erf_core(x), one = mathf_sum_ordered(1.0, -near.hi);
    const double core = one.hi + (one.lo - near.lo);
    size = size > 28.0 ? 28.0 : size; /* zero */
    const mathf_pair tail = mathf_erfc_tail(size, &n);
    const double right = mathf_scale(tail.hi + tail.lo, n);
    /* e^(-28^2) has n = -1131: beyond what one power of two can hold, and nothing beside 2 */
    const double power = mathf_power2(n < -100.0 ? -100.0 : n);
    const mathf_pair two = mathf_sum_ordered(2.0, -tail.hi * power);
    const double left = two.hi + (two.lo - tail.lo * power);
    const double far = x < 0.0 ? left : right;
    return size < 0.625 ? core : far;
}

#endif
