/* target.h: what a machine and a compiler must be for the same bits; others are refused when they
 * compile, with the reason. Whoever includes a context, a tensor, a kernel's arithmetic or mathf.h
 * comes by here first.
 *
 *     64 bits            sizes and offsets of checkpoints must fit into size_t and off_t
 *     no excess bits     x87 keeps 80 bits in its registers and rounds when it pleases. GCC for s390x
 *                        computes floats in double under -std=c11: -fexcess-precision=fast, which the
 *                        Makefile and the installed touchstone.pc pass, makes it stop
 *     no fast-math       it reorders sums and believes that there are no NaN
 *     IEEE 754           float and double of 24 and 53 bits, bytes of 8
 *
 * Test: tests/base/test_target.c compiles it for such machines. */
#ifndef TS_BASE_TARGET_H
#define TS_BASE_TARGET_H

#if defined(__SIZEOF_POINTER__)
#if __SIZEOF_POINTER__ != 8
#error "32-bit targets are refused: sizes and offsets of checkpoints need 64 bits"
#endif
#else
#include <stdint.h>
#if UINTPTR_MAX < 0xffffffffffffffffu
#error "32-bit targets are refused: sizes and offsets of checkpoints need 64 bits"
#endif
#endif

#include <float.h>

#if FLT_EVAL_METHOD == 1
#error "floats are computed in double here: build with -fexcess-precision=fast"
#elif FLT_EVAL_METHOD != 0
#error "x87 keeps extra bits in its registers: build for SSE2 (-mfpmath=sse)"
#endif

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "fast-math reorders sums and forgets NaN: the reference would stop being one"
#endif

#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53 || FLT_MAX_EXP != 128 || \
    DBL_MAX_EXP != 1024
#error "float and double must be those of IEEE 754"
#endif

#endif
