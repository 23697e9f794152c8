/* raster.c: exact area coverage by summing signed areas along the rows.
 *
 * A line that goes down through a pixel by dy adds dy to everything on its right. In the pixel it
 * passes it adds dy times the part of the pixel right of it; the rest of dy goes to the next pixel,
 * so that a running sum along the row restores it. A closed outline's sum is its winding number
 * times the covered area: 0 outside, 1 or -1 inside; more where outlines overlap, which is cut to
 * 1.
 *
 * Test: tests/glyph/test_raster.c. */
#include "ref/glyph/raster.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"

#include <string.h>

ts_status ts_shape_open(ts_ctx *ctx, ts_shape *shape, int64_t height, int64_t width)
{
    int64_t n;
    *shape = (ts_shape){.height = height, .width = width};
    if (height < 1 || width < 1 || !ts_mul_size(height, width + 1, &n) ||
        !ts_mul_size(n, (int64_t)sizeof(float), &n))
        return ts_fail(ctx, TS_ERROR_USAGE, "a picture of %lld x %lld pixels", (long long)width,
                       (long long)height);
    shape->area = ts_alloc_zero((size_t)n, 1);
    if (!shape->area)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory to draw on %lld x %lld pixels",
                       (long long)width, (long long)height);
    return TS_OK;
}

void ts_shape_close(ts_shape *shape)
{
    ts_free(shape->area);
    *shape = (ts_shape){0};
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* A line inside of one row, from x0 to x1 (in the picture), that goes down by `down`. */
static void row_line(float *row, int64_t width, double x0, double x1, double down)
{
    const double left = x0 < x1 ? x0 : x1, right = x0 < x1 ? x1 : x0;
    const int64_t first = (int64_t)left, last = (int64_t)right;
    if (first >= width)
        return;
    if (first == last || right <= (double)first + 1) {
        const double part = (double)first + 1 - (left + right) / 2;
        row[first] += (float)(down * part);
        row[first + 1] += (float)(down * (1 - part));
        return;
    }
    for (int64_t i = first; i <= last && i < width; i++) {
        const double a = within(left, (double)i, (double)i + 1);
        const double b = within(right, (double)i, (double)i + 1);
        const double here = down * (b - a) / (right - left);
        const double part = (double)i + 1 - (a + b) / 2;
        row[i] += (float)(here * part);
        row[i + 1] += (float)(here * (1 - part));
    }
}

/* What leaves the picture at the left still counts for everything right of it: it is moved to the
 * edge, row by row. */
void ts_shape_line(ts_shape *shape, double x0, double y0, double x1, double y1)
{
    const double sign = y0 < y1 ? 1 : -1;
    const double top = y0 < y1 ? y0 : y1, bottom = y0 < y1 ? y1 : y0;
    const double at_top = y0 < y1 ? x0 : x1, at_bottom = y0 < y1 ? x1 : x0;
    if (!(top < bottom) || bottom <= 0 || top >= (double)shape->height)
        return;
    const double slope = (at_bottom - at_top) / (bottom - top), width = (double)shape->width;
    int64_t y = top < 0 ? 0 : (int64_t)top;
    for (; y < shape->height && (double)y < bottom; y++) {
        const double a = within(top, (double)y, (double)y + 1);
        const double b = within(bottom, (double)y, (double)y + 1);
        const double from = within(at_top + (a - top) * slope, 0, width);
        const double to = within(at_top + (b - top) * slope, 0, width);
        row_line(shape->area + y * (shape->width + 1), shape->width, from, to, sign * (b - a));
    }
}

/* Lines of at most about two pixels, or of a 32nd of the curve. */
void ts_shape_curve(ts_shape *shape, const double x[3], const double y[3])
{
    const double reach = fabs(x[1] - x[0]) + fabs(y[1] - y[0]) + fabs(x[2] - x[1]) +
                         fabs(y[2] - y[1]);
    const int steps = (int)within(reach / 2, 4, 32);
    double px = x[0], py = y[0];
    for (int i = 1; i <= steps; i++) {
        const double t = (double)i / steps, u = 1 - t;
        const double qx = u * u * x[0] + 2 * u * t * x[1] + t * t * x[2];
        const double qy = u * u * y[0] + 2 * u * t * y[1] + t * t * y[2];
        ts_shape_line(shape, px, py, qx, qy);
        px = qx;
        py = qy;
    }
}

void ts_shape_paint(ts_shape *shape, uint8_t *picture, int sharp)
{
    for (int64_t y = 0; y < shape->height; y++) {
        float *row = shape->area + y * (shape->width + 1);
        uint8_t *out = picture + y * shape->width;
        double sum = 0;
        for (int64_t x = 0; x < shape->width; x++) {
            sum += (double)row[x];
            const double covered = fabs(sum) < 1 ? fabs(sum) : 1;
            const double white = sharp ? (covered >= 0.5 ? 1.0 : 0.0) : covered;
            out[x] = (uint8_t)((double)out[x] + (255.0 - (double)out[x]) * white + 0.5);
        }
        memset(row, 0, (size_t)(shape->width + 1) * sizeof *row);
    }
}
