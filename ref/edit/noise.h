/* noise.h: the random numbers of an edit. */
#ifndef TS_EDIT_NOISE_H
#define TS_EDIT_NOISE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_NOISE_TORCH, /* torch.Generator("cpu").manual_seed(seed): one stream after the other */
    TS_NOISE_PHILOX /* Philox streams 0, 1, 2 of the seed: number i depends on nothing but i */
} ts_noise_stream;

/* "torch" or "philox"; anything else fails with TS_ERROR_USAGE. */
ts_noise_stream ts_noise_stream_named(ts_ctx *ctx, const char *name);

/* Each (1, 16, h / 8, w / 8) of its picture; glyph empty when there is no glyph picture. */
typedef struct {
    ts_tensor latents, glyph, masked;
} ts_edit_noise;

/* Draws the noises that are empty, in the order latents, glyph, masked picture; those that are given
 * are drawn all the same and dropped, so that the others do not move. picture and glyph are
 * (1, 3, H, W). The numbers are float32 in every precision. */
ts_status ts_edit_noise_draw(ts_ctx *ctx, ts_edit_noise *n, uint64_t seed, ts_noise_stream stream,
                             ts_tensor picture, ts_tensor glyph);

#ifdef __cplusplus
}
#endif
#endif
