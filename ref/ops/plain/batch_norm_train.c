/* batch_norm_train.c: each channel of a batch to mean 0 and variance 1 (training).
 *
 *     y_bcs = (x_bcs - m_c) r_c w_c + b_c,     m_c = mean of x_c,     v_c = mean of (x_c - m_c)^2,
 *     r_c = 1 / sqrt(v_c + eps),               means over the n numbers of the channel in the batch
 *
 * Source:   Ioffe & Szegedy 2015, algorithm 1; torch.nn.BatchNorm2d in training
 * Shapes:   x, y, dx, dy (batch, groups, inner), a channel is a group; w, b, dw, db (groups); saved
 *           (groups, 2): m and v
 * Pitfalls: y is made with the variance over n, running averages with the one over n - 1. w and b
 *           may be NULL; a gradient that is NULL is not wanted. Kernels take channels [first, last).
 * Test:     tests/ops/test_batch_norm_train.c      Golden: ops/batch_norm_train */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(batch_norm_train_forward)(real *y, double *saved, const real *x, const real *w,
                                       const real *b, const ts_groups *size, int64_t first,
                                       int64_t last)
{
    const int64_t inner = size->inner, next = size->groups * inner;
    const wide n = (wide)(size->batch * inner);
    for (int64_t c = first; c < last; c++) {
        const real *xc = x + c * inner;
        accumulator sum = {0}, squares = {0};
        for (int64_t at = 0; at < size->batch * next; at += next) {
            SUM_OVER(plane, i, inner, (wide)xc[at + i]);
            accumulate(&sum, plane);
        }
        const wide m = total(&sum) / n;
        for (int64_t at = 0; at < size->batch * next; at += next) {
            SUM_OVER(plane, i, inner, ((wide)xc[at + i] - m) * ((wide)xc[at + i] - m));
            accumulate(&squares, plane);
        }
        const wide v = total(&squares) / n, r = (wide)(1.0 / sqrt((double)v + size->eps));
        const wide wc = w ? (wide)w[c] : 1, bc = b ? (wide)b[c] : 0;
        for (int64_t at = 0; at < size->batch * next; at += next)
            for (int64_t i = at; i < at + inner; i++)
                y[c * inner + i] = (real)(((wide)xc[i] - m) * r * wc + bc);
        saved[2 * c] = (double)m;
        saved[2 * c + 1] = (double)v;
    }
}

/* With S = sum dy and T = sum dy (x - m) over the channel, both through mean and variance:
 *     dL/dx = r w (dy - S / n - (x - m) r^2 T / n),     dL/dw = r T,     dL/db = S */
TS_CLONES
void TS_NAME(batch_norm_train_backward)(real *const d[3], const real *dy, const real *x,
                                        const real *w, const double *saved, const ts_groups *size,
                                        int64_t first, int64_t last)
{
    const int64_t inner = size->inner, next = size->groups * inner;
    const wide n = (wide)(size->batch * inner);
    for (int64_t c = first; c < last; c++) {
        const wide m = (wide)saved[2 * c], r = (wide)(1.0 / sqrt(saved[2 * c + 1] + size->eps));
        const wide scale = r * (w ? (wide)w[c] : 1);
        const real *xc = x + c * inner, *dyc = dy + c * inner;
        accumulator s = {0}, t = {0};
        for (int64_t at = 0; at < size->batch * next; at += next) {
            SUM_OVER(sum, i, inner, (wide)dyc[at + i]);
            SUM_OVER(dot, i, inner, (wide)dyc[at + i] * ((wide)xc[at + i] - m));
            accumulate(&s, sum);
            accumulate(&t, dot);
        }
        const wide mean = total(&s) / n, pull = r * r * total(&t) / n;
        for (int64_t at = 0; at < size->batch * next && d[0]; at += next)
            for (int64_t i = at; i < at + inner; i++)
                d[0][c * inner + i] =
                    (real)(scale * ((wide)dyc[i] - mean - ((wide)xc[i] - m) * pull));
        if (d[1])
            d[1][c] = (real)(r * total(&t));
        if (d[2])
            d[2][c] = (real)total(&s);
    }
}

