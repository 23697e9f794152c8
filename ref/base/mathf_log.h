/* mathf_log.h: ts_log, ts_log1p.
 *
 *     x = 2^k m, m = 1 + f in [sqrt(1/2), sqrt 2);   s = f / (2 + f), z = s^2
 *     log(1 + f) = f - f^2/2 + s (f^2/2 + z L(z)),   2 s + s z L = log((1 + s) / (1 - s))
 *
 * k ln 2 (its first 32 digits), f and the head of f^2/2 are exact and added exactly. log1p takes m
 * from the rounded 1 + x and adds what the rounding lost, divided by m. */
#ifndef TS_BASE_MATHF_LOG_H
#define TS_BASE_MATHF_LOG_H

#include "ref/base/mathf_exp.h"

typedef struct {
    double k, f;
} mathf_logarithm;

/* of a positive finite x; of others something that does no harm */
static inline mathf_logarithm mathf_log_reduce(double x)
{
    const uint64_t root_half = 0x3fe6a09e667f3bcd, one = (uint64_t)1023 << 52;
    const int tiny = x < 0x1p-1022;
    const uint64_t bits = mathf_bits(tiny ? x * 0x1p54 : x);
    const uint64_t biased = (bits - root_half + one) >> 52;
    /* An integer below 2^52 in the low bits of 2^52 is 2^52 more than itself. */
    const double k = mathf_double(biased | (uint64_t)0x433 << 52) - (0x1p52 + 1023.0);
    const mathf_logarithm result = {tiny ? k - 54.0 : k,
                                    mathf_double(bits - (biased << 52) + one) - 1.0};
    return result;
}

/* k ln 2 + log(1 + f) + low */
static inline double mathf_log_sum(mathf_logarithm x, double low)
{
    const double f = x.f, s = f / (2.0 + f), z = s * s;
    double q = 0x1.0c0aff044ebe3p-3;
    q = q * z + 0x1.0fbde0f4aca24p-3;
    q = q * z + 0x1.3b1c3c1c81ce2p-3;
    q = q * z + 0x1.745cf8e4bba19p-3;
    q = q * z + 0x1.c71c7201a55d7p-3;
    q = q * z + 0x1.2492492476a1ap-2;
    q = q * z + 0x1.9999999999a39p-2;
    q = q * z + 0x1.5555555555555p-1;
    const double head = mathf_head(f);
    const double square = 0.5 * head * head, rest = 0.5 * (f - head) * (f + head);
    const mathf_pair a = mathf_sum(x.k * MATHF_LN2_HIGH, f), b = mathf_sum(a.hi, -square);
    const double small = s * (square + rest + z * q) - rest + (x.k * MATHF_LN2_LOW + low);
    return b.hi + (b.lo + (a.lo + small));
}

static inline double ts_log(double x)
{
    const double y = mathf_log_sum(mathf_log_reduce(x), 0.0);
    const double special = x == 0.0 ? -(double)INFINITY : x < 0.0 ? (double)NAN : x;
    return x > 0.0 && x < (double)INFINITY ? y : special;
}

static inline double ts_log1p(double x)
{
    const mathf_pair one = mathf_sum(1.0, x);
    const mathf_logarithm m = mathf_log_reduce(one.hi);
    const double lost = one.lo * mathf_power2(m.k > 100.0 ? -100.0 : -m.k) / (1.0 + m.f);
    const double y = mathf_with_sign(mathf_log_sum(m, lost), x);
    const double special = x == -1.0 ? -(double)INFINITY : x < -1.0 ? (double)NAN : x;
    return x > -1.0 && x < (double)INFINITY ? y : special;
}

#endif
