/* resize.c: pictures at another size.
 *
 *     nearest:   y_o = x_i,  i = floor(o in / out)                 along each axis
 *     bilinear:  y_o = (1 - t) x_i + t x_j,  i = floor(c), j = min(i + 1, in - 1), t = c - i
 *                c = max((o + 1/2) in / out - 1/2, 0),  or, corners aligned, o (in - 1) / (out - 1)
 *
 * Source:   torch.nn.functional.interpolate
 * Shapes:   x (planes, h, w), y (planes, out_h, out_w); size = {h, w, out_h, out_w}
 * Pitfalls: torch multiplies by in / out rounded to float32, so that for some sizes that do not
 *           divide each other its index is one below the floor of the true quotient; there is no
 *           smoothing when a picture shrinks
 * Test:     tests/ops/test_resize.c          Golden: ops/resize_nearest, resize_bilinear */
#include "ref/ops/kernels.h"

#include <math.h>

void TS_NAME(resize_nearest_forward)(real *y, const real *x, int64_t planes, const int64_t *size)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t plane = 0; plane < planes; plane++)
        for (int64_t row = 0; row < out_h; row++)
            for (int64_t column = 0; column < out_w; column++)
                y[(plane * out_h + row) * out_w + column] =
                    x[(plane * h + row * h / out_h) * w + column * w / out_w];
}

/* The first output index whose floor(o in / out) is i or more. */
static int64_t first_from(int64_t i, int64_t in, int64_t out)
{
    return (i * out + in - 1) / in;
}

/* dL/dx_i = sum of dy_o over the outputs that show i */
void TS_NAME(resize_nearest_backward)(real *dx, const real *dy, int64_t planes,
                                      const int64_t *size)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t at = 0; at < planes * h * w; at++) {
        const int64_t plane = at / (h * w), row = at / w % h, column = at % w;
        const int64_t last = first_from(column + 1, w, out_w);
        accumulator sum = {0};
        for (int64_t r = first_from(row, h, out_h); r < first_from(row + 1, h, out_h); r++)
            for (int64_t c = first_from(column, w, out_w); c < last; c++)
                accumulate(&sum, (wide)dy[(plane * out_h + r) * out_w + c]);
        dx[at] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* g_i = sum of |dy_o| + gdy_o; gdy may be NULL. (Forward is a copy: the gauge of its input.) */
void TS_NAME(resize_nearest_backward_gauge)(double *g, const real *dy, const double *gdy,
                                            int64_t planes, const int64_t *size)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t i = 0; i < planes * h * w; i++)
        g[i] = 0.0;
    for (int64_t o = 0; o < planes * out_h * out_w; o++) {
        const int64_t plane = o / (out_h * out_w), row = o / out_w % out_h, column = o % out_w;
        g[(plane * h + row * h / out_h) * w + column * w / out_w] +=
            fabs((double)dy[o]) + (gdy ? gdy[o] : 0.0);
    }
}
#endif

/* The two inputs that an output lies between, along one axis, and how far it is from the first. */
typedef struct {
    int64_t i, j;
    wide t;
} between;

static between between_of(int64_t o, int64_t in, int64_t out, bool align)
{
    wide c;
    if (align)
        c = out > 1 ? (wide)o * ((wide)(in - 1) / (wide)(out - 1)) : 0;
    else
        c = ((wide)o + (wide)0.5) * ((wide)in / (wide)out) - (wide)0.5;
    c = c > 0 ? c : 0;
    int64_t i = (int64_t)c;
    i = i < in - 1 ? i : in - 1;
    return (between){i, i + 1 < in ? i + 1 : i, c - (wide)i};
}

void TS_NAME(resize_bilinear_forward)(real *y, const real *x, int64_t planes, const int64_t *size,
                                      bool align)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t row = 0; row < out_h; row++) {
        const between v = between_of(row, h, out_h, align);
        for (int64_t column = 0; column < out_w; column++) {
            const between u = between_of(column, w, out_w, align);
            for (int64_t plane = 0; plane < planes; plane++) {
                const real *above = x + (plane * h + v.i) * w, *below = x + (plane * h + v.j) * w;
                const wide top = (1 - u.t) * (wide)above[u.i] + u.t * (wide)above[u.j];
                const wide low = (1 - u.t) * (wide)below[u.i] + u.t * (wide)below[u.j];
                y[(plane * out_h + row) * out_w + column] = (real)((1 - v.t) * top + v.t * low);
            }
        }
    }
}

