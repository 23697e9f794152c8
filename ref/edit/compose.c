/* compose.c: put the edited region back into the original picture.
 *
 *     a   = max(0, 1 - d / (f + 1)),      d = distance to the mask in whole pixels (any direction)
 *     out = round(a edited + (1 - a) original)
 *
 * The distance is the number of steps of a king on a chessboard, so edges stay straight.
 * Test: tests/edit/test_compose.c */
#include "ref/edit/compose.h"

/* distance[i] = 0 inside the mask, 1 .. f around it, f + 1 everywhere else. Two passes: along each row
 * the distance to the nearest pixel of the mask, then down the columns the least of the larger of
 * both distances. */
static void distances(uint8_t *distance, uint8_t *along, const uint8_t *mask, int64_t h, int64_t w,
                      int far)
{
    for (int64_t y = 0; y < h; y++) {
        const uint8_t *m = mask + y * w;
        uint8_t *a = along + y * w;
        int d = far;
        for (int64_t x = 0; x < w; x++)
            a[x] = (uint8_t)(d = m[x] >= 128 ? 0 : d < far ? d + 1 : far);
        d = far;
        for (int64_t x = w - 1; x >= 0; x--) {
            d = m[x] >= 128 ? 0 : d < far ? d + 1 : far;
            a[x] = (uint8_t)(d < a[x] ? d : a[x]);
        }
    }
    for (int64_t y = 0; y < h; y++)
        for (int64_t x = 0; x < w; x++) {
            int least = far;
            for (int64_t k = 1 - far; k < far; k++) {
                const int64_t row = y + k;
                if (row < 0 || row >= h)
                    continue;
                const int away = (int)(k < 0 ? -k : k), side = along[row * w + x];
                const int d = away > side ? away : side;
                least = d < least ? d : least;
            }
            distance[y * w + x] = (uint8_t)least;
        }
}

ts_status ts_compose(ts_ctx *ctx, uint8_t *out, ts_pixels original, const uint8_t *edited,
                     const uint8_t *mask, int feather)
{
    const int64_t n = original.height * original.width;
    const int far = (feather < 0 ? 0 : feather > 200 ? 200 : feather) + 1;
    if (ctx->status)
        return ctx->status;
    uint8_t *distance = ts_alloc((size_t)n), *along = ts_alloc((size_t)n);
    if (distance && along) {
        distances(distance, along, mask, original.height, original.width, far);
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < original.channels; c++) {
                const int64_t at = i * original.channels + c;
                const int mine = far - distance[i]; /* of `far` */
                const int sum = mine * edited[at] + (far - mine) * original.data[at];
                out[at] = (uint8_t)((2 * sum + far) / (2 * far));
            }
    } else {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to put the picture together");
    }
    ts_free(distance);
    ts_free(along);
    return ctx->status;
}
