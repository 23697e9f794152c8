/* mathf_trig.h: ts_sin, ts_cos.
 *
 *     x = n pi/2 + r, |r| <= pi/4;   the quadrant n mod 4 chooses +-sin r or +-cos r
 *     sin r = r + (r^3 (-1/6 + z S(z))),   cos r = 1 - z/2 + z^2 C(z),   z = r^2
 *
 * Up to |x| = 2^20 n has 20 digits and pi/2 is cut into pieces of 33: products and differences are
 * exact, and r keeps its digits however close x comes to a multiple of pi/2 (Cody and Waite 1980).
 * Beyond, x 2/pi is multiplied out in integers from the digits of 2/pi that matter (Payne and Hanek
 * 1983). mathf_sin_near and mathf_cos_near are the first way alone, for loops that are to become
 * vectors and whose arguments are known to be small. */
#ifndef TS_BASE_MATHF_TRIG_H
#define TS_BASE_MATHF_TRIG_H

#include "ref/base/mathf_parts.h"

typedef struct {
    uint64_t quadrant; /* its two low bits */
    mathf_pair r;
} mathf_angle;

/* |x| <= 2^20 */
static inline mathf_angle mathf_angle_near(double x)
{
    const double k = x * 0x1.45f306dc9c883p-1 + MATHF_MAGIC, n = k - MATHF_MAGIC;
    const double a = x - n * 0x1.921fb544p+0;
    const mathf_pair b = mathf_sum(a, -n * 0x1.0b4611a6p-34);
    const mathf_pair c = mathf_sum(b.hi, -n * 0x1.3198a2e0p-69);
    const double rest = c.lo + (b.lo - n * 0x1.b839a252049c1p-104);
    const mathf_angle result = {mathf_bits(k), mathf_sum_ordered(c.hi, rest)};
    return result;
}

/* Any finite |x| >= 1: x = m 2^e with m below 2^53. Words of 2/pi that give multiples of 4 in
 * m 2^e 2/pi are left out; seven words follow, so that 138 digits behind the point are right. */
static inline mathf_angle mathf_angle_far(double x)
{
    static const uint32_t two_over_pi[40] = {
        0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
        0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e,
        0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b,
        0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7,
        0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1,
        0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d};
    const uint64_t bits = mathf_bits(x), fraction = ((uint64_t)1 << 52) - 1;
    const uint64_t m = (bits & fraction) | (fraction + 1);
    const int e = (int)(bits >> 52 & 0x7ff) - 1075, skip = e >= 2 ? (e - 2) / 32 : 0;
    uint32_t p[10] = {0}; /* m times the words, lowest first */
    for (int half = 0; half < 2; half++) {
        const uint64_t factor = half ? m >> 32 : m & 0xffffffff;
        uint64_t carry = 0;
        for (int j = 0; j < 7; j++) {
            carry += (uint64_t)p[half + j] + factor * two_over_pi[skip + 6 - j];
            p[half + j] = (uint32_t)carry;
            carry >>= 32;
        }
        p[half + 7] += (uint32_t)carry;
    }
    /* The point stands `point` digits from the low end: two digits before it, 160 behind. */
    const int point = 32 * (skip + 7) - e, word = point / 32, bit = point % 32;
    uint32_t digits[6]; /* the word before the point, then those behind it */
    for (int j = 0; j < 6; j++) {
        const int at = word - j;
        const uint64_t two = (uint64_t)p[at + 1] << 32 | p[at];
        digits[j] = (uint32_t)(two >> bit);
    }
    const int beyond = digits[1] >> 31 != 0; /* nearer to the next quadrant, from below */
    double high = 0.0, low = 0.0, unit = 0x1p-32;
    for (int j = 1; j < 6; j++, unit *= 0x1p-32) {
        const mathf_pair s = mathf_sum(high, (double)(beyond ? ~digits[j] : digits[j]) * unit);
        high = s.hi;
        low += s.lo;
    }
    const mathf_pair f = mathf_sum_ordered(high, low);
    mathf_pair r = mathf_product(f.hi, 0x1.921fb54442d18p+0);
    r.lo += f.lo * 0x1.921fb54442d18p+0 + f.hi * 0x1.1a62633145c07p-54;
    r = mathf_sum_ordered(r.hi, r.lo);
    const int negative = beyond != (int)(bits >> 63);
    const uint64_t turns = digits[0] + (uint32_t)beyond, mirrored = 0 - turns;
    const mathf_angle result = {bits >> 63 ? mirrored : turns,
                                {negative ? -r.hi : r.hi, negative ? -r.lo : r.lo}};
    return result;
}

static inline double mathf_sin_kernel(mathf_pair r)
{
    const double z = r.hi * r.hi;
    double q = -0x1.ab933c1a644cdp-41;
    q = q * z + 0x1.61225a315314fp-33;
    q = q * z - 0x1.ae6455332472dp-26;
    q = q * z + 0x1.71de3a550c541p-19;
    q = q * z - 0x1.a01a01a019ed4p-13;
    q = q * z + 0x1.1111111111111p-7;
    q = q * z - 0x1.5555555555555p-3;
    return r.hi + (z * r.hi * q + (r.lo - 0.5 * z * r.lo));
}

static inline double mathf_cos_kernel(mathf_pair r)
{
    const double z = r.hi * r.hi, head = mathf_head(r.hi);
    const double square = 0.5 * head * head, rest = 0.5 * (r.hi - head) * (r.hi + head);
    double q = -0x1.907cd8ff5ed8fp-37;
    q = q * z + 0x1.1eeb67d026ec6p-29;
    q = q * z - 0x1.27e4fa16cc2d1p-22;
    q = q * z + 0x1.a01a019f4ddfdp-16;
    q = q * z - 0x1.6c16c16c16963p-10;
    q = q * z + 0x1.5555555555555p-5;
    const mathf_pair s = mathf_sum_ordered(1.0, -square);
    return s.hi + (s.lo + (z * z * q - (rest + r.hi * r.lo)));
}

/* sin of an angle whose quadrant is counted on by `turn`: 0 for sin, 1 for cos. */
static inline double mathf_turned(mathf_angle a, uint64_t turn)
{
    const uint64_t quadrant = a.quadrant + turn;
    const double s = mathf_sin_kernel(a.r), c = mathf_cos_kernel(a.r);
    const double y = (quadrant & 1) != 0 ? c : s;
    return mathf_double(mathf_bits(y) ^ (quadrant & 2) << 62);
}

/* |x| <= 2^20, without a branch */
static inline double mathf_sin_near(double x)
{
    const double y = mathf_turned(mathf_angle_near(x), 0);
    return mathf_abs(x) < 0x1p-27 ? x : y; /* keeps the sign of zero */
}

static inline double mathf_cos_near(double x)
{
    return mathf_turned(mathf_angle_near(x), 1);
}

static inline double ts_sin(double x)
{
    if (mathf_abs(x) <= 0x1p20)
        return mathf_sin_near(x);
    return mathf_abs(x) < (double)INFINITY ? mathf_turned(mathf_angle_far(x), 0) : x - x;
}

static inline double ts_cos(double x)
{
    if (mathf_abs(x) <= 0x1p20)
        return mathf_cos_near(x);
    return mathf_abs(x) < (double)INFINITY ? mathf_turned(mathf_angle_far(x), 1) : x - x;
}

#endif
