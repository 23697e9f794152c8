/* group_norm.c: each group of channels of a picture to mean 0 and variance 1.
 *
 *     y_bcs = (x_bcs - m_bg) r_bg w_c + b_c,       g the group of channel c;  m, r over all channels
 *                                                  and positions of the group, as in layer_norm.c
 *
 * Source:   Wu & He 2018, eq. (7); torch.nn.GroupNorm
 * Shapes:   x, y, dx, dy (batch, groups * channels, inner), a group in a row; w, b, dw, db (groups *
 *           channels); saved (batch * groups, 2): m and r
 * Pitfalls: statistics belong to a group, weights to a channel; w and b may be NULL. Kernels take
 *           the groups (batch * groups of them) or channels [first, last).
 * Test:     tests/ops/test_group_norm.c      Golden: ops/group_norm */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

TS_CLONES
void TS_NAME(group_norm_forward)(real *y, double *saved, const real *x, const real *w,
                                 const real *b, const ts_groups *size, int64_t first, int64_t last)
{
    const int64_t inner = size->inner, n = size->channels * inner;
    for (int64_t group = first; group < last; group++) {
        const real *xg = x + group * n;
        SUM_OVER(sum, i, n, (wide)xg[i]);
        const wide m = sum / (wide)n;
        SUM_OVER(squares, i, n, ((wide)xg[i] - m) * ((wide)xg[i] - m));
        const wide r = (wide)(1.0 / sqrt((double)(squares / (wide)n) + size->eps));
        for (int64_t c = 0; c < size->channels; c++) {
            const int64_t channel = group % size->groups * size->channels + c;
            const wide wc = w ? (wide)w[channel] : 1, bc = b ? (wide)b[channel] : 0;
            for (int64_t i = c * inner; i < (c + 1) * inner; i++)
                y[group * n + i] = (real)(((wide)xg[i] - m) * r * wc + bc);
        }
        saved[2 * group] = (double)m;
        saved[2 * group + 1] = (double)r;
    }
}

/* With d = dy w and h = (x - m) r:   dL/dx = r (d - mean d - h mean(d h)), means over the group.
 * A channel's weight is the same for all its positions, so the means are sums over channels. */
TS_CLONES
void TS_NAME(group_norm_backward_input)(real *dx, const real *dy, const real *x, const real *w,
                                        const double *saved, const ts_groups *size, int64_t first,
                                        int64_t last)
{
    const int64_t inner = size->inner, n = size->channels * inner;
    for (int64_t group = first; group < last; group++) {
        const wide m = (wide)saved[2 * group], r = (wide)saved[2 * group + 1];
        const real *wg = w ? w + group % size->groups * size->channels : NULL;
        accumulator sum = {0}, dot = {0};
        for (int64_t c = 0; c < size->channels; c++) {
            const real *xc = x + group * n + c * inner, *dyc = dy + group * n + c * inner;
            SUM_OVER(d, i, inner, (wide)dyc[i]);
            SUM_OVER(dh, i, inner, (wide)dyc[i] * (((wide)xc[i] - m) * r));
            accumulate(&sum, d * (wg ? (wide)wg[c] : 1));
            accumulate(&dot, dh * (wg ? (wide)wg[c] : 1));
        }
        const wide mean = total(&sum) / (wide)n, pull = total(&dot) / (wide)n;
        for (int64_t c = 0; c < size->channels; c++) {
            const wide wc = wg ? (wide)wg[c] : 1;
            for (int64_t i = group * n + c * inner; i < group * n + (c + 1) * inner; i++)
                dx[i] = (real)(r * ((wide)dy[i] * wc - mean - ((wide)x[i] - m) * r * pull));
        }
    }
}

