/* keys.h: magnitudes as whole numbers.
 *
 * Without its sign, a finite IEEE number is ordered as its bits are: |a| >= |b| exactly when
 * key(a) >= key(b). Comparing keys is immune to flushed subnormals and to fast-math, and a threshold
 * t of any double becomes the smallest key whose magnitude is at least t. */
#ifndef TS_TOPK_KEYS_H
#define TS_TOPK_KEYS_H

#include "ref/base/dtype.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline uint32_t ts_key_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffu;
}

static inline uint64_t ts_key_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffffffffffu;
}

/* The key of infinity: finite numbers have smaller ones, NaN larger. */
static inline uint64_t ts_key_infinity(ts_dtype dtype)
{
    return dtype == TS_F64 ? 0x7ff0000000000000u : 0x7f800000u;
}

/* The smallest key of F32 or F64 whose magnitude is >= t; t >= 0, or infinity. */
static inline uint64_t ts_key_at_least(double t, ts_dtype dtype)
{
    if (dtype == TS_F64)
        return ts_key_f64(t);
    const float near = (float)t;
    return (uint64_t)ts_key_f32(near) + ((double)near < t);
}

/* The magnitude of a key. */
static inline double ts_key_magnitude(uint64_t key, ts_dtype dtype)
{
    double wide;
    float narrow;
    const uint32_t low = (uint32_t)key;
    memcpy(&wide, &key, sizeof wide);
    memcpy(&narrow, &low, sizeof narrow);
    return dtype == TS_F64 ? wide : (double)narrow;
}

/* The k-th largest of n keys, 1 <= k <= n; they are rearranged. Quickselect: expected O(n). */
uint64_t ts_keys_kth(uint64_t *keys, int64_t n, int64_t k);

#ifdef __cplusplus
}
#endif
#endif
