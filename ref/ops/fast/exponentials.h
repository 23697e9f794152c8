/* exponentials.h: plain's exponentials of a block of numbers, in the two loops that base/mathf_exp.h
 * speaks of: the same bits sooner. */
#ifndef TS_OPS_FAST_EXPONENTIALS_H
#define TS_OPS_FAST_EXPONENTIALS_H

#include "ref/ops/fast/pieces.h"
#include "ref/ops/plain/exponential.h"

/* e_i = e^(e_i), n <= TS_BLOCK */
TS_INTO_LOOPS void exponentials(wide *e, int64_t n)
{
#if TS_REAL_BITS == 32
    double r[TS_BLOCK];
    for (int64_t i = 0; i < n; i++) {
        const mathf_near part = mathf_near_reduce(e[i]);
        r[i] = part.r;
        e[i] = part.scale;
    }
    for (int64_t i = 0; i < n; i++)
        e[i] = mathf_near_sum(r[i]) * e[i];
#else
    for (int64_t i = 0; i < n; i++)
        e[i] = exponential(e[i]);
#endif
}

#endif
