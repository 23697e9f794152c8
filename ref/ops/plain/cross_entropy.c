/* cross_entropy.c: how unlikely the right classes are.
 *
 *     y = mean over rows of log(sum_c exp(z_c)) - z_t
 *
 * With m = max z the logarithm is m + log1p(the other exponentials of z - m): nothing overflows, and
 * nothing is lost when one class has nearly all the weight.
 *
 * Source:   torch.nn.functional.cross_entropy (mean, no class weights)
 * Shapes:   z, dz (rows, classes); target (rows), each in [0, classes); y, dy one number
 * Pitfalls: without rows the mean is NaN, as in torch
 * Test:     tests/ops/test_cross_entropy.c   Golden: ops/cross_entropy */
#include "ref/base/mathf.h"
#include "ref/ops/kernels.h"

#include <math.h>

static int64_t largest(const real *z, int64_t n)
{
    int64_t best = 0;
    for (int64_t c = 1; c < n; c++)
        best = z[c] > z[best] ? c : best;
    return best;
}

static wide exp_from(real z, real m)
{
    return (wide)ts_exp((double)((wide)z - (wide)m));
}

/* The sum of exp(z_c - m) over all classes but one. */
static wide sum_without(const real *z, int64_t n, int64_t one, real m)
{
    accumulator sum = {0};
    for (int64_t c = 0; c < n; c++)
        if (c != one)
            accumulate(&sum, exp_from(z[c], m));
    return total(&sum);
}

void TS_NAME(cross_entropy_forward)(real *y, const real *z, const int64_t *target, int64_t rows,
                                    int64_t classes)
{
    accumulator sum = {0};
    for (int64_t row = 0; row < rows; row++, z += classes) {
        const int64_t best = largest(z, classes);
        const wide rest = sum_without(z, classes, best, z[best]);
        accumulate(&sum, (wide)ts_log1p((double)rest) + ((wide)z[best] - (wide)z[target[row]]));
    }
    *y = (real)(total(&sum) / (wide)rows);
}

/* dL/dz_c = dy / rows (p_c - [c = t]); at the target 1 - p is the sum of the others */
void TS_NAME(cross_entropy_backward)(real *dz, const real *dy, const real *z, const int64_t *target,
                                     int64_t rows, int64_t classes)
{
    for (int64_t row = 0; row < rows; row++, z += classes, dz += classes) {
        const int64_t t = target[row];
        const real m = z[largest(z, classes)];
        const wide others = sum_without(z, classes, t, m), all = others + exp_from(z[t], m);
        for (int64_t c = 0; c < classes; c++) {
            const wide slope = c == t ? -others / all : exp_from(z[c], m) / all;
            dz[c] = (real)((wide)*dy * slope / (wide)rows);
        }
    }
}

#if defined(TS_GAUGES)
/* What both gauges need of a row. gz may be NULL. */
typedef struct {
    double m, all, pull, spread; /* max, sum of exp, sum p |z - m|, sum p gz */
} summary;

static summary summary_of(const real *z, const double *gz, int64_t n)
{
    summary s = {.m = (double)z[largest(z, n)]};
    for (int64_t c = 0; c < n; c++) {
        const double e = ts_exp((double)z[c] - s.m);
        s.all += e;
        s.pull += e > 0.0 ? e * fabs((double)z[c] - s.m) : 0.0;
        s.spread += gz ? e * gz[c] : 0.0;
    }
    s.pull /= s.all;
    s.spread /= s.all;
    return s;
}

/* g = mean of |z_t - m| + log-sum + sum p |z - m| + 1 - p_max + gz_t + sum p gz */
void TS_NAME(cross_entropy_gauge)(double *g, const real *z, const double *gz, const int64_t *target,
                                  int64_t rows, int64_t classes)
{
    *g = 0.0;
    for (int64_t row = 0; row < rows; row++, z += classes, gz = gz ? gz + classes : NULL) {
        const summary s = summary_of(z, gz, classes);
        const int64_t t = target[row];
        *g += (fabs((double)z[t] - s.m) + ts_log(s.all) + s.pull + 1.0 - 1.0 / s.all +
               (gz ? gz[t] : 0.0) + s.spread) / (double)rows;
    }
}

/* Softmax's gauge p (|z - m| + gz + sum p (|z - m| + gz) + 2), a product and a quotient; gdy and gz
 * may be NULL. */
void TS_NAME(cross_entropy_backward_gauge)(double *g, const real *dy, const double *gdy,
                                           const real *z, const double *gz, const int64_t *target,
                                           int64_t rows, int64_t classes)
{
    const double d = fabs((double)*dy);
    for (int64_t row = 0; row < rows; row++, z += classes, g += classes) {
        const double *own = gz ? gz + row * classes : NULL;
        const summary s = summary_of(z, own, classes);
        for (int64_t c = 0; c < classes; c++) {
            const double p = ts_exp((double)z[c] - s.m) / s.all;
            const double far = p > 0.0 ? fabs((double)z[c] - s.m) + (own ? own[c] : 0.0) : 0.0;
            const double slope = c == target[row] ? 1.0 - p : p;
            g[c] = (d * (p * (far + s.pull + s.spread + 2.0) + 2.0 * slope) + (gdy ? *gdy * slope : 0.0)) /
                   (double)rows;
        }
    }
}
#endif
