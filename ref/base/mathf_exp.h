/* mathf_exp.h: ts_exp, ts_exp_near, ts_expm1, ts_tanh.
 *
 *     x = n ln 2 + r, |r| <= ln 2 / 2;   e^x = 2^n (1 + r + tail),   tail = r^2/2 + r^3 q(r)
 *     expm1(x) = 2^n ((1 - 2^-n) + r + tail)
 *     tanh(x)  = expm1(2x) / (expm1(2x) + 2)
 *
 * The two large terms of each sum are added exactly, so that only the tail's rounding (|tail| <=
 * 0.07) and the last addition's remain. */
#ifndef TS_BASE_MATHF_EXP_H
#define TS_BASE_MATHF_EXP_H

#include "ref/base/mathf_parts.h"

/* ln 2: its first 32 digits and the next 53 */
#define MATHF_LN2_HIGH 0x1.62e42fee00000p-1
#define MATHF_LN2_LOW 0x1.a39ef35793c76p-33

typedef struct {
    double n, r, tail;
} mathf_exponent;

/* of x + low, |x| < 800, |low| at most a few units in the last place of x */
static inline mathf_exponent mathf_exp_reduce(double x, double low)
{
    const double n = (x * 0x1.71547652b82fep0 + MATHF_MAGIC) - MATHF_MAGIC;
    const double high = x - n * MATHF_LN2_HIGH, rest = n * MATHF_LN2_LOW - low;
    const double r = high - rest, lost = (high - r) - rest;
    double q = 0x1.1f661f3eb7504p-29;
    q = q * r + 0x1.af3910f809c21p-26;
    q = q * r + 0x1.27e4e254a8a39p-22;
    q = q * r + 0x1.71de0d82ec3f2p-19;
    q = q * r + 0x1.a01a01a45b328p-16;
    q = q * r + 0x1.a01a01a7cf509p-13;
    q = q * r + 0x1.6c16c16c1681fp-10;
    q = q * r + 0x1.11111111109a5p-7;
    q = q * r + 0x1.5555555555555p-5;
    q = q * r + 0x1.5555555555556p-3;
    const mathf_exponent result = {n, r, 0.5 * r * r + (r * r * r * q + (lost + lost * r))};
    return result;
}

/* 1 + r + tail */
static inline mathf_pair mathf_exp_sum(mathf_exponent e)
{
    const mathf_pair s = mathf_sum_ordered(1.0, e.r);
    return mathf_sum_ordered(s.hi, s.lo + e.tail);
}

static inline double ts_exp(double x)
{
    x = x > 710.0 ? 710.0 : x;   /* e^710 is infinite, e^-746 is zero */
    x = x < -746.0 ? -746.0 : x;
    const mathf_exponent e = mathf_exp_reduce(x, 0.0);
    return mathf_scale(mathf_exp_sum(e).hi, e.n);
}

/* e^x for a result that will be rounded to float: within 8 units in the last place of a double, in
 * two thirds of the operations of ts_exp, few of which wait for one another. Below 2^-1022 it is 0,
 * from 2^1023.5 on it is infinite: all one to a float. In two steps, because a loop over each keeps a
 * processor busier than one over both.
 *
 * The exponent n stands, with its bias, in the low bits of `shifted`: n = -1023 makes the bits of 0
 * and n = 1024 those of infinity. */
typedef struct {
    double r, scale; /* e^x = e^r scale */
} mathf_near;

static inline mathf_near mathf_near_reduce(double x)
{
    const double magic = MATHF_MAGIC + 1023.0;
    x = x > 709.7 ? 709.7 : x;   /* n = 1024 */
    x = x < -709.0 ? -709.0 : x; /* n = -1023 */
    const double shifted = x * 0x1.71547652b82fep0 + magic, n = shifted - magic;
    const mathf_near result = {(x - n * MATHF_LN2_HIGH) - n * MATHF_LN2_LOW,
                               mathf_double(mathf_bits(shifted) << 52)};
    return result;
}

/* e^r, |r| <= ln 2 / 2 */
static inline double mathf_near_sum(double r)
{
    const double r2 = r * r, r4 = r2 * r2;
    const double low = (0.5 + 0x1.5555555553b45p-3 * r) +
                       r2 * (0x1.5555555554d40p-5 + 0x1.1111111c57f0fp-7 * r);
    const double high = (0x1.6c16c1735ef79p-10 + 0x1.a019ad51a0480p-13 * r) +
                        r2 * (0x1.a019ca572ff83p-16 + 0x1.72c79df27a369p-19 * r);
    return 1.0 + (r + r2 * (low + r4 * (high + r4 * 0x1.287f78f227facp-22)));
}

static inline double ts_exp_near(double x)
{
    const mathf_near e = mathf_near_reduce(x);
    return mathf_near_sum(e.r) * e.scale;
}

/* 2^-n expm1: (1 - 2^-n) + r + tail. 2^-100 is as good as less. */
static inline mathf_pair mathf_expm1_sum(mathf_exponent e)
{
    const mathf_pair whole = mathf_sum(1.0, -mathf_power2(e.n > 100.0 ? -100.0 : -e.n));
    const mathf_pair s = mathf_sum(whole.hi, e.r);
    return mathf_sum_ordered(s.hi, s.lo + (whole.lo + e.tail));
}

static inline double ts_expm1(double x)
{
    double y = x > 710.0 ? 710.0 : x;
    y = y < -40.0 ? -40.0 : y; /* -1 to the last digit */
    const mathf_exponent e = mathf_exp_reduce(y, 0.0);
    return mathf_with_sign(mathf_scale(mathf_expm1_sum(e).hi, e.n), x);
}

static inline double ts_tanh(double x)
{
    double size = mathf_abs(x);
    size = size > 22.0 ? 22.0 : size; /* 1 to the last digit */
    const mathf_exponent e = mathf_exp_reduce(2.0 * size, 0.0);
    const mathf_pair top = mathf_expm1_sum(e);
    const mathf_pair more = mathf_sum(top.hi, 2.0 * mathf_power2(-e.n));
    const mathf_pair bottom = {more.hi, more.lo + top.lo}, q = mathf_quotient(top, bottom);
    return mathf_with_sign(q.hi + q.lo, x);
}

#endif
