/* vector.h: exponentials in `real`, for the blas table: float vectors where fast has double ones.
 * Within 2 units in the last place, judged like everything of this table by the gauge. */
#ifndef TS_OPS_BLAS_VECTOR_H
#define TS_OPS_BLAS_VECTOR_H

#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/base/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if TS_REAL_BITS == 32
/* 2^n, -126 <= n <= 127 */
TS_INTO_LOOPS float power_of_two(int32_t n)
{
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* x = n ln 2 + r, |r| <= ln 2 / 2; e^x = 2^n e^r, in two steps down to the subnormal numbers. */
TS_INTO_LOOPS float exp_real(float x)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    const float magic = 12582912.0f; /* 1.5 2^23: adding it rounds to a whole number */
    const float shifted = x * 0x1.715476p0f + magic, n = shifted - magic;
    const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
    float p = 0x1.a01a02p-13f; /* 1/7! ... */
    p = p * r + 0x1.6c16c2p-10f;
    p = p * r + 0x1.111112p-7f;
    p = p * r + 0x1.555556p-5f;
    p = p * r + 0x1.555556p-3f;
    p = p * r + 0.5f;
    p = 1.0f + (r + r * r * p);
    int32_t bits, zero;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&zero, &magic, sizeof zero);
    const int32_t whole = bits - zero, half = whole / 2;
    return p * power_of_two(half) * power_of_two(whole - half);
}
/* e^x 2^up in one step, for what neither under- nor overflows: -88 < x + up ln 2 < 88. */
TS_INTO_LOOPS float exp_between(float x, int up)
{
    const float magic = 12582912.0f + 127.0f + (float)up; /* with the exponent's bias */
    const float shifted = x * 0x1.715476p0f + magic, n = shifted - magic;
    const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f, r2 = r * r;
    const float low = 0x1.fffffep-2f + 0x1.5554dcp-3f * r;
    const float high = 0x1.55551ap-5f + 0x1.120be8p-7f * r;
    const float p = 1.0f + (r + r2 * (low + r2 * (high + r2 * 0x1.6d105ap-10f)));
    uint32_t bits;
    float scale;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 23;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}
#else
TS_INTO_LOOPS double exp_real(double x)
{
    return ts_exp(x);
}
#endif

#endif
