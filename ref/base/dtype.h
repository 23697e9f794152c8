/* dtype.h: number formats, and the conversions between them.
 *
 * Every conversion to a narrower float rounds to nearest, ties to even; overflow gives infinity
 * (F8_E4M3 has none: NaN, as its definition says; newer torch saturates at 448 instead). To a wider
 * float they are exact. NaN stays NaN and keeps its sign; its fraction is kept on the way to a
 * wider format and becomes the quiet one (the highest bit alone) on the way to a narrower. dtype.c
 * has single values, convert.c whole arrays. */
#ifndef TS_BASE_DTYPE_H
#define TS_BASE_DTYPE_H

#include "ref/base/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_NONE = 0, /* the type of an empty tensor */
    TS_F64,
    TS_F32,
    TS_BF16,
    TS_F16,
    TS_F8_E4M3,
    TS_I64,
    TS_I32,
    TS_I16,
    TS_I8,
    TS_U64,
    TS_U32,
    TS_U16,
    TS_U8,
    TS_BOOL,
    TS_DTYPE_COUNT
} ts_dtype;

/* Bytes of one element; 0 for TS_NONE. */
size_t ts_dtype_size(ts_dtype dtype);

/* The name in a safetensors header ("F32", "F8_E4M3", ...), and back (TS_NONE when unknown). */
const char *ts_dtype_name(ts_dtype dtype);
ts_dtype ts_dtype_from_name(const char *name);

bool ts_dtype_is_float(ts_dtype dtype);

/* Single values. */
float ts_bf16_to_f32(uint16_t bits);
float ts_f16_to_f32(uint16_t bits);
float ts_f8_e4m3_to_f32(uint8_t bits);
uint16_t ts_f64_to_bf16(double value);
uint16_t ts_f64_to_f16(double value);
uint8_t ts_f64_to_f8_e4m3(double value);

/* Element i of an array of any type, as a double (integers beyond 2^53 are rounded). */
double ts_load(const void *data, ts_dtype dtype, int64_t i);

/* Stores a value, rounded to the type (integers: to nearest, saturated). */
void ts_store(void *data, ts_dtype dtype, int64_t i, double value);

/* n elements, any type to any type; the arrays do not overlap. Threads share long arrays. */
void ts_convert(void *to, ts_dtype to_dtype, const void *from, ts_dtype from_dtype, int64_t n);

/* Rounds n floats or doubles (dtype TS_F32 or TS_F64) in place to the values that `format` can hold
 * (TS_BF16, TS_F16, TS_F32, TS_F8_E4M3): how a run in a narrow format is emulated. Other formats
 * change nothing. */
void ts_round_to(void *data, ts_dtype dtype, ts_dtype format, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
