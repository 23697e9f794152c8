#include "ref/base/dtype.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t size;
    bool is_float;
} properties;

static const properties of[TS_DTYPE_COUNT] = {
    [TS_NONE] = {"none", 0, false}, [TS_F64] = {"F64", 8, true},
    [TS_F32] = {"F32", 4, true},    [TS_BF16] = {"BF16", 2, true},
    [TS_F16] = {"F16", 2, true},    [TS_F8_E4M3] = {"F8_E4M3", 1, true},
    [TS_I64] = {"I64", 8, false},   [TS_I32] = {"I32", 4, false},
    [TS_I16] = {"I16", 2, false},   [TS_I8] = {"I8", 1, false},
    [TS_U64] = {"U64", 8, false},   [TS_U32] = {"U32", 4, false},
    [TS_U16] = {"U16", 2, false},   [TS_U8] = {"U8", 1, false},
    [TS_BOOL] = {"BOOL", 1, false},
};

size_t ts_dtype_size(ts_dtype dtype)
{
    return of[dtype].size;
}

const char *ts_dtype_name(ts_dtype dtype)
{
    return of[dtype].name;
}

ts_dtype ts_dtype_from_name(const char *name)
{
    for (int i = TS_NONE + 1; i < TS_DTYPE_COUNT; i++)
        if (strcmp(of[i].name, name) == 0)
            return (ts_dtype)i;
    return TS_NONE;
}

bool ts_dtype_is_float(ts_dtype dtype)
{
    return of[dtype].is_float;
}

float ts_bf16_to_f32(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static float nan_of(int sign, uint32_t fraction)
{
    const uint32_t bits = (sign ? 0xff800000u : 0x7f800000u) | fraction;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float ts_f16_to_f32(uint16_t bits)
{
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const float sign = bits & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 31)
        return fraction ? nan_of(bits & 0x8000, (uint32_t)fraction << 13) : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexpf((float)fraction, -24);
    return sign * ldexpf((float)(fraction + 1024), exponent - 25);
}

/* 1 sign, 4 exponent (bias 7), 3 fraction bits; no infinity, all ones is NaN. */
float ts_f8_e4m3_to_f32(uint8_t bits)
{
    const int exponent = (bits >> 3) & 15, fraction = bits & 7;
    const float sign = bits & 0x80 ? -1.0f : 1.0f;
    if (exponent == 15 && fraction == 7)
        return nan_of(bits & 0x80, 0x400000);
    if (exponent == 0)
        return sign * ldexpf((float)fraction, -9);
    return sign * ldexpf((float)(fraction + 8), exponent - 10);
}

/* |value| as a multiple of the format's spacing there, rounded to nearest even: the bits of a small
 * float without its sign, which run on into the next exponent by themselves. `digits` fraction
 * bits; `lowest` is the exponent of the smallest normal number. Not for NaN or infinity. */
static uint32_t small_bits(double value, int digits, int lowest)
{
    int exponent;
    const double size = fabs(value);
    if (size == 0.0)
        return 0;
    frexp(size, &exponent); /* size = f 2^exponent, f in [0.5, 1) */
    exponent = exponent - 1 < lowest ? lowest : exponent - 1;
    const double steps = nearbyint(ldexp(size, digits - exponent));
    return ((uint32_t)(exponent - lowest) << digits) + (uint32_t)steps;
}

static uint16_t narrow16(double value, int digits, int lowest, uint16_t infinity)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value))
        return (uint16_t)(sign | infinity | (1u << (digits - 1)));
    if (isinf(value))
        return (uint16_t)(sign | infinity);
    const uint32_t bits = small_bits(value, digits, lowest);
    return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}

uint16_t ts_f64_to_bf16(double value)
{
    return narrow16(value, 7, -126, 0x7f80);
}

uint16_t ts_f64_to_f16(double value)
{
    return narrow16(value, 10, -14, 0x7c00);
}

uint8_t ts_f64_to_f8_e4m3(double value)
{
    const uint8_t sign = signbit(value) ? 0x80 : 0;
    if (isnan(value) || isinf(value))
        return (uint8_t)(sign | 0x7f);
    const uint32_t bits = small_bits(value, 3, -6);
    return (uint8_t)(sign | (bits < 0x7f ? bits : 0x7f));
}

double ts_load(const void *data, ts_dtype dtype, int64_t i)
{
    switch (dtype) {
    case TS_F64: return ((const double *)data)[i];
    case TS_F32: return (double)((const float *)data)[i];
    case TS_BF16: return (double)ts_bf16_to_f32(((const uint16_t *)data)[i]);
    case TS_F16: return (double)ts_f16_to_f32(((const uint16_t *)data)[i]);
    case TS_F8_E4M3: return (double)ts_f8_e4m3_to_f32(((const uint8_t *)data)[i]);
    case TS_I64: return (double)((const int64_t *)data)[i];
    case TS_I32: return ((const int32_t *)data)[i];
    case TS_I16: return ((const int16_t *)data)[i];
    case TS_I8: return ((const int8_t *)data)[i];
    case TS_U64: return (double)((const uint64_t *)data)[i];
    case TS_U32: return ((const uint32_t *)data)[i];
    case TS_U16: return ((const uint16_t *)data)[i];
    case TS_U8:
    case TS_BOOL: return ((const uint8_t *)data)[i];
    case TS_NONE:
    case TS_DTYPE_COUNT: break;
    }
    return 0.0;
}

/* To the nearest integer in [low, high]; NaN becomes 0. */
static double whole(double value, double low, double high)
{
    if (isnan(value))
        return 0.0;
    const double near = nearbyint(value);
    return near < low ? low : near > high ? high : near;
}

static int64_t whole64(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : (int64_t)nearbyint(value);
}

static uint64_t whole64u(double value)
{
    if (!(value > 0.0))
        return 0;
    return value >= 0x1p64 ? UINT64_MAX : (uint64_t)nearbyint(value);
}

void ts_store(void *data, ts_dtype dtype, int64_t i, double value)
{
    switch (dtype) {
    case TS_F64: ((double *)data)[i] = value; break;
    case TS_F32: ((float *)data)[i] = (float)value; break;
    case TS_BF16: ((uint16_t *)data)[i] = ts_f64_to_bf16(value); break;
    case TS_F16: ((uint16_t *)data)[i] = ts_f64_to_f16(value); break;
    case TS_F8_E4M3: ((uint8_t *)data)[i] = ts_f64_to_f8_e4m3(value); break;
    case TS_I64: ((int64_t *)data)[i] = whole64(value); break;
    case TS_I32: ((int32_t *)data)[i] = (int32_t)whole(value, INT32_MIN, INT32_MAX); break;
    case TS_I16: ((int16_t *)data)[i] = (int16_t)whole(value, INT16_MIN, INT16_MAX); break;
    case TS_I8: ((int8_t *)data)[i] = (int8_t)whole(value, INT8_MIN, INT8_MAX); break;
    case TS_U64: ((uint64_t *)data)[i] = whole64u(value); break;
    case TS_U32: ((uint32_t *)data)[i] = (uint32_t)whole(value, 0, UINT32_MAX); break;
    case TS_U16: ((uint16_t *)data)[i] = (uint16_t)whole(value, 0, UINT16_MAX); break;
    case TS_U8: ((uint8_t *)data)[i] = (uint8_t)whole(value, 0, UINT8_MAX); break;
    case TS_BOOL: ((uint8_t *)data)[i] = value != 0.0; break;
    case TS_NONE:
    case TS_DTYPE_COUNT: break;
    }
}
