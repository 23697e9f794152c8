/* pixels.c: between 8-bit pictures and what the networks see.
 *
 *     x = 2 u / 255 - 1,      u = round_half_even(255 clamp(x / 2 + 1/2, 0, 1))
 *     grey = (19595 R + 38470 G + 7471 B + 32768) >> 16
 *
 * Source:   diffusers VaeImageProcessor; Pillow, convert("L")
 * Pitfalls: the hole of the masked picture is mid grey (0), not black; 127 is outside of a mask, 128
 *           inside; a colour mask is turned grey first
 * Test:     tests/edit/test_pixels.c              Golden: edit/preprocess */
#include "ref/edit/pixels.h"

#include <math.h>

ts_tensor ts_pixels_signed(ts_ctx *ctx, ts_pixels p, bool in_double)
{
    const ts_tensor x =
        ts_new(ctx, ctx->compute, 4, (int64_t[]){1, p.channels, p.height, p.width});
    if (ts_is_empty(x))
        return x;
    float value[256];
    for (int u = 0; u < 256; u++)
        value[u] = in_double ? (float)(2.0 * ((double)u / 255.0) - 1.0)
                             : 2.0f * ((float)u / 255.0f) - 1.0f;
    const int64_t plane = p.height * p.width;
    for (int64_t c = 0; c < p.channels; c++)
        for (int64_t i = 0; i < plane; i++)
            ts_store(x.data, x.dtype, c * plane + i, (double)value[p.data[i * p.channels + c]]);
    if (ctx->round != TS_NONE)
        ts_round_to(x.data, x.dtype, ctx->round, ts_numel(x));
    return x;
}

ts_tensor ts_pixels_mask(ts_ctx *ctx, ts_pixels p)
{
    const ts_tensor m = ts_new(ctx, ctx->compute, 4, (int64_t[]){1, 1, p.height, p.width});
    for (int64_t i = 0; m.data && i < p.height * p.width; i++)
        ts_store(m.data, m.dtype, i, p.data[i * p.channels] >= 128 ? 1.0 : 0.0);
    return m;
}

void ts_pixels_grey(uint8_t *out, ts_pixels p)
{
    for (int64_t i = 0; i < p.height * p.width; i++) {
        const uint8_t *u = p.data + i * p.channels;
        out[i] = p.channels < 3 ? u[0]
                                : (uint8_t)((19595u * u[0] + 38470u * u[1] + 7471u * u[2] + 32768u) >>
                                            16);
    }
}

void ts_pixels_nearest(uint8_t *out, int64_t h, int64_t w, ts_pixels p)
{
    for (int64_t y = 0; y < h; y++)
        for (int64_t x = 0; x < w; x++)
            for (int64_t c = 0; c < p.channels; c++)
                out[(y * w + x) * p.channels + c] =
                    p.data[(y * p.height / h * p.width + x * p.width / w) * p.channels + c];
}

ts_status ts_pixels_of(ts_ctx *ctx, uint8_t *out, ts_tensor x)
{
    if (ctx->status || ts_expect(ctx, x, "picture", 4, (int64_t[]){1, -1, -1, -1}))
        return ctx->status;
    const int64_t channels = x.size[1], plane = x.size[2] * x.size[3];
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < plane; i++) {
            float v = (float)ts_load(x.data, x.dtype, c * plane + i) / 2.0f + 0.5f;
            v = v > 0.0f ? v < 1.0f ? v : 1.0f : 0.0f; /* NaN becomes 0 */
            out[i * channels + c] = (uint8_t)nearbyintf(v * 255.0f);
        }
    return TS_OK;
}
