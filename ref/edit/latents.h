/* latents.h: the token streams of an edit, made from pictures. */
#ifndef TS_EDIT_LATENTS_H
#define TS_EDIT_LATENTS_H

#include "ref/ops/ops.h"
#include "ref/vae/vae.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the transformer gets beside the noisy latents. */
typedef struct {
    ts_tensor image;     /* (1, N, 64 + 256): [z_masked | mask], N = H W / 256 */
    ts_tensor condition; /* (1, M, 384): [c_glyph | c_masked | c_mask]; empty without a glyph */
    ts_tensor img_ids, condition_ids; /* (N, 3), (M, 3) */
} ts_edit_tokens;

/* picture and glyph (1, 3, H, W), (1, 3, h, w) in -1 .. 1, mask (1, 1, H, W) of zeros and ones;
 * sides are multiples of 16; glyph may be empty. The noises (latents' sizes) are those of the
 * posteriors of glyph and masked picture. tile: pixels of a tile of the autoencoder, 0 for none. */
typedef struct {
    ts_tensor picture, mask, glyph;
    ts_tensor glyph_noise, masked_noise;
    int64_t tile;
} ts_edit_pictures;
ts_status ts_edit_tokens_of(ts_ctx *ctx, ts_edit_tokens *tokens, const ts_vae *vae,
                            const ts_edit_pictures *in);

/* (rows * columns, 3): (0, row, column) of every token. */
ts_tensor ts_grid_ids(ts_ctx *ctx, int64_t rows, int64_t columns);

/* The mask as 64 channels of 8 x 8 patches, packed: (1, H W / 256, 256). */
ts_tensor ts_mask_tokens(ts_ctx *ctx, ts_tensor mask);

#ifdef __cplusplus
}
#endif
#endif
