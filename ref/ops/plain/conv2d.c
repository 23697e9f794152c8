/* conv2d.c: convolution of pictures (cross-correlation, as networks have it).
 *
 *     y_bopq = sum_cuv x_bc(down p + u - top)(across q + v - left) w_ocuv + b_o
 *
 * with x = 0 outside the picture. Each group of outputs sees its own group of inputs.
 *
 * Source:   torch.nn.Conv2d
 * Shapes:   product.h; b, db (groups o)
 * Pitfalls: the padding below and to the right is not named here: it is what out_h and out_w leave
 *           over. Padding is zeros that are multiplied (an infinite weight there gives NaN).
 * Test:     tests/ops/test_conv2d.c          Golden: ops/conv2d */
#include "ref/ops/kernels.h"

#include <math.h>

/* Index of x at (b, channel, row, column) of a group, -1 outside the picture. */
static int64_t input_at(const ts_conv_shape *s, int64_t plane, int64_t row, int64_t column)
{
    const bool inside = row >= 0 && row < s->h && column >= 0 && column < s->w;
    return inside ? (plane * s->h + row) * s->w + column : -1;
}

/* Number of input plane c (of a group) that output plane `out` of all planes (b, group, o) sees. */
static int64_t input_plane(const ts_conv_shape *s, int64_t out, int64_t c)
{
    return out / s->o * s->c + c;
}

void TS_NAME(conv2d_forward)(real *y, const real *x, const real *w, const real *b,
                             const ts_conv_shape *s)
{
    for (int64_t out = 0; out < s->batch * s->groups * s->o; out++) {
        const int64_t filter = out % (s->groups * s->o);
        for (int64_t p = 0; p < s->out_h; p++)
            for (int64_t q = 0; q < s->out_w; q++) {
                accumulator sum = {0};
                const real *wi = w + filter * s->c * s->kh * s->kw;
                for (int64_t cu = 0; cu < s->c * s->kh; cu++)
                    for (int64_t v = 0; v < s->kw; v++, wi++) {
                        const int64_t at =
                            input_at(s, input_plane(s, out, cu / s->kh),
                                     s->down * p + cu % s->kh - s->top,
                                     s->across * q + v - s->left);
                        accumulate(&sum, (at < 0 ? 0 : (wide)x[at]) * (wide)*wi);
                    }
                y[(out * s->out_h + p) * s->out_w + q] =
                    (real)(total(&sum) + (b ? (wide)b[filter] : 0));
            }
    }
}

/* The output along one axis that sees input `at` through tap u: (at + pad - u) / stride where that
 * is a whole number inside, else -1. */
static int64_t output_at(int64_t at, int64_t u, int64_t pad, int64_t stride, int64_t n)
{
    const int64_t far = at + pad - u;
    return far >= 0 && far % stride == 0 && far / stride < n ? far / stride : -1;
}

/* dL/dx_bcij = sum_ouv dy_bo(i + top - u)/down,(j + left - v)/across w_ocuv
 * where both are whole numbers inside the output, and 0 elsewhere. */
void TS_NAME(conv2d_backward_input)(real *dx, const real *dy, const real *w,
                                    const ts_conv_shape *s)
{
    const int64_t taps = s->kh * s->kw;
    for (int64_t in = 0; in < s->batch * s->groups * s->c; in++)
        for (int64_t i = 0; i < s->h; i++)
            for (int64_t j = 0; j < s->w; j++) {
                accumulator sum = {0};
                for (int64_t ou = 0; ou < s->o * taps; ou++) {
                    const int64_t o = ou / taps, u = ou % taps / s->kw, v = ou % s->kw;
                    const int64_t p = output_at(i, u, s->top, s->down, s->out_h);
                    const int64_t q = output_at(j, v, s->left, s->across, s->out_w);
                    const int64_t plane = in / s->c * s->o + o;
                    const int64_t filter = in / s->c % s->groups * s->o + o;
                    const bool seen = p >= 0 && q >= 0;
                    accumulate(&sum,
                               (seen ? (wide)dy[(plane * s->out_h + p) * s->out_w + q] : 0) *
                                   (wide)w[(filter * s->c + in % s->c) * taps + ou % taps]);
                }
                dx[(in * s->h + i) * s->w + j] = (real)total(&sum);
            }
}

