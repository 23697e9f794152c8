/* passes.c: the passes of passes.h, written once (passes.def) and compiled for both types.
 * Test: tests/topk/test_passes.c */
#include "ref/topk/passes.h"

#include "ref/base/clones.h"
#include "ref/topk/keys.h"

#include <math.h>

/* Eight flags as one word, the first one lowest. */
static uint64_t word_of(const uint8_t *flag)
{
    return (uint64_t)flag[0] | (uint64_t)flag[1] << 8 | (uint64_t)flag[2] << 16 |
           (uint64_t)flag[3] << 24 | (uint64_t)flag[4] << 32 | (uint64_t)flag[5] << 40 |
           (uint64_t)flag[6] << 48 | (uint64_t)flag[7] << 56;
}

/* The number of the lowest byte of a word of flags that is 1: 1 << 8 p times that constant has p in its
 * highest byte. */
static int lowest_byte(uint64_t word)
{
    return (int)((word & (~word + 1)) * 0x0001020304050607u >> 56);
}

#define REAL float
#define KEY uint32_t
#define NAME(name) name##_f32
#include "ref/topk/passes.def"

#define REAL double
#define KEY uint64_t
#define NAME(name) name##_f64
#include "ref/topk/passes.def"

const ts_passes *ts_passes_of(ts_dtype dtype)
{
    return dtype == TS_F64 ? &passes_f64 : &passes_f32;
}