/* dL/dw_c = sum over batch and positions of dy (x - m) r,    dL/db_c = sum of dy. */
void TS_NAME(group_norm_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                         const double *saved, const ts_groups *size, int64_t first,
                                         int64_t last)
{
    const int64_t inner = size->inner, channels = size->groups * size->channels;
    for (int64_t c = first; c < last; c++) {
        accumulator w = {0}, b = {0};
        for (int64_t batch = 0; batch < size->batch; batch++) {
            const double *stat = saved + 2 * (batch * size->groups + c / size->channels);
            const wide m = (wide)stat[0], r = (wide)stat[1];
            const real *xc = x + (batch * channels + c) * inner;
            const real *dyc = dy + (batch * channels + c) * inner;
            SUM_OVER(dh, i, inner, (wide)dyc[i] * (((wide)xc[i] - m) * r));
            SUM_OVER(d, i, inner, (wide)dyc[i]);
            accumulate(&w, dh);
            accumulate(&b, d);
        }
        if (dw)
            dw[c] = (real)total(&w);
        if (db)
            db[c] = (real)total(&b);
    }
}

#if defined(TS_GAUGES)
/* As layer_norm_gauge, with the weight of the channel. gx may be NULL. */
void TS_NAME(group_norm_gauge)(double *g, const real *x, const double *gx, const real *w,
                               const real *b, const ts_groups *size)
{
    const int64_t inner = size->inner, n = size->channels * inner;
    for (int64_t group = 0; group < size->batch * size->groups; group++, x += n, g += n) {
        double m = 0, mean = 0, var = 0, off = 0, pull = 0;
        for (int64_t i = 0; i < n; i++) {
            m += (double)x[i] / (double)n;
            mean += fabs((double)x[i]) / (double)n;
        }
        for (int64_t i = 0; i < n; i++)
            var += ((double)x[i] - m) * ((double)x[i] - m) / (double)n;
        const double r = 1.0 / sqrt(var + size->eps);
        for (int64_t i = 0; i < n && gx; i++) {
            off += gx[i] / (double)n;
            pull += gx[i] * fabs((double)x[i] - m) * r / (double)n;
        }
        for (int64_t i = 0; i < n; i++) {
            const int64_t c = group % size->groups * size->channels + i / inner;
            const double wi = w ? fabs((double)w[c]) : 1.0, h = fabs((double)x[i] - m) * r;
            g[i] = wi * r * (fabs((double)x[i]) + mean + (gx ? gx[i] : 0.0) + off + h * pull) +
                   wi * h + (b ? 2.0 * fabs((double)b[c]) : 0.0);
        }
        gx = gx ? gx + n : NULL;
    }
}

/* Backward on absolute values; g of x, w and b, each may be NULL, and so may gdy. */
void TS_NAME(group_norm_backward_gauge)(double *const g[3], const real *dy, const double *gdy,
                                        const real *x, const real *w, const double *saved,
                                        const ts_groups *size)
{
    const int64_t inner = size->inner, n = size->channels * inner;
    for (int k = 1; k < 3; k++)
        for (int64_t c = 0; c < size->groups * size->channels && g[k]; c++)
            g[k][c] = 0.0;
    for (int64_t group = 0; group < size->batch * size->groups; group++) {
        const int64_t at = group * n, channel = group % size->groups * size->channels;
        const double r = saved[2 * group + 1];
        double mean = 0, sum = 0, dot = 0;
        for (int64_t i = 0; i < n; i++)
            mean += fabs((double)x[at + i]) / (double)n;
        for (int64_t i = 0; i < n; i++) {
            const int64_t c = channel + i / inner;
            const double d = fabs((double)dy[at + i]) + (gdy ? gdy[at + i] : 0.0);
            const double h = (fabs((double)x[at + i]) + mean) * r;
            const double wc = w ? fabs((double)w[c]) : 1.0;
            sum += d * wc / (double)n;
            dot += d * wc * h / (double)n;
            if (g[1])
                g[1][c] += 2.0 * d * h;
            if (g[2])
                g[2][c] += d;
        }
        for (int64_t i = 0; i < n && g[0]; i++) {
            const double d = fabs((double)dy[at + i]) + (gdy ? gdy[at + i] : 0.0);
            const double wc = w ? fabs((double)w[channel + i / inner]) : 1.0;
            const double h = (fabs((double)x[at + i]) + mean) * r;
            g[0][at + i] = 2.0 * r * (d * wc + sum + h * dot);
        }
    }
}
#endif
