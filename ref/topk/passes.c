/* passes.c: the passes of passes.h, written once (passes.def) and compiled for both types.
 * Test: tests/topk/test_passes.c */
#include "ref/topk/passes.h"

#include "ref/base/clones.h"
#include "ref/topk/keys.h"

#include <math.h>

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
