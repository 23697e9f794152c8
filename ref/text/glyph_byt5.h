/* glyph_byt5.h: characters as tokens: Glyph-ByT5's encoder and the mappers behind it.
 *
 *     encoder  T5's encoder on byte ids, with a padding mask
 *     mapper   a few T5 blocks (own position bias, same mask), RMS norm, and where the checkpoint
 *              has one a linear layer to other channels with a second RMS norm
 *     embeds   the mapper's channels stretched to the transformer's width: linear interpolation
 *              along the channel axis, corners not aligned
 *
 * The simple mapper is LN -> linear -> ReLU -> linear. Source: Liu et al. 2024 (Glyph-ByT5);
 * FLUX-Text, T5EncoderBlockByT5Mapper, ByT5Mapper. Easily got wrong: unlike T5-XXL in FLUX both
 * parts see a padding mask; the mapper's blocks have no final norm of their own. */
#ifndef TS_TEXT_GLYPH_BYT5_H
#define TS_TEXT_GLYPH_BYT5_H

#include "ref/text/t5_encoder.h"

#ifdef __cplusplus
extern "C" {
#endif

/* (B, L, C) of x (B, L, d_model) and mask (B, L) or empty: `layers` blocks under "mapper". */
ts_tensor ts_byt5_mapper(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                         ts_tensor mask, int64_t layers);

/* (..., channels) of x (..., C). */
ts_tensor ts_byt5_stretch(ts_ctx *ctx, ts_tensor x, int64_t channels);

/* (..., D) of x (..., C): weights mapper.0 (norm), mapper.1, mapper.3. */
ts_tensor ts_byt5_simple_mapper(ts_ctx *ctx, ts_weights *w, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
