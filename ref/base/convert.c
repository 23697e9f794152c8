/* convert.c: whole arrays from one number format to another.
 *
 * Weights of billions of numbers are widened as they are read, and emulated formats round every
 * result: so these are loops that a compiler turns into vectors, and long arrays are cut among
 * threads. A double goes to a narrow format through a float that is "rounded to odd" (cut off, with
 * its last bit set when anything was lost): such a float rounds on as the double itself would, with
 * no second rounding error, because it has more than two digits to spare (Boldo and Melquiond, When
 * double rounding is odd, 2005). The single values of dtype.c are computed another way; the test
 * holds one against the other.
 * Test: tests/base/test_convert.c. */
#include "ref/base/dtype.h"

#include "ref/base/clones.h"
#include "ref/base/par.h"

#include <math.h>
#include <string.h>

static inline uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float to_odd(double x)
{
    const float f = (float)x;
    const double back = (double)f;
    const uint32_t beyond = fabs(back) > fabs(x) ? 1u : 0u, lost = back < x || back > x ? 1u : 0u;
    return float_of((bits_of(f) - beyond) | lost);
}

/* Exponents are moved by a product with a power of two: exact, subnormal numbers included. */
static inline float bf16_wide(uint16_t h)
{
    return float_of((uint32_t)h << 16);
}

static inline float f16_wide(uint16_t h)
{
    const uint32_t size = h & 0x7fffu, sign = ((uint32_t)h & 0x8000u) << 16;
    const uint32_t finite = bits_of(float_of(size << 13) * 0x1p112f);
    return float_of(sign | (size < 0x7c00 ? finite : size << 13 | 0x7f800000u));
}

static inline float f8_wide(uint8_t b)
{
    const uint32_t size = b & 0x7fu, sign = ((uint32_t)b & 0x80u) << 24;
    const uint32_t finite = bits_of(float_of(size << 20) * 0x1p120f);
    return float_of(sign | (size < 0x7f ? finite : 0x7fc00000u));
}

/* To nearest, ties to even: half a step less a bit is added, and one bit more to odd numbers; the
 * carry runs on into the exponent by itself. Below the smallest normal number the addition of a
 * float whose last place is the format's smallest step does it. */
static inline uint16_t bf16_narrow(float x)
{
    const uint32_t bits = bits_of(x), size = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
    const uint32_t near = (size + 0x7fffu + (size >> 16 & 1)) >> 16;
    return (uint16_t)(sign | (size > 0x7f800000u ? 0x7fc0u : near));
}

static inline uint16_t f16_narrow(float x)
{
    const uint32_t bits = bits_of(x), size = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
    const uint32_t near = (size - (112u << 23) + 0xfffu + (size >> 13 & 1)) >> 13;
    const uint32_t small = bits_of(float_of(size) + 0.5f) - bits_of(0.5f);
    const uint32_t finite = size < 0x38800000u ? small : near;
    const uint32_t value = size >= 0x47800000u || finite > 0x7c00u ? 0x7c00u : finite;
    return (uint16_t)(sign | (size > 0x7f800000u ? 0x7e00u : value));
}

static inline uint8_t f8_narrow(float x)
{
    const uint32_t bits = bits_of(x), size = bits & 0x7fffffffu, sign = bits >> 24 & 0x80u;
    const uint32_t near = (size - (120u << 23) + 0x7ffffu + (size >> 20 & 1)) >> 20;
    const uint32_t small = bits_of(float_of(size) + 0x1p14f) - bits_of(0x1p14f);
    const uint32_t finite = size < 0x3c800000u ? small : near;
    return (uint8_t)(sign | (size >= 0x44000000u || finite > 0x7fu ? 0x7fu : finite));
}

/* One loop for each pair of types. */
#define LOOP(name, to_type, from_type, expression)                                                 \
    TS_CLONES static void name(void *to, const void *from, int64_t n)                              \
    {                                                                                              \
        to_type *restrict y = to;                                                                  \
        const from_type *restrict v = from;                                                        \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const from_type x = v[i];                                                              \
            y[i] = expression;                                                                     \
        }                                                                                          \
    }

LOOP(f32_from_bf16, float, uint16_t, bf16_wide(x))
LOOP(f32_from_f16, float, uint16_t, f16_wide(x))
LOOP(f32_from_f8, float, uint8_t, f8_wide(x))
LOOP(f32_from_f64, float, double, (float)x)
LOOP(f64_from_bf16, double, uint16_t, (double)bf16_wide(x))
LOOP(f64_from_f16, double, uint16_t, (double)f16_wide(x))
LOOP(f64_from_f8, double, uint8_t, (double)f8_wide(x))
LOOP(f64_from_f32, double, float, (double)x)
LOOP(bf16_from_f32, uint16_t, float, bf16_narrow(x))
LOOP(f16_from_f32, uint16_t, float, f16_narrow(x))
LOOP(f8_from_f32, uint8_t, float, f8_narrow(x))
LOOP(bf16_from_f64, uint16_t, double, bf16_narrow(to_odd(x)))
LOOP(f16_from_f64, uint16_t, double, f16_narrow(to_odd(x)))
LOOP(f8_from_f64, uint8_t, double, f8_narrow(to_odd(x)))

