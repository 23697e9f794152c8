/* update.c: what the optimisers of ref/optim do to n numbers. The equations stand above each kernel,
 * the algorithms they belong to in ref/optim.
 *
 * Shapes:   p, v, m, g, s, p0 (n) or pieces of them; everything but prodigy_sums is element by
 *           element or a sum, so that a tensor may be given in pieces
 * Pitfalls: factors arrive as doubles and are rounded to `wide` once; a state is rounded to storage
 *           before the next kernel reads it, as in the published float32 programs
 * Test:     tests/optim/test_sgd.c, test_adam.c, test_prodigy.c, ...    Golden: optim/ */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

/* sum of (a x + b y + c z)^2; y and z may be NULL */
TS_CLONES
void TS_NAME(square_sum)(double *sum, const real *x, const real *y, const real *z,
                         const double factor[3], int64_t n)
{
    const wide a = (wide)factor[0], b = y ? (wide)factor[1] : 0, c = z ? (wide)factor[2] : 0;
    if (!y && !z) {
        SUM_OVER(s, i, n, (a * (wide)x[i]) * (a * (wide)x[i]));
        *sum = (double)s;
        return;
    }
    y = y ? y : x;
    z = z ? z : x;
#define TERM(i) (a * (wide)x[i] + b * (wide)y[i] + c * (wide)z[i])
    SUM_OVER(s, i, n, TERM(i) * TERM(i));
#undef TERM
    *sum = (double)s;
}

/* sum of part[0], part[stride], ...: the sums of pieces, in their order */
void TS_NAME(add_up)(double *sum, const double *part, int64_t n, int64_t stride)
{
    accumulator s = {0};
    for (int64_t i = 0; i < n; i++)
        accumulate(&s, (wide)part[i * stride]);
    *sum = (double)total(&s);
}

/* The place of the first NaN or infinity, or -1. */
void TS_NAME(first_bad)(int64_t *where, const real *x, int64_t n)
{
    *where = -1;
    for (int64_t i = 0; i < n && *where < 0; i++)
        if (!isfinite(x[i]))
            *where = i;
}

/* d = scale (g + decay p),  v = momentum v + keep d,  p = p - rate u,
 * u = v, or with nesterov d + momentum v. v may be NULL where momentum is 0: then u = d. */
TS_CLONES
void TS_NAME(momentum_update)(real *p, real *v, const real *g, const ts_momentum_args *a, int64_t n)
{
    const wide decay = (wide)a->decay, scale = (wide)a->scale, momentum = (wide)a->momentum,
               keep = (wide)a->keep, rate = (wide)a->rate;
    for (int64_t i = 0; i < n; i++) {
        const wide d = scale * ((wide)g[i] + decay * (wide)p[i]);
        wide u = d;
        if (v) {
            const wide next = momentum * (wide)v[i] + keep * d;
            v[i] = (real)next;
            u = a->nesterov ? d + momentum * next : next;
        }
        p[i] = (real)((wide)p[i] - rate * u);
    }
}

/* g' = g + decay p,  m = b1 m + f1 g',  v = b2 v + f2 g'^2 */
TS_CLONES
void TS_NAME(moments_update)(real *m, real *v, const real *g, const real *p,
                             const ts_moments_args *a, int64_t n)
{
    const wide decay = (wide)a->decay, b1 = (wide)a->b1, f1 = (wide)a->f1, b2 = (wide)a->b2,
               f2 = (wide)a->f2;
    for (int64_t i = 0; i < n; i++) {
        const wide d = (wide)g[i] + decay * (wide)p[i];
        m[i] = (real)(b1 * (wide)m[i] + f1 * d);
        v[i] = (real)(b2 * (wide)v[i] + f2 * d * d);
    }
}

/* y = max(y, x): AMSGrad keeps the largest second moment */
void TS_NAME(larger)(real *y, const real *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > y[i] ? x[i] : y[i];
}

/* u_i of ts_adam_args */
static inline wide adam_direction(const real *m, const real *v, const real *p,
                                  const ts_adam_args *a, int64_t i)
{
    const wide root = (wide)sqrt((double)v[i]), eps = (wide)a->eps, by = (wide)a->root;
    const wide below = a->eps_hat ? (root + eps) / by : root / by + eps;
    return (wide)m[i] / (wide)a->first / below + (wide)a->decay * (wide)p[i];
}

void TS_NAME(adam_square_sum)(double *sum, const real *m, const real *v, const real *p,
                              const ts_adam_args *a, int64_t n)
{
    SUM_OVER(s, i, n, adam_direction(m, v, p, a, i) * adam_direction(m, v, p, a, i));
    *sum = (double)s;
}

TS_CLONES
void TS_NAME(adam_update)(real *p, const real *m, const real *v, const ts_adam_args *a, int64_t n)
{
    const wide keep = (wide)(1.0 - a->shrink), rate = (wide)a->rate;
    for (int64_t i = 0; i < n; i++)
        p[i] = (real)(keep * (wide)p[i] - rate * adam_direction(m, v, p, a, i));
}

/* n: of p and g; s and p0 have one number for every stride-th of these */
void TS_NAME(prodigy_sums)(double sums[2], real *s, const real *p0, const real *p, const real *g,
                           const ts_prodigy_args *a, int64_t n)
{
    const int64_t step = a->stride, count = (n + step - 1) / step;
    const wide decay = (wide)a->decay, b3 = (wide)a->b3, f3 = (wide)a->f3;
#define SLOPE(i) ((wide)g[(i) * step] + decay * (wide)p[(i) * step])
    SUM_OVER(way, i, count, SLOPE(i) * ((wide)p0[i] - (wide)p[i * step]));
    for (int64_t i = 0; i < count; i++)
        s[i] = (real)(b3 * (wide)s[i] + f3 * SLOPE(i));
#undef SLOPE
    SUM_OVER(size, i, count, (wide)fabs((double)s[i]));
    sums[0] = (double)way;
    sums[1] = (double)size;
}

/* y = y + (1 - keep) (x - y): keep y + (1 - keep) x, as published programs write it */
TS_CLONES
void TS_NAME(blend)(real *y, const real *x, double keep, int64_t n)
{
    const wide part = (wide)(1.0 - keep);
    for (int64_t i = 0; i < n; i++)
        y[i] = (real)((wide)y[i] + part * ((wide)x[i] - (wide)y[i]));
}

#if defined(TS_GAUGES)
/* The same on absolute values, each rounding counted once; `norms`: how far, relatively, a scale that
 * was made from norms may be off. |p| + rate |u| (1 + norms). */
void TS_NAME(momentum_gauge)(double *gp, double *gv, const real *p, const real *v, const real *g,
                             const ts_momentum_args *a, double norms, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double size = fabs((double)p[i]), of_v = v ? fabs((double)v[i]) : 0.0;
        const double slope = fabs((double)g[i]) + fabs(a->decay) * size;
        const double d = fabs(a->scale) * slope * (2.0 + norms);
        const double next = fabs(a->momentum) * of_v + fabs(a->keep) * d;
        const double u = a->nesterov ? d + fabs(a->momentum) * next : v ? next : d;
        gp[i] = size + fabs(a->rate) * u;
        if (gv)
            gv[i] = next;
    }
}
#endif