/* dL/dw_ocuv = sum_bpq dy_bopq x_bc(down p + u - top)(across q + v - left)
 * dL/db_o    = sum_bpq dy_bopq                                        (either may be NULL) */
void TS_NAME(conv2d_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                     const ts_conv_shape *s)
{
    const int64_t filters = s->groups * s->o, area = s->out_h * s->out_w;
    for (int64_t e = 0; e < filters * s->c * s->kh * s->kw && dw; e++) {
        const int64_t v = e % s->kw, u = e / s->kw % s->kh, c = e / s->kw / s->kh % s->c;
        const int64_t filter = e / s->kw / s->kh / s->c;
        accumulator sum = {0};
        for (int64_t bpq = 0; bpq < s->batch * area; bpq++) {
            const int64_t out = bpq / area * filters + filter;
            const int64_t at = input_at(s, input_plane(s, out, c),
                                        s->down * (bpq % area / s->out_w) + u - s->top,
                                        s->across * (bpq % s->out_w) + v - s->left);
            accumulate(&sum, (wide)dy[out * area + bpq % area] * (at < 0 ? 0 : (wide)x[at]));
        }
        dw[e] = (real)total(&sum);
    }
    for (int64_t filter = 0; filter < filters && db; filter++) {
        accumulator sum = {0};
        for (int64_t bpq = 0; bpq < s->batch * area; bpq++)
            accumulate(&sum, (wide)dy[(bpq / area * filters + filter) * area + bpq % area]);
        db[filter] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* g_bopq = sum_cuv (|x| + gx) |w_ocuv| + |b_o| */
void TS_NAME(conv2d_gauge)(double *g, const real *x, const double *gx, const real *w,
                           const real *b, const ts_conv_shape *s)
{
    const int64_t taps = s->kh * s->kw, area = s->out_h * s->out_w;
    for (int64_t at = 0; at < s->batch * s->groups * s->o * area; at++) {
        const int64_t out = at / area, p = at % area / s->out_w, q = at % s->out_w;
        const int64_t filter = out % (s->groups * s->o);
        double sum = b ? fabs((double)b[filter]) : 0.0;
        for (int64_t cuv = 0; cuv < s->c * taps; cuv++) {
            const int64_t from = input_at(s, input_plane(s, out, cuv / taps),
                                          s->down * p + cuv % taps / s->kw - s->top,
                                          s->across * q + cuv % s->kw - s->left);
            if (from >= 0)
                sum += (fabs((double)x[from]) + (gx ? gx[from] : 0.0)) *
                       fabs((double)w[filter * s->c * taps + cuv]);
        }
        g[at] = sum;
    }
}

static void clear(double *g, int64_t n)
{
    for (int64_t i = 0; i < n && g; i++)
        g[i] = 0.0;
}

/* Backward on absolute values. Each result may be NULL, and so may gdy. */
void TS_NAME(conv2d_backward_gauge)(double *gdx, double *gdw, double *gdb, const real *dy,
                                    const double *gdy, const real *x, const real *w,
                                    const ts_conv_shape *s)
{
    const int64_t taps = s->kh * s->kw, area = s->out_h * s->out_w, filters = s->groups * s->o;
    clear(gdx, s->batch * s->groups * s->c * s->h * s->w);
    clear(gdw, filters * s->c * taps);
    clear(gdb, filters);
    for (int64_t at = 0; at < s->batch * filters * area; at++) {
        const int64_t out = at / area, p = at % area / s->out_w, q = at % s->out_w;
        const double d = fabs((double)dy[at]) + (gdy ? gdy[at] : 0.0);
        for (int64_t cuv = 0; cuv < s->c * taps; cuv++) {
            const int64_t from = input_at(s, input_plane(s, out, cuv / taps),
                                          s->down * p + cuv % taps / s->kw - s->top,
                                          s->across * q + cuv % s->kw - s->left);
            const int64_t wi = out % filters * s->c * taps + cuv;
            if (from >= 0 && gdx)
                gdx[from] += d * fabs((double)w[wi]);
            if (from >= 0 && gdw)
                gdw[wi] += d * fabs((double)x[from]);
        }
        if (gdb)
            gdb[out % filters] += d;
    }
}
#endif
