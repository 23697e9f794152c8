/* pool.c: the mean or the largest of a window that slides over a picture.
 *
 *     avg:   y_o = sum of x in the window / count
 *     max:   y_o = the largest x in the window; of several that are equal, the first
 *
 * The window of output o starts at o stride - pad, along each axis.
 *
 * Source:   torch.nn.AvgPool2d, MaxPool2d (ceil_mode off)
 * Shapes:   x, dx (planes, h, w); y, dy, where (planes, out_h, out_w); `where` holds the place of the
 *           largest in its plane
 * Pitfalls: count is the whole window, padding included, but for what lies outside even that
 *           (count_padding), or only what lies in the picture; NaN is the largest
 * Test:     tests/ops/test_pool.c            Golden: ops/avg_pool, max_pool */
#include "ref/ops/kernels.h"

#include <math.h>

/* The part of a window, or of the outputs that see an input, that exists: first .. last - 1. */
typedef struct {
    int64_t first, last;
} span;

static span seen_by(const ts_window *w, int axis, int64_t o)
{
    const int64_t first = o * w->stride[axis] - w->pad[axis], last = first + w->size[axis];
    return (span){first > 0 ? first : 0, last < w->in[axis] ? last : w->in[axis]};
}

/* Outputs o with o stride <= i + pad < o stride + size */
static span seeing(const ts_window *w, int axis, int64_t i)
{
    const int64_t at = i + w->pad[axis], stride = w->stride[axis];
    const int64_t first = at < w->size[axis] ? 0 : (at - w->size[axis]) / stride + 1;
    const int64_t last = at / stride + 1;
    return (span){first, last < w->out[axis] ? last : w->out[axis]};
}

/* Numbers in the window of output (row, column), as the mean counts them. */
static int64_t count_of(const ts_window *w, int64_t row, int64_t column)
{
    const int64_t o[2] = {row, column};
    int64_t count = 1;
    for (int axis = 0; axis < 2; axis++) {
        const span s = seen_by(w, axis, o[axis]);
        int64_t n = s.last - s.first;
        if (w->count_padding) {
            const int64_t first = o[axis] * w->stride[axis] - w->pad[axis];
            const int64_t end = w->in[axis] + w->end[axis], last = first + w->size[axis];
            n = (last < end ? last : end) - first;
        }
        count *= n;
    }
    return count;
}

void TS_NAME(avg_pool_forward)(real *y, const real *x, int64_t planes, const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->out[0] * w->out[1]; at++) {
        const int64_t row = at / w->out[1] % w->out[0], column = at % w->out[1];
        const real *plane = x + at / (w->out[0] * w->out[1]) * w->in[0] * w->in[1];
        const span r = seen_by(w, 0, row), c = seen_by(w, 1, column);
        accumulator sum = {0};
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++)
                accumulate(&sum, (wide)plane[i * w->in[1] + j]);
        y[at] = (real)(total(&sum) / (wide)count_of(w, row, column));
    }
}

/* dL/dx_i = sum of dy_o / count_o over the windows that see i */
void TS_NAME(avg_pool_backward)(real *dx, const real *dy, int64_t planes, const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->in[0] * w->in[1]; at++) {
        const real *plane = dy + at / (w->in[0] * w->in[1]) * w->out[0] * w->out[1];
        const span r = seeing(w, 0, at / w->in[1] % w->in[0]), c = seeing(w, 1, at % w->in[1]);
        accumulator sum = {0};
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++)
                accumulate(&sum, (wide)plane[i * w->out[1] + j] / (wide)count_of(w, i, j));
        dx[at] = (real)total(&sum);
    }
}

void TS_NAME(max_pool_forward)(real *y, int64_t *where, const real *x, int64_t planes,
                               const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->out[0] * w->out[1]; at++) {
        const real *plane = x + at / (w->out[0] * w->out[1]) * w->in[0] * w->in[1];
        const span r = seen_by(w, 0, at / w->out[1] % w->out[0]), c = seen_by(w, 1, at % w->out[1]);
        int64_t best = r.first * w->in[1] + c.first;
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++) {
                const real v = plane[i * w->in[1] + j];
                if (v > plane[best] || (isnan(v) && !isnan(plane[best])))
                    best = i * w->in[1] + j;
            }
        y[at] = plane[best];
        where[at] = best;
    }
}

