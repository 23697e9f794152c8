/* mathf_parts.h: what the functions of mathf.h are made of: bits of doubles, and sums and products
 * whose rounding error is kept.
 *
 * Source: Dekker, A floating-point technique for extending the available precision, 1971; Knuth,
 * The art of computer programming 2, 4.2.2, theorem B. */
#ifndef TS_BASE_MATHF_PARTS_H
#define TS_BASE_MATHF_PARTS_H

#include "ref/base/target.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Added to |x| < 2^51 it rounds x to an integer, to nearest even, which then stands in the low bits
 * of the sum; subtracted again it leaves that integer as a double. */
#define MATHF_MAGIC 0x1.8p52

/* hi + lo, |lo| at most half a unit in the last place of hi (or about that) */
typedef struct {
    double hi, lo;
} mathf_pair;

static inline double mathf_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t mathf_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double mathf_abs(double x)
{
    return mathf_double(mathf_bits(x) & UINT64_MAX >> 1);
}

/* |size| with the sign of `sign` */
static inline double mathf_with_sign(double size, double sign)
{
    const uint64_t top = (uint64_t)1 << 63;
    return mathf_double((mathf_bits(size) & ~top) | (mathf_bits(sign) & top));
}

/* x without the low 27 of its 53 digits: the product of two heads is exact. */
static inline double mathf_head(double x)
{
    return mathf_double(mathf_bits(x) & ~(((uint64_t)1 << 27) - 1));
}

/* 2^n for an integer -1022 <= n <= 1023 */
static inline double mathf_power2(double n)
{
    return mathf_double((mathf_bits(n + MATHF_MAGIC) + 1023) << 52);
}

/* y 2^n, |n| <= 2000, in two steps: so it runs over into infinity and under into subnormals. */
static inline double mathf_scale(double y, double n)
{
    const double half = (0.5 * n + MATHF_MAGIC) - MATHF_MAGIC;
    return y * mathf_power2(half) * mathf_power2(n - half);
}

/* a + b exactly */
static inline mathf_pair mathf_sum(double a, double b)
{
    const double s = a + b, part = s - a;
    const mathf_pair result = {s, (a - (s - part)) + (b - part)};
    return result;
}

/* The same where |a| >= |b| or a == 0 is known */
static inline mathf_pair mathf_sum_ordered(double a, double b)
{
    const double s = a + b;
    const mathf_pair result = {s, (a - s) + b};
    return result;
}

/* a b exactly (to 2^-106, and as long as nothing under- or overflows) */
static inline mathf_pair mathf_product(double a, double b)
{
    const double p = a * b, ah = mathf_head(a), bh = mathf_head(b), al = a - ah, bl = b - bh;
    const mathf_pair result = {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
    return result;
}

/* The float a b + c, rounded once. The product of two floats is exact in double; the sum is made
 * odd when it was not exact, and then the second rounding does no harm. */
static inline float mathf_fused_f32(float a, float b, float c)
{
    const mathf_pair s = mathf_sum((double)a * (double)b, (double)c);
    uint64_t bits = mathf_bits(s.hi);
    if (s.lo != 0.0 && !(bits & 1))
        bits = (s.lo > 0.0) == (s.hi > 0.0) ? bits + 1 : bits - 1;
    return (float)mathf_double(bits);
}

/* a / b, with one division */
static inline mathf_pair mathf_quotient(mathf_pair a, mathf_pair b)
{
    const double inverse = 1.0 / b.hi, q = a.hi * inverse;
    const mathf_pair back = mathf_product(q, b.hi);
    const mathf_pair result = {q, (((a.hi - back.hi) - back.lo) + (a.lo - q * b.lo)) * inverse};
    return result;
}

#endif
