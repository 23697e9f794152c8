/* resize.c: pictures at another size.
 *
 *     nearest:   y_o = x_i,  i = floor(o in / out)                 along each axis
 *
 * Source:   torch.nn.functional.interpolate
 * Shapes:   x (planes, h, w), y (planes, out_h, out_w); size = {h, w, out_h, out_w}
 * Pitfalls: torch multiplies by in / out rounded to float32, so that for some sizes that do not
 *           divide each other its index is one below the floor of the true quotient
 * Test:     tests/ops/test_resize.c          Golden: ops/resize_nearest */
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
