/* exponentials.h: a row of scores to weights, for attention. */
#ifndef TS_OPS_BLAS_EXPONENTIALS_H
#define TS_OPS_BLAS_EXPONENTIALS_H

#include "ref/ops/blas/vector.h"

/* p_j = e^(factor p_j - m), m = max_j factor p_j, which is returned; *sum = sum_j p_j. */
TS_CLONES
static real row_weights(real *p, int64_t n, real factor, double *sum)
{
    enum { LANES = 32 };
    real max[LANES], part[LANES] = {0};
    for (int i = 0; i < LANES; i++)
        max[i] = (real)-INFINITY;
    const int64_t whole = n - n % LANES;
    for (int64_t j = 0; j < whole; j += LANES)
        for (int i = 0; i < LANES; i++) {
            const real at = p[j + i] * factor;
            max[i] = at > max[i] ? at : max[i];
        }
    for (int64_t j = whole; j < n; j++)
        max[j - whole] = p[j] * factor > max[j - whole] ? p[j] * factor : max[j - whole];
    real m = max[0];
    for (int i = 1; i < LANES; i++)
        m = max[i] > m ? max[i] : m;
    const real shift = m == (real)-INFINITY ? 0 : m;
    for (int64_t j = 0; j < whole; j += LANES)
        for (int i = 0; i < LANES; i++) {
            p[j + i] = exp_real(p[j + i] * factor - shift);
            part[i] += p[j + i];
        }
    *sum = 0.0;
    for (int64_t j = whole; j < n; j++) {
        p[j] = exp_real(p[j] * factor - shift);
        *sum += (double)p[j];
    }
    for (int i = 0; i < LANES; i++)
        *sum += (double)part[i];
    return m;
}

#endif
