/* exponential.h: e^x in `wide`, as exactly as what is stored wants it; the largest of a row.
 *
 * Beside a float's rounding (2^-24) the last digits of a double (2^-53) decide one result in many
 * millions, and cost as much time as all the others. A double's result wants them. */
#ifndef TS_OPS_PLAIN_EXPONENTIAL_H
#define TS_OPS_PLAIN_EXPONENTIAL_H

#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/base/real.h"

#include <math.h>
#include <stdint.h>

TS_INTO_LOOPS wide exponential(wide x)
{
#if TS_REAL_BITS == 32
    return (wide)ts_exp_near((double)x);
#else
    return ts_exp(x);
#endif
}

/* The largest of n numbers, in 16 lanes side by side; NaN counts for nothing, of nothing it is
 * -infinity. */
TS_INTO_LOOPS wide largest(const real *x, int64_t n)
{
    enum { LANES = 16 };
    const int64_t whole = n - n % LANES;
    real m[LANES];
    for (int l = 0; l < LANES; l++)
        m[l] = (real)-INFINITY;
    for (int64_t at = 0; at < whole; at += LANES)
        for (int l = 0; l < LANES; l++)
            m[l] = x[at + l] > m[l] ? x[at + l] : m[l];
    for (int64_t i = whole; i < n; i++)
        m[i - whole] = x[i] > m[i - whole] ? x[i] : m[i - whole];
    for (int l = 1; l < LANES; l++)
        m[0] = m[l] > m[0] ? m[l] : m[0];
    return (wide)m[0];
}

#endif
