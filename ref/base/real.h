/* real.h: one source, four arithmetics.
 *
 * A kernel of ops/plain is compiled four times, from the same lines:
 *
 *     f32     results are floats, everything inside is double: the exact result, rounded once
 *     f64     results are doubles: the truth
 *     honest  results are floats and so is everything inside, sums are added one term after another:
 *             the error that a float implementation may make, by a scheme that is the same on every
 *             machine. (Sums in blocks were tried: where many terms are equal, as over a flat picture
 *             or over padding tokens, a correct program that adds them one after another is off by 10
 *             to 30 times what the blocks say.)
 *     paired  as honest, but every sum runs in two, even and odd terms: another throw of the same
 *             dice. An error that a few roundings decide is small by luck in one run in many, and
 *             then every correct program would be refused; not so twice.
 *
 * and a kernel of ops/fast or ops/blas the first two times. The build passes -DTS_REAL_BITS=32 or
 * 64, -DTS_HONEST for the third and fourth, -DTS_PAIRED for the fourth, and -DTS_TABLE=plain, fast,
 * blas, honest or paired; TS_NAME(f) is then ts_plain_f_f32 and so on.
 *
 * real is the type of what is stored, wide the type of what is computed, and a sum is written
 *
 *     accumulator s = {0};
 *     for (...)
 *         accumulate(&s, (wide)x[i] * (wide)w[i]);
 *     y = (real)total(&s);
 *
 * in the order of the loop that is written: that makes the f32 and f64 results the same bits for
 * every compiler, thread count and processor. */
#ifndef TS_BASE_REAL_H
#define TS_BASE_REAL_H

#include "ref/base/target.h"

#if defined(TS_REAL_BITS)

#define TS_PASTE3_(table, f, type) ts_##table##_##f##_##type
#define TS_PASTE3(table, f, type) TS_PASTE3_(table, f, type)

#if TS_REAL_BITS == 32
typedef float real;
#define TS_NAME(f) TS_PASTE3(TS_TABLE, f, f32)
#elif TS_REAL_BITS == 64
typedef double real;
#define TS_NAME(f) TS_PASTE3(TS_TABLE, f, f64)
#endif

#if defined(TS_HONEST)
typedef float wide;
#else
typedef double wide;
#endif

#if defined(TS_PAIRED)
typedef struct {
    wide sum, other;
} accumulator;

static inline void accumulate(accumulator *s, wide term)
{
    const wide next = s->other;
    s->other = s->sum + term;
    s->sum = next;
}

static inline wide total(const accumulator *s)
{
    return s->sum + s->other;
}
#else
typedef struct {
    wide sum;
} accumulator;

static inline void accumulate(accumulator *s, wide term)
{
    s->sum += term;
}

static inline wide total(const accumulator *s)
{
    return s->sum;
}
#endif

#endif /* TS_REAL_BITS */
#endif