/* The outputs that may touch input i: all that do lie in first .. last - 1. */
typedef struct {
    int64_t first, last;
} reach;

static reach reach_of(int64_t i, int64_t in, int64_t out, bool align)
{
    const double step = align ? (out > 1 ? (double)(in - 1) / (double)(out - 1) : 0.0)
                              : (double)in / (double)out;
    if (step == 0.0)
        return (reach){0, out};
    const double shift = align ? 0.0 : 0.5;
    const double low = floor(((double)i - 1.0 + shift) / step - shift) - 1.0;
    const double high = ceil(((double)i + 1.0 + shift) / step - shift) + 2.0;
    return (reach){low < 0.0 || i == 0 ? 0 : (int64_t)low,
                   high > (double)out || i == in - 1 ? out : (int64_t)high};
}

/* How much of input i is in the output: 0 where it is neither of the two. */
static wide share(between b, int64_t i)
{
    return (b.i == i ? 1 - b.t : 0) + (b.j == i ? b.t : 0);
}

/* dL/dx_i = sum over the outputs of dy_o times the share of i in o */
void TS_NAME(resize_bilinear_backward)(real *dx, const real *dy, int64_t planes,
                                       const int64_t *size, bool align)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t at = 0; at < planes * h * w; at++) {
        const int64_t plane = at / (h * w), row = at / w % h, column = at % w;
        const reach rows = reach_of(row, h, out_h, align);
        const reach columns = reach_of(column, w, out_w, align);
        accumulator sum = {0};
        for (int64_t r = rows.first; r < rows.last; r++) {
            const wide down = share(between_of(r, h, out_h, align), row);
            for (int64_t c = columns.first; c < columns.last && down > 0; c++)
                accumulate(&sum, down * share(between_of(c, w, out_w, align), column) *
                                     (wide)dy[(plane * out_h + r) * out_w + c]);
        }
        dx[at] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* The four terms, and the place between them: c is as large as i, and a float c is off by i
 * roundings, which moves weight from one neighbour to the other.
 *
 *     g = sum of share (|x| + gx) + (i_v + i_u + 2) sum of |x| of the four */
void TS_NAME(resize_bilinear_gauge)(double *g, const real *x, const double *gx, int64_t planes,
                                    const int64_t *size, bool align)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t at = 0; at < planes * out_h * out_w; at++) {
        const int64_t plane = at / (out_h * out_w);
        const between v = between_of(at / out_w % out_h, h, out_h, align);
        const between u = between_of(at % out_w, w, out_w, align);
        double sum = 0.0, all = 0.0;
        for (int k = 0; k < 4; k++) {
            const int64_t from = (plane * h + (k & 2 ? v.j : v.i)) * w + (k & 1 ? u.j : u.i);
            const double part = (double)((k & 2 ? v.t : 1 - v.t) * (k & 1 ? u.t : 1 - u.t));
            sum += part * (fabs((double)x[from]) + (gx ? gx[from] : 0.0));
            all += fabs((double)x[from]);
        }
        g[at] = sum + (double)(v.i + u.i + 2) * all;
    }
}

/* The same terms seen from the input. gdy may be NULL. */
void TS_NAME(resize_bilinear_backward_gauge)(double *g, const real *dy, const double *gdy,
                                             int64_t planes, const int64_t *size, bool align)
{
    const int64_t h = size[0], w = size[1], out_h = size[2], out_w = size[3];
    for (int64_t i = 0; i < planes * h * w; i++)
        g[i] = 0.0;
    for (int64_t at = 0; at < planes * out_h * out_w; at++) {
        const int64_t plane = at / (out_h * out_w);
        const between v = between_of(at / out_w % out_h, h, out_h, align);
        const between u = between_of(at % out_w, w, out_w, align);
        const double d = fabs((double)dy[at]), off = (double)(v.i + u.i + 2) * d;
        for (int k = 0; k < 4; k++) {
            const int64_t to = (plane * h + (k & 2 ? v.j : v.i)) * w + (k & 1 ? u.j : u.i);
            const double part = (double)((k & 2 ? v.t : 1 - v.t) * (k & 1 ? u.t : 1 - u.t));
            g[to] += part * (d + (gdy ? gdy[at] : 0.0)) + off;
        }
    }
}
#endif
