/* vae.h: the autoencoder between pictures and latents. */
#ifndef TS_VAE_VAE_H
#define TS_VAE_VAE_H

#include "ref/io/weights.h"
#include "ref/ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_VAE_LEVELS = 8 };

typedef struct {
    ts_tensor w, b;
} ts_vae_layer; /* a convolution, a linear layer or a norm; empty where there is none */

typedef struct {
    ts_vae_layer norm1, conv1, norm2, conv2, shortcut;
} ts_vae_resnet;

typedef struct {
    ts_vae_layer group_norm, to_q, to_k, to_v, to_out;
} ts_vae_attention;

typedef struct {
    ts_vae_resnet *resnets;
    int64_t count;
    ts_vae_layer resample; /* the convolution of the down- or upsampler */
} ts_vae_block;

typedef struct {
    ts_vae_layer conv_in, conv_norm_out, conv_out;
    ts_vae_block blocks[TS_VAE_LEVELS];
    int64_t levels;
    ts_vae_resnet mid[2];
    ts_vae_attention attention;
    bool has_attention;
} ts_vae_half;

typedef struct {
    ts_weights *weights; /* not owned */
    ts_vae_half encoder, decoder;
    ts_vae_layer quant_conv, post_quant_conv;
    ts_vae_resnet *resnets; /* all of them, one block of memory */
    int64_t channels, latent_channels, groups;
    int64_t factor; /* pixels along a side of a latent: 2^(levels - 1) */
    int64_t sample_size;
    double scaling_factor, shift_factor;
} ts_vae;

/* Finds every parameter of an AutoencoderKL component; the weights must stay open. NULL after a
 * failure. */
ts_vae *ts_vae_open(ts_ctx *ctx, ts_weights *weights);
void ts_vae_close(ts_vae *vae);

/* The posterior of a picture: mean and logvar (clamped to -30 .. 20), each (B, latent, h, w). */
typedef struct {
    ts_tensor mean, logvar;
} ts_posterior;

/* x (B, 3, H, W) in -1 .. 1, sides multiples of vae->factor. */
ts_posterior ts_vae_encode(ts_ctx *ctx, const ts_vae *vae, ts_tensor x);

/* mean + exp(logvar / 2) noise. */
ts_tensor ts_posterior_sample(ts_ctx *ctx, ts_posterior p, ts_tensor noise);

/* z (B, latent, h, w) -> (B, 3, factor h, factor w), not clamped. */
ts_tensor ts_vae_decode(ts_ctx *ctx, const ts_vae *vae, ts_tensor z);

/* The same in overlapping tiles of `tile` pixels along a side (a quarter of a tile overlaps), so
 * that memory does not grow with the picture. A picture that fits into one tile is not cut. */
ts_posterior ts_vae_encode_tiled(ts_ctx *ctx, const ts_vae *vae, ts_tensor x, int64_t tile);
ts_tensor ts_vae_decode_tiled(ts_ctx *ctx, const ts_vae *vae, ts_tensor z, int64_t tile);

/* Between the transformer's latents and the autoencoder's: (z - shift) scale, and back. */
ts_tensor ts_latents_scaled(ts_ctx *ctx, const ts_vae *vae, ts_tensor z);
ts_tensor ts_latents_unscaled(ts_ctx *ctx, const ts_vae *vae, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
