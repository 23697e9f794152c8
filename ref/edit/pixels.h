/* pixels.h: between 8-bit pictures and what the networks see. */
#ifndef TS_EDIT_PIXELS_H
#define TS_EDIT_PIXELS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A view of an 8-bit picture: (height, width, channels), row by row, pixels interleaved. */
typedef struct {
    const uint8_t *data;
    int64_t height, width, channels;
} ts_pixels;

/* (1, channels, H, W) in -1 .. 1: 2 (u / 255) - 1. The mapping is data preparation: it is made in
 * float32 (or, as for pictures that the published program gets as arrays, in double and rounded to
 * float32 once) and widened, in every precision. */
ts_tensor ts_pixels_signed(ts_ctx *ctx, ts_pixels p, bool in_double);

/* (1, 1, H, W) of zeros and ones: 1 where u / 255 >= 1/2, that is from 128 on. One channel. */
ts_tensor ts_pixels_mask(ts_ctx *ctx, ts_pixels p);

/* out (H, W) of a colour picture: Pillow's grey. */
void ts_pixels_grey(uint8_t *out, ts_pixels p);

/* out (h, w, channels): the pixel at floor(i in / out). */
void ts_pixels_nearest(uint8_t *out, int64_t h, int64_t w, ts_pixels p);

/* out (H, W, channels) of x (1, channels, H, W): x / 2 + 1/2 to 0 .. 1, times 255, rounded half to
 * even, in float32. */
ts_status ts_pixels_of(ts_ctx *ctx, uint8_t *out, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
