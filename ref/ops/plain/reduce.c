/* reduce.c: all numbers of a tensor to one.
 *
 *     y = f sum_i x_i          dL/dx_i = f dy            f = 1 (sum) or 1 / n (mean)
 *
 * Source:   torch.sum, torch.mean
 * Shapes:   x, dx (n); y, dy (1)
 * Pitfalls: the sum of nothing is 0, its mean NaN
 * Test:     tests/ops/test_reduce.c          Golden: ops/sum, ops/mean */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(reduce_forward)(real *y, const real *x, bool mean, int64_t n)
{
    SUM_OVER(sum, i, n, (wide)x[i]);
    *y = (real)(mean ? sum / (wide)n : sum);
}

void TS_NAME(reduce_backward)(real *dx, const real *dy, bool mean, int64_t n)
{
    const real each = (real)(mean ? (wide)*dy / (wide)n : (wide)*dy);
    for (int64_t i = 0; i < n; i++)
        dx[i] = each;
}

#if defined(TS_GAUGES)
/* f sum (|x| + gx). gx may be NULL. */
void TS_NAME(reduce_gauge)(double *g, const real *x, const double *gx, bool mean, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs((double)x[i]) + (gx ? gx[i] : 0.0);
    *g = mean ? sum / (double)n : sum;
}

void TS_NAME(reduce_backward_gauge)(double *gdx, const real *dy, const double *gdy, bool mean,
                                    int64_t n)
{
    const double d = fabs((double)*dy) + (gdy ? *gdy : 0.0);
    for (int64_t i = 0; i < n; i++)
        gdx[i] = mean ? d / (double)n : d;
}
#endif