/* dL/dx_i = sum of dy_o over the windows whose largest is i */
void TS_NAME(max_pool_backward)(real *dx, const real *dy, const int64_t *where, int64_t planes,
                                const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->in[0] * w->in[1]; at++) {
        const int64_t plane = w->in[0] * w->in[1], first = at / plane * w->out[0] * w->out[1];
        const span r = seeing(w, 0, at % plane / w->in[1]), c = seeing(w, 1, at % w->in[1]);
        accumulator sum = {0};
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++)
                if (where[first + i * w->out[1] + j] == at % plane)
                    accumulate(&sum, (wide)dy[first + i * w->out[1] + j]);
        dx[at] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* The mean of |x| + gx; gx may be NULL. */
void TS_NAME(avg_pool_gauge)(double *g, const real *x, const double *gx, int64_t planes,
                             const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->out[0] * w->out[1]; at++) {
        const int64_t row = at / w->out[1] % w->out[0], column = at % w->out[1];
        const int64_t plane = at / (w->out[0] * w->out[1]) * w->in[0] * w->in[1];
        const span r = seen_by(w, 0, row), c = seen_by(w, 1, column);
        double sum = 0.0;
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++) {
                const int64_t from = plane + i * w->in[1] + j;
                sum += fabs((double)x[from]) + (gx ? gx[from] : 0.0);
            }
        g[at] = sum / (double)count_of(w, row, column);
    }
}

/* Twice |dy|: once for the quotient, once for the sum. gdy may be NULL. */
void TS_NAME(avg_pool_backward_gauge)(double *g, const real *dy, const double *gdy, int64_t planes,
                                      const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->in[0] * w->in[1]; at++) {
        const int64_t plane = at / (w->in[0] * w->in[1]) * w->out[0] * w->out[1];
        const span r = seeing(w, 0, at / w->in[1] % w->in[0]), c = seeing(w, 1, at % w->in[1]);
        g[at] = 0.0;
        for (int64_t i = r.first; i < r.last; i++)
            for (int64_t j = c.first; j < c.last; j++) {
                const int64_t from = plane + i * w->out[1] + j;
                g[at] += (2.0 * fabs((double)dy[from]) + (gdy ? gdy[from] : 0.0)) /
                         (double)count_of(w, i, j);
            }
    }
}

/* The largest is a copy: no gauge but its input's. If that is off, another of the window may win:
 * the largest gauge of the window. gx may be NULL. */
void TS_NAME(max_pool_gauge)(double *g, const double *gx, int64_t planes, const ts_window *w)
{
    for (int64_t at = 0; at < planes * w->out[0] * w->out[1]; at++) {
        const int64_t plane = at / (w->out[0] * w->out[1]) * w->in[0] * w->in[1];
        const span r = seen_by(w, 0, at / w->out[1] % w->out[0]), c = seen_by(w, 1, at % w->out[1]);
        g[at] = 0.0;
        for (int64_t i = r.first; i < r.last && gx; i++)
            for (int64_t j = c.first; j < c.last; j++)
                g[at] = fmax(g[at], gx[plane + i * w->in[1] + j]);
    }
}

/* The sum of |dy| + gdy; gdy may be NULL. */
void TS_NAME(max_pool_backward_gauge)(double *g, const real *dy, const double *gdy,
                                      const int64_t *where, int64_t planes, const ts_window *w)
{
    const int64_t in = w->in[0] * w->in[1], out = w->out[0] * w->out[1];
    for (int64_t i = 0; i < planes * in; i++)
        g[i] = 0.0;
    for (int64_t o = 0; o < planes * out; o++)
        g[o / out * in + where[o]] += fabs((double)dy[o]) + (gdy ? gdy[o] : 0.0);
}
#endif
