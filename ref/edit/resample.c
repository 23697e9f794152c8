/* resample.c: separable resampling of 8-bit pictures with antialiasing.
 *
 *     out_i = sum_j k((j + 1/2 - c_i) / s) in_j / sum_j k(...),   c_i = (i + 1/2) scale,
 *                                                                 s = max(scale, 1)
 *     Lanczos:  k(x) = sinc(x) sinc(x / 3), |x| < 3
 *     bicubic:  Keys 1981 with a = -1/2,    |x| < 2
 *     bilinear: 1 - |x|,                    |x| < 1
 *
 * Source:   Pillow, ImagingResample: across first, then down; weights in 22-bit fixed point; each
 *           pass rounds to 8 bits
 * Pitfalls: the range of a pixel is cut at the picture's edge and its weights are normalised again;
 *           a side that keeps its size is not filtered at all
 * Test:     tests/edit/test_resample.c            Golden: edit/preprocess */
#include "ref/edit/resample.h"

#include "ref/base/mathf.h"

#include <math.h>
#include <string.h>

enum { PRECISION = 32 - 8 - 2 };

static const double pi = 3.14159265358979323846;

static double sinc(double x)
{
    return x == 0.0 ? 1.0 : ts_sin(pi * x) / (pi * x);
}

static double lanczos(double x)
{
    return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

static double bicubic(double x)
{
    static const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * a : 0.0;
}

static double triangle(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

/* k(x), and where it ends. */
static const struct {
    double (*at)(double x);
    double support;
} kernels[] = {
    [TS_LANCZOS] = {lanczos, 3.0}, [TS_BICUBIC] = {bicubic, 2.0}, [TS_BILINEAR] = {triangle, 1.0}};

/* For every output position: the first input, how many, and their weights. */
typedef struct {
    int64_t *first, *count;
    int32_t *weight; /* room for `room` each */
    int64_t room;
} windows;

static void windows_free(windows *w)
{
    ts_free(w->first);
    ts_free(w->count);
    ts_free(w->weight);
}

static int32_t fixed(double weight)
{
    const double scaled = weight * (double)(1 << PRECISION);
    return (int32_t)(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* `row` has room for the unrounded weights of one position. */
static void fill(windows *w, double *row, int64_t n, int64_t in_n, ts_filter filter)
{
    const double scale = (double)in_n / (double)n, spread = scale < 1.0 ? 1.0 : scale;
    const double support = kernels[filter].support * spread;
    for (int64_t i = 0; i < n; i++) {
        const double center = ((double)i + 0.5) * scale;
        int64_t first = (int64_t)(center - support + 0.5), last = (int64_t)(center + support + 0.5);
        first = first < 0 ? 0 : first;
        last = last > in_n ? in_n : last;
        double sum = 0.0;
        for (int64_t j = 0; j < last - first; j++) {
            const double x = ((double)(j + first) - center + 0.5) * (1.0 / spread);
            row[j] = kernels[filter].at(x);
            sum += row[j];
        }
        w->first[i] = first;
        w->count[i] = last - first;
        for (int64_t j = 0; j < last - first; j++)
            w->weight[i * w->room + j] = fixed(sum != 0.0 ? row[j] / sum : row[j]);
    }
}

static ts_status windows_make(ts_ctx *ctx, windows *w, int64_t n, int64_t in_n, ts_filter filter)
{
    const double scale = (double)in_n / (double)n, spread = scale < 1.0 ? 1.0 : scale;
    const double support = kernels[filter].support * spread;
    w->room = (int64_t)ceil(support) * 2 + 1;
    int64_t weights;
    if (!ts_mul_size(n, w->room, &weights))
        return ts_fail(ctx, TS_ERROR_SHAPE, "a picture side of %lld pixels is too long",
                       (long long)n);
    w->first = ts_alloc_zero((size_t)n, sizeof *w->first);
    w->count = ts_alloc_zero((size_t)n, sizeof *w->count);
    w->weight = ts_alloc_zero((size_t)weights, sizeof *w->weight);
    double *row = ts_alloc_zero((size_t)w->room, sizeof *row);
    if (w->first && w->count && w->weight && row)
        fill(w, row, n, in_n, filter);
    else
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to resize a picture");
    ts_free(row);
    return ctx->status;
}

/* One output value: `in` is the first input of the window, `step` the distance to the next. */
static uint8_t weighed(const uint8_t *in, int64_t step, const int32_t *weight, int64_t count)
{
    int64_t sum = (int64_t)1 << (PRECISION - 1);
    for (int64_t j = 0; j < count; j++)
        sum += (int64_t)in[j * step] * weight[j];
    sum = sum < 0 ? 0 : sum >> PRECISION;
    return (uint8_t)(sum > 255 ? 255 : sum);
}

static void across(uint8_t *out, int64_t w, const uint8_t *in, int64_t in_w, int64_t rows,
                   int64_t channels, const windows *win)
{
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < w; x++)
            for (int64_t c = 0; c < channels; c++)
                out[(y * w + x) * channels + c] =
                    weighed(in + (y * in_w + win->first[x]) * channels + c, channels,
                            win->weight + x * win->room, win->count[x]);
}

static void down(uint8_t *out, int64_t h, const uint8_t *in, int64_t row, const windows *win)
{
    for (int64_t y = 0; y < h; y++)
        for (int64_t i = 0; i < row; i++)
            out[y * row + i] = weighed(in + win->first[y] * row + i, row,
                                       win->weight + y * win->room, win->count[y]);
}

ts_status ts_resample(ts_ctx *ctx, uint8_t *out, int64_t h, int64_t w, const uint8_t *in,
                      int64_t in_h, int64_t in_w, int64_t channels, ts_filter filter)
{
    if (ctx->status)
        return ctx->status;
    if (h < 1 || w < 1 || in_h < 1 || in_w < 1 || channels < 1)
        return ts_fail(ctx, TS_ERROR_SHAPE, "a picture needs at least one pixel to be resized");
    windows columns = {0}, rows = {0};
    uint8_t *middle = NULL;
    const uint8_t *wide = in;
    if (w != in_w) {
        int64_t pixels, bytes;
        const bool fits = ts_mul_size(in_h, w, &pixels) && ts_mul_size(pixels, channels, &bytes);
        middle = fits ? ts_alloc((size_t)bytes) : NULL;
        if (!middle)
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory to resize a picture");
        else if (!windows_make(ctx, &columns, w, in_w, filter))
            across(middle, w, in, in_w, in_h, channels, &columns);
        wide = middle;
    }
    if (!ctx->status && wide && h == in_h)
        memcpy(out, wide, (size_t)(h * w * channels));
    else if (!ctx->status && !windows_make(ctx, &rows, h, in_h, filter))
        down(out, h, wide, w * channels, &rows);
    windows_free(&columns);
    windows_free(&rows);
    ts_free(middle);
    return ctx->status;
}
