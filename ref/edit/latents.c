/* latents.c: the token streams of an edit, made from pictures.
 *
 *     z_masked = (encode((2 I - 1) (1 - M)) - shift) scale,     c_glyph = (encode(2 G - 1) - shift) scale
 *     image stream      [x_t | z_masked | m_tok]                64 + 64 + 256
 *     condition stream  [c_glyph | z_masked, M by nearest to the glyph's size]
 *
 * Source:   FLUX-Text, generate_fill, Condition.encode; diffusers FluxFillPipeline
 *           (prepare_mask_latents)
 * Shapes:   see latents.h
 * Pitfalls: a smaller glyph picture resizes the *latents* of the masked picture, but the *pixels* of
 *           the mask; the mask's channel is 8 dy + dx, then the 2 x 2 packing runs channel by channel;
 *           the posterior is sampled, not its mean taken
 * Test:     tests/edit/test_latents.c             Golden: edit/ (trace.condition_latents) */
#include "ref/edit/latents.h"

enum { PATCH = 8, PACK = 16 }; /* pixels along a side of a latent, of a token */

ts_tensor ts_grid_ids(ts_ctx *ctx, int64_t rows, int64_t columns)
{
    const ts_tensor ids = ts_new_zero(ctx, ctx->compute, 2, (int64_t[]){rows * columns, 3});
    for (int64_t i = 0; ids.data && i < rows * columns; i++) {
        ts_store(ids.data, ids.dtype, 3 * i + 1, (double)(i / columns));
        ts_store(ids.data, ids.dtype, 3 * i + 2, (double)(i % columns));
    }
    return ids;
}

ts_tensor ts_mask_tokens(ts_ctx *ctx, ts_tensor mask)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t b = mask.size[0], h = mask.size[2] / PATCH, w = mask.size[3] / PATCH;
    const ts_tensor patches = ts_reshape(ctx, mask, 5, (int64_t[]){b, h, PATCH, w, PATCH});
    const ts_tensor channels = ts_permute(ctx, patches, (const int[]){0, 2, 4, 1, 3});
    return ts_pack(ctx, ts_reshape(ctx, channels, 4, (int64_t[]){b, PATCH * PATCH, h, w}));
}

/* Latents of a picture, as the transformer sees them, not packed. */
static ts_tensor encoded(ts_ctx *ctx, const ts_vae *vae, ts_tensor picture, ts_tensor noise,
                         int64_t tile)
{
    const ts_posterior p = tile ? ts_vae_encode_tiled(ctx, vae, picture, tile)
                                : ts_vae_encode(ctx, vae, picture);
    return ts_latents_scaled(ctx, vae, ts_posterior_sample(ctx, p, noise));
}

static ts_status check(ts_ctx *ctx, const ts_vae *vae, const ts_edit_pictures *in)
{
    const int64_t c = vae->latent_channels, h = in->picture.size[2], w = in->picture.size[3];
    if (vae->factor != PATCH || c != 16)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "%s: an autoencoder of factor %lld with %lld channels: FLUX Fill has 8 and 16",
                       ts_weights_label(vae->weights), (long long)vae->factor, (long long)c);
    if (h % PACK || w % PACK || h == 0 || w == 0)
        return ts_fail(ctx, TS_ERROR_SHAPE, "a picture of %lld x %lld: expected multiples of %d",
                       (long long)w, (long long)h, PACK);
    ts_expect(ctx, in->picture, "picture", 4, (int64_t[]){1, 3, -1, -1});
    ts_expect(ctx, in->mask, "mask", 4, (int64_t[]){1, 1, h, w});
    ts_expect(ctx, in->masked_noise, "noise of the masked picture", 4,
              (int64_t[]){1, c, h / PATCH, w / PATCH});
    if (ts_is_empty(in->glyph) || ctx->status)
        return ctx->status;
    const int64_t gh = in->glyph.size[2], gw = in->glyph.size[3];
    if (gh % PACK || gw % PACK || gh == 0 || gw == 0)
        return ts_fail(ctx, TS_ERROR_SHAPE,
                       "a glyph picture of %lld x %lld: expected multiples of %d", (long long)gw,
                       (long long)gh, PACK);
    ts_expect(ctx, in->glyph, "glyph", 4, (int64_t[]){1, 3, -1, -1});
    return ts_expect(ctx, in->glyph_noise, "noise of the glyph", 4,
                     (int64_t[]){1, c, gh / PATCH, gw / PATCH});
}

ts_status ts_edit_tokens_of(ts_ctx *ctx, ts_edit_tokens *tokens, const ts_vae *vae,
                            const ts_edit_pictures *in)
{
    *tokens = (ts_edit_tokens){.image = {0}};
    if (ctx->status || check(ctx, vae, in))
        return ctx->status;
    const int64_t h = in->picture.size[2], w = in->picture.size[3];
    const ts_tensor outside = ts_shift(ctx, ts_scale(ctx, in->mask, -1.0), 1.0);
    const ts_tensor holed = ts_mul(ctx, in->picture, outside);
    ts_tensor glyph = {0};
    if (!ts_is_empty(in->glyph)) /* the glyph comes first, as its noise does */
        glyph = encoded(ctx, vae, in->glyph, in->glyph_noise, in->tile);
    const ts_tensor masked = encoded(ctx, vae, holed, in->masked_noise, in->tile);
    const ts_tensor image[2] = {ts_pack(ctx, masked), ts_mask_tokens(ctx, in->mask)};
    tokens->image = ts_concat(ctx, image, 2, 2);
    tokens->img_ids = ts_grid_ids(ctx, h / PACK, w / PACK);
    if (ts_is_empty(in->glyph))
        return ctx->status;
    const int64_t gh = in->glyph.size[2], gw = in->glyph.size[3];
    const ts_tensor condition[3] = {
        ts_pack(ctx, glyph),
        ts_pack(ctx, ts_resize_nearest(ctx, masked, gh / PATCH, gw / PATCH)),
        ts_mask_tokens(ctx, ts_resize_nearest(ctx, in->mask, gh, gw)),
    };
    tokens->condition = ts_concat(ctx, condition, 3, 2);
    tokens->condition_ids = ts_grid_ids(ctx, gh / PACK, gw / PACK);
    return ctx->status;
}