#if defined(TS_GAUGES)
/* What a channel's gauges need: means of x, |x| and of what x is off by, the variance and how far
 * it may be off, and how far r is pulled by the inputs' own gauges. */
typedef struct {
    double m, size, off, v, v_off, r, pull;
} channel;

static channel channel_of(const real *x, const double *gx, const ts_groups *s, int64_t c)
{
    channel of = {0};
    const double n = (double)(s->batch * s->inner);
    for (int64_t k = 0; k < s->batch * s->inner; k++) {
        const int64_t i = (k / s->inner * s->groups + c) * s->inner + k % s->inner;
        of.m += (double)x[i] / n;
        of.size += fabs((double)x[i]) / n;
        of.off += gx ? gx[i] / n : 0.0;
    }
    for (int64_t k = 0; k < s->batch * s->inner; k++) {
        const int64_t i = (k / s->inner * s->groups + c) * s->inner + k % s->inner;
        const double far = fabs((double)x[i] - of.m), own = gx ? gx[i] : 0.0;
        of.v += far * far / n;
        of.v_off += 2.0 * far * (fabs((double)x[i]) + of.size + own + of.off) / n;
        of.pull += own * far / n;
    }
    of.v_off += 2.0 * of.v;
    of.r = 1.0 / sqrt(of.v + s->eps);
    of.pull *= of.r;
    return of;
}

/* As group_norm_gauge. g: of y, of the mean, of the unbiased variance. gx may be NULL. */
void TS_NAME(batch_norm_train_gauge)(double *const g[3], const real *x, const double *gx,
                                     const real *w, const real *b, const ts_groups *size)
{
    const double n = (double)(size->batch * size->inner);
    for (int64_t c = 0; c < size->groups; c++) {
        const channel of = channel_of(x, gx, size, c);
        const double wc = w ? fabs((double)w[c]) : 1.0, bc = b ? fabs((double)b[c]) : 0.0;
        g[1][c] = of.size + of.off;
        g[2][c] = of.v_off * n / (n - 1.0);
        for (int64_t k = 0; k < size->batch * size->inner; k++) {
            const int64_t i =
                (k / size->inner * size->groups + c) * size->inner + k % size->inner;
            const double h = fabs((double)x[i] - of.m) * of.r;
            g[0][i] = wc * of.r * (fabs((double)x[i]) + of.size + (gx ? gx[i] : 0.0) + of.off +
                                   h * of.pull) +
                      wc * h + 2.0 * bc;
        }
    }
}

/* Backward on absolute values; results may be NULL, and so may gdy. */
void TS_NAME(batch_norm_train_backward_gauge)(double *const g[3], const real *dy,
                                              const double *gdy, const real *x, const real *w,
                                              const double *saved, const ts_groups *size)
{
    const int64_t inner = size->inner, count = size->batch * inner;
    const double n = (double)count;
    for (int64_t c = 0; c < size->groups; c++) {
        const double r = 1.0 / sqrt(saved[2 * c + 1] + size->eps);
        const double wc = w ? fabs((double)w[c]) : 1.0;
        double mean = 0, sum = 0, dot = 0;
        for (int64_t k = 0; k < count; k++)
            mean += fabs((double)x[(k / inner * size->groups + c) * inner + k % inner]) / n;
        for (int64_t k = 0; k < count; k++) {
            const int64_t i = (k / inner * size->groups + c) * inner + k % inner;
            const double d = fabs((double)dy[i]) + (gdy ? gdy[i] : 0.0);
            sum += d;
            dot += d * (fabs((double)x[i]) + mean) * r;
        }
        for (int64_t k = 0; k < count && g[0]; k++) {
            const int64_t i = (k / inner * size->groups + c) * inner + k % inner;
            const double d = fabs((double)dy[i]) + (gdy ? gdy[i] : 0.0);
            const double h = (fabs((double)x[i]) + mean) * r;
            g[0][i] = 2.0 * r * wc * (d + sum / n + h * dot / n);
        }
        if (g[1])
            g[1][c] = 2.0 * dot;
        if (g[2])
            g[2][c] = sum;
    }
}
#endif
