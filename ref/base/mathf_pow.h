/* mathf_pow.h: ts_pow.
 *
 *     x^y = exp(y log |x|), with the sign of an odd power
 *     log(1 + f) = 2 (s + s (z/3 + z^2 q(z))),  s = f / (2 + f), z = s^2
 *
 * y log x may be 700, and its absolute error becomes the relative error of the result: so the
 * logarithm is computed as a pair, good to 2^-64 of itself. */
#ifndef TS_BASE_MATHF_POW_H
#define TS_BASE_MATHF_POW_H

#include "ref/base/mathf_log.h"

/* log x of a positive finite x, in two doubles */
static inline mathf_pair mathf_log_pair(double x)
{
    const mathf_logarithm m = mathf_log_reduce(x);
    const mathf_pair top = {m.f, 0.0}, s = mathf_quotient(top, mathf_sum(2.0, m.f));
    mathf_pair z = mathf_product(s.hi, s.hi);
    z.lo += 2.0 * s.hi * s.lo;
    double q = 0x1.e03a7acf0f7e3p-5;
    q = q * z.hi + 0x1.df7ba1f47fc77p-5;
    q = q * z.hi + 0x1.1118cd6725210p-4;
    q = q * z.hi + 0x1.3b1395b82701cp-4;
    q = q * z.hi + 0x1.745d177ad436ap-4;
    q = q * z.hi + 0x1.c71c71c6ea5acp-4;
    q = q * z.hi + 0x1.2492492492522p-3;
    q = q * z.hi + 0x1.999999999999ap-3;
    const double third = 0x1.5555555555555p-2, third_low = 0x1.5555555555555p-56;
    mathf_pair p = mathf_product(z.hi, third);
    p.lo += z.lo * third + z.hi * third_low;
    p = mathf_sum_ordered(p.hi, p.lo + z.hi * z.hi * q);
    mathf_pair small = mathf_product(s.hi, p.hi);
    small.lo += s.hi * p.lo + s.lo * p.hi;
    const mathf_pair a = mathf_sum(m.k * MATHF_LN2_HIGH, 2.0 * s.hi);
    const mathf_pair b = mathf_sum(a.hi, m.k * MATHF_LN2_LOW);
    const mathf_pair c = mathf_sum(b.hi, 2.0 * small.hi);
    return mathf_sum_ordered(c.hi, c.lo + (b.lo + (a.lo + 2.0 * (s.lo + small.lo))));
}

/* x^y for finite x > 0, x != 1, and finite y != 0 */
static inline double mathf_pow_positive(double x, double y)
{
    const mathf_pair log_x = mathf_log_pair(x);
    const double guess = y * log_x.hi;
    if (guess > 710.0)
        return (double)INFINITY;
    if (guess < -746.0)
        return 0.0;
    if (mathf_abs(guess) < 0x1p-60)
        return 1.0;
    /* |y| < 2^64 here, as |log x| >= 2^-53: the product cannot overflow. */
    const mathf_pair p = mathf_product(y, log_x.hi);
    const mathf_exponent e = mathf_exp_reduce(p.hi, p.lo + y * log_x.lo);
    return mathf_scale(mathf_exp_sum(e).hi, e.n);
}

static inline double ts_pow(double x, double y)
{
    const double infinity = (double)INFINITY, size = mathf_abs(x), high = mathf_abs(y);
    if (y == 0.0 || x == 1.0)
        return 1.0;
    if (x != x || y != y)
        return x + y;
    const int whole = high >= 0x1p53 || (double)(int64_t)y == y;
    const int odd = whole && high < 0x1p53 && ((int64_t)y & 1);
    double r;
    if (high == infinity)
        r = size == 1.0 ? 1.0 : (size > 1.0) == (y > 0.0) ? infinity : 0.0;
    else if (size == 0.0 || size == infinity)
        r = (size == 0.0) == (y < 0.0) ? infinity : 0.0;
    else if (mathf_bits(x) >> 63 && !whole)
        r = (double)NAN;
    else
        r = size == 1.0 ? 1.0 : mathf_pow_positive(size, y);
    return odd ? mathf_with_sign(r, x) : r;
}

#endif
