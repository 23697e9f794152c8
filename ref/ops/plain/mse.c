/* mse.c: the mean square of a difference.
 *
 *     y = 1/n sum_i d_i^2,       d_i = w_i a_i - w_i b_i
 *
 * Source:   torch.nn.functional.mse_loss; with w: of two weighted arguments
 * Shapes:   a, b, da, db (n); w (m), element i has weight w[at_i]; without w, d_i = a_i - b_i;
 *           y, dy one number
 * Pitfalls: a weight counts twice, since it stands inside the square; the mean runs over all n
 * Test:     tests/ops/test_mse.c             Golden: ops/mse */
#include "ref/ops/kernels.h"

#include <math.h>

static wide difference(const real *a, const real *b, const real *w, const int64_t *at, int64_t i)
{
    const wide factor = w ? (wide)w[at[i]] : 1;
    return factor * (wide)a[i] - factor * (wide)b[i];
}

void TS_NAME(mse_forward)(real *y, const real *a, const real *b, const real *w, const int64_t *at,
                          int64_t n)
{
    accumulator sum = {0};
    for (int64_t i = 0; i < n; i++) {
        const wide d = difference(a, b, w, at, i);
        accumulate(&sum, d * d);
    }
    *y = (real)(total(&sum) / (wide)n);
}

/* dL/da_i = dy 2/n w_i d_i = -dL/db_i        (either may be NULL) */
void TS_NAME(mse_backward)(real *da, real *db, const real *dy, const real *a, const real *b,
                           const real *w, const int64_t *at, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const wide factor = w ? (wide)w[at[i]] : 1;
        const wide slope = (wide)*dy * 2 * factor * difference(a, b, w, at, i) / (wide)n;
        if (da)
            da[i] = (real)slope;
        if (db)
            db[i] = (real)-slope;
    }
}

/* dL/dw_k = dy 2/n sum of d_i (a_i - b_i) over the i of that weight. sizes: n, m; sums: m numbers
 * of scratch. */
void TS_NAME(mse_backward_weight)(real *dw, double *sums, const real *dy, const real *a,
                                  const real *b, const real *w, const int64_t *at,
                                  const int64_t *sizes)
{
    const int64_t n = sizes[0], m = sizes[1];
    for (int64_t k = 0; k < m; k++)
        sums[k] = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const wide term = difference(a, b, w, at, i) * ((wide)a[i] - (wide)b[i]);
        sums[at[i]] = (double)((wide)sums[at[i]] + term);
    }
    for (int64_t k = 0; k < m; k++)
        dw[k] = (real)((wide)*dy * 2 * (wide)sums[k] / (wide)n);
}

#if defined(TS_GAUGES)
static double or_zero(const double *g, int64_t i)
{
    return g ? g[i] : 0.0;
}

/* What the gauges of forward and backward share: e, how far d may be off. */
typedef struct {
    double w, gw, d, e, apart, size; /* |w|, its gauge, |d|, e, |a - b|, |a| + |b| and gauges */
} terms;

static terms terms_of(const ts_mse_gauge_in *in, const int64_t *at, int64_t i)
{
    terms t = {.w = in->w ? fabs(in->w[at[i]]) : 1.0, .gw = in->w ? or_zero(in->gw, at[i]) : 0.0};
    const double values = fabs(in->a[i]) + fabs(in->b[i]);
    t.size = values + or_zero(in->ga, i) + or_zero(in->gb, i);
    t.apart = fabs(in->a[i] - in->b[i]);
    t.d = t.w * t.apart;
    t.e = t.w * t.size + t.gw * values;
    return t;
}

/* g = 1/n sum (2 |d| e + d^2),   e = |w a| + |w b| + |w| (ga + gb) + gw (|a| + |b|) */
void TS_NAME(mse_gauge)(double *g, const ts_mse_gauge_in *in, const int64_t *at, int64_t n)
{
    *g = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const terms t = terms_of(in, at, i);
        *g += (2.0 * t.d * t.e + t.d * t.d) / (double)n;
    }
}

/* The products of backward, each factor off by its own gauge. Results may be NULL. */
void TS_NAME(mse_backward_gauge)(double *gda, double *gdb, double *gdw, const ts_mse_gauge_in *in,
                                 const int64_t *at, const int64_t *sizes)
{
    const double dy = fabs(*in->dy), off = 2.0 * dy + or_zero(in->gdy, 0);
    for (int64_t k = 0; k < sizes[1] && gdw; k++)
        gdw[k] = 0.0;
    for (int64_t i = 0; i < sizes[0]; i++) {
        const terms t = terms_of(in, at, i);
        const double scale = 2.0 / (double)sizes[0];
        const double g = scale * (dy * (t.w * t.e + t.gw * t.d) + off * t.w * t.d);
        if (gda)
            gda[i] = g;
        if (gdb)
            gdb[i] = g;
        if (gdw)
            gdw[at[i]] += scale * (dy * (t.e * t.apart + t.d * t.size) + off * t.d * t.apart);
    }
}
#endif
