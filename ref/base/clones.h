/* clones.h: one function, compiled for several generations of a processor.
 *
 * TS_CLONES before a function of x86-64 asks the compiler for a copy for AVX-512, one for AVX2 and
 * one for every processor; the loader picks. The copies differ in the width of their vectors, not in
 * the order of any sum, and no multiply-add is fused (-ffp-contract=off): the bits are the same.
 * It needs the loader's indirect functions (glibc), which the sanitizers do not get on with. */
#ifndef TS_BASE_CLONES_H
#define TS_BASE_CLONES_H

#include "ref/base/target.h"

#include <stdint.h> /* brings __GLIBC__ where there is one */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(TS_NO_CLONES)
#define TS_CLONES
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                        \
    __has_feature(memory_sanitizer)
#define TS_CLONES
#endif
#endif

/* clang before 18 gives the copies' common name a suffix, and other files do not find it. */
#if defined(__clang__)
#define TS_CAN_CLONE (__clang_major__ >= 18)
#elif defined(__GNUC__)
#define TS_CAN_CLONE (__GNUC__ >= 12)
#else
#define TS_CAN_CLONE 0
#endif

#if !defined(TS_CLONES)
#if defined(__x86_64__) && defined(__GLIBC__) && TS_CAN_CLONE
#define TS_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define TS_CLONES
#endif
#endif

/* A function that belongs into a vector loop, however long it is: a loop with a call is none. */
#if defined(__GNUC__)
#define TS_INTO_LOOPS __attribute__((always_inline)) static inline
#else
#define TS_INTO_LOOPS static inline
#endif

/* Asks for the line of memory at an address that will be read, or written, soon; any address is legal.
 * Long loops of arithmetic fill the processor's window, and it does not see the next addresses itself. */
#if defined(__GNUC__)
#define TS_PREFETCH(address) __builtin_prefetch(address)
#define TS_PREFETCH_TO_WRITE(address) __builtin_prefetch((address), 1)
#else
#define TS_PREFETCH(address) ((void)(address))
#define TS_PREFETCH_TO_WRITE(address) ((void)(address))
#endif

#endif