/* The same in place: what a format can hold of each number. */
#define ROUND(name, type, expression)                                                              \
    TS_CLONES static void name(void *data, int64_t n)                                              \
    {                                                                                              \
        type *y = data;                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const type x = y[i];                                                                   \
            y[i] = expression;                                                                     \
        }                                                                                          \
    }

ROUND(f32_to_bf16, float, bf16_wide(bf16_narrow(x)))
ROUND(f32_to_f16, float, f16_wide(f16_narrow(x)))
ROUND(f32_to_f8, float, f8_wide(f8_narrow(x)))
ROUND(f64_to_bf16, double, (double)bf16_wide(bf16_narrow(to_odd(x))))
ROUND(f64_to_f16, double, (double)f16_wide(f16_narrow(to_odd(x))))
ROUND(f64_to_f8, double, (double)f8_wide(f8_narrow(to_odd(x))))
ROUND(f64_to_f32, double, (double)(float)x)

typedef void converter(void *to, const void *from, int64_t n);
typedef void rounder(void *data, int64_t n);

static converter *const convert_of[TS_DTYPE_COUNT][TS_DTYPE_COUNT] = {
    [TS_F32] = {[TS_BF16] = f32_from_bf16, [TS_F16] = f32_from_f16, [TS_F8_E4M3] = f32_from_f8,
                [TS_F64] = f32_from_f64},
    [TS_F64] = {[TS_BF16] = f64_from_bf16, [TS_F16] = f64_from_f16, [TS_F8_E4M3] = f64_from_f8,
                [TS_F32] = f64_from_f32},
    [TS_BF16] = {[TS_F32] = bf16_from_f32, [TS_F64] = bf16_from_f64},
    [TS_F16] = {[TS_F32] = f16_from_f32, [TS_F64] = f16_from_f64},
    [TS_F8_E4M3] = {[TS_F32] = f8_from_f32, [TS_F64] = f8_from_f64},
};

static rounder *const round_of[TS_DTYPE_COUNT][TS_DTYPE_COUNT] = {
    [TS_F32] = {[TS_BF16] = f32_to_bf16, [TS_F16] = f32_to_f16, [TS_F8_E4M3] = f32_to_f8},
    [TS_F64] = {[TS_BF16] = f64_to_bf16, [TS_F16] = f64_to_f16, [TS_F8_E4M3] = f64_to_f8,
                [TS_F32] = f64_to_f32},
};

enum { GRAIN = 1 << 16 };

typedef struct {
    unsigned char *to;
    const unsigned char *from;
    ts_dtype to_dtype, from_dtype;
} work;

static void convert_piece(void *arg, int64_t first, int64_t last)
{
    const work *w = arg;
    const size_t to_size = ts_dtype_size(w->to_dtype), from_size = ts_dtype_size(w->from_dtype);
    unsigned char *to = w->to + (size_t)first * to_size;
    const unsigned char *from = w->from + (size_t)first * from_size;
    converter *convert = convert_of[w->to_dtype][w->from_dtype];
    if (convert)
        convert(to, from, last - first);
    else if (w->to_dtype == w->from_dtype)
        memcpy(to, from, (size_t)(last - first) * to_size);
    else
        for (int64_t i = 0; i < last - first; i++)
            ts_store(to, w->to_dtype, i, ts_load(from, w->from_dtype, i));
}

void ts_convert(void *to, ts_dtype to_dtype, const void *from, ts_dtype from_dtype, int64_t n)
{
    work w = {to, from, to_dtype, from_dtype};
    if (n > 0)
        ts_par_for(n, GRAIN, convert_piece, &w);
}

static void round_piece(void *arg, int64_t first, int64_t last)
{
    const work *w = arg;
    rounder *round_all = round_of[w->to_dtype][w->from_dtype];
    round_all(w->to + (size_t)first * ts_dtype_size(w->to_dtype), last - first);
}

void ts_round_to(void *data, ts_dtype dtype, ts_dtype format, int64_t n)
{
    work w = {.to = data, .to_dtype = dtype, .from_dtype = format};
    if (n > 0 && round_of[dtype][format])
        ts_par_for(n, GRAIN, round_piece, &w);
}
