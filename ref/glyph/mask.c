/* mask.c: the mask of a line of text, and 3 x 3 morphology.
 *
 *     dilate(x)[p] = max of x over the 3 x 3 pixels around p      erode: min
 *
 * Both separate into a pass along the rows and one along the columns.
 * Source: position masks of the published training data (data set class of FLUX-Text); its chain of
 * random choices falls through for small polygons: see ts_position_mask.
 * Test: tests/glyph/test_mask.c, golden data/goldens/glyph/position_masks.safetensors. */
#include "ref/glyph/mask.h"

#include "ref/base/ctx.h"
#include "ref/glyph/fill.h"

#include <string.h>

static const float small_side = 20.0f;

static uint8_t greater(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* n values, `stride` apart, each with its two neighbours; before is the value left of out[i]. */
static void pass(uint8_t *x, int64_t n, int64_t stride, uint8_t (*pick)(uint8_t, uint8_t))
{
    uint8_t before = x[0];
    for (int64_t i = 0; i < n; i++) {
        const uint8_t here = x[i * stride];
        const uint8_t after = i + 1 < n ? x[(i + 1) * stride] : here;
        x[i * stride] = pick(pick(before, here), after);
        before = here;
    }
}

static void morph(uint8_t *x, int steps, int64_t height, int64_t width,
                  uint8_t (*pick)(uint8_t, uint8_t))
{
    for (int step = 0; step < steps; step++) {
        for (int64_t row = 0; row < height; row++)
            pass(x + row * width, width, 1, pick);
        for (int64_t column = 0; column < width; column++)
            pass(x + column, height, width, pick);
    }
}

static ts_status copy(ts_ctx *ctx, uint8_t *out, const uint8_t *in, int64_t height, int64_t width)
{
    int64_t n;
    if (height < 1 || width < 1 || !ts_mul_size(height, width, &n))
        return ts_fail(ctx, TS_ERROR_USAGE, "a mask of %lld x %lld pixels", (long long)width,
                       (long long)height);
    if (out != in)
        memcpy(out, in, (size_t)n);
    return TS_OK;
}

ts_status ts_dilate(ts_ctx *ctx, uint8_t *out, const uint8_t *in, int steps, int64_t height,
                    int64_t width)
{
    if (copy(ctx, out, in, height, width))
        return ctx->status;
    morph(out, steps, height, width, greater);
    return TS_OK;
}

ts_status ts_erode(ts_ctx *ctx, uint8_t *out, const uint8_t *in, int steps, int64_t height,
                   int64_t width)
{
    if (copy(ctx, out, in, height, width))
        return ctx->status;
    morph(out, steps, height, width, lesser);
    return TS_OK;
}

static ts_status clear(ts_ctx *ctx, uint8_t *mask, int64_t height, int64_t width)
{
    int64_t n;
    if (height < 1 || width < 1 || !ts_mul_size(height, width, &n))
        return ts_fail(ctx, TS_ERROR_USAGE, "a mask of %lld x %lld pixels", (long long)width,
                       (long long)height);
    memset(mask, 0, (size_t)n);
    return TS_OK;
}

ts_status ts_position_mask(ts_ctx *ctx, uint8_t *mask, ts_polygon polygon, ts_mask_change change,
                           int64_t height, int64_t width)
{
    ts_rect rect;
    if (clear(ctx, mask, height, width) ||
        ts_min_area_rect(ctx, &rect, polygon.points, polygon.count) ||
        ts_fill_polygon(ctx, mask, polygon.points, polygon.count, UINT8_MAX, height, width))
        return ctx->status;
    if (rect.width < small_side || rect.height < small_side) {
        change = change == TS_MASK_ERODE1 ? TS_MASK_DILATE2 : change;
        change = change == TS_MASK_ERODE2 ? TS_MASK_KEEP : change;
    }
    switch (change) {
    case TS_MASK_DILATE1:
        return ts_dilate(ctx, mask, mask, 1, height, width);
    case TS_MASK_DILATE2:
        return ts_dilate(ctx, mask, mask, 2, height, width);
    case TS_MASK_ERODE1:
        return ts_erode(ctx, mask, mask, 1, height, width);
    case TS_MASK_ERODE2:
        return ts_erode(ctx, mask, mask, 2, height, width);
    case TS_MASK_KEEP:
        break;
    }
    return TS_OK;
}

ts_status ts_line_numbers(ts_ctx *ctx, uint8_t *numbers, const ts_polygon *polygons, int64_t count,
                          int64_t height, int64_t width)
{
    if (count > UINT8_MAX)
        return ts_fail(ctx, TS_ERROR_USAGE, "%lld lines: a line's number is at most %d",
                       (long long)count, UINT8_MAX);
    if (clear(ctx, numbers, height, width))
        return ctx->status;
    for (int64_t i = count - 1; i >= 0; i--) /* the first is drawn last: it lies on top */
        if (ts_fill_polygon(ctx, numbers, polygons[i].points, polygons[i].count, (uint8_t)(i + 1),
                            height, width))
            return ctx->status;
    return TS_OK;
}
