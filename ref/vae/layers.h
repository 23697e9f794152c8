/* layers.h: the blocks that encoder and decoder are made of. */
#ifndef TS_VAE_LAYERS_H
#define TS_VAE_LAYERS_H

#include "ref/vae/vae.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Convolution of the layer's own kernel size with zeros around, or the layer left out. */
ts_tensor ts_vae_conv(ts_ctx *ctx, const ts_vae_layer *layer, ts_tensor x);

/* Half the size, and twice the size, with their convolutions. */
ts_tensor ts_vae_downsample(ts_ctx *ctx, const ts_vae_layer *conv, ts_tensor x);
ts_tensor ts_vae_upsample(ts_ctx *ctx, const ts_vae_layer *conv, ts_tensor x);

ts_tensor ts_vae_resnet_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_resnet *r, ts_tensor x);
ts_tensor ts_vae_attention_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_attention *a,
                                   ts_tensor x);
ts_tensor ts_vae_mid_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_half *half, ts_tensor x);
ts_tensor ts_vae_down_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_block *b, ts_tensor x);
ts_tensor ts_vae_up_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_block *b, ts_tensor x);

/* The encoder without the split into mean and log-variance: (B, 2 latent, h, w). */
ts_tensor ts_vae_moments(ts_ctx *ctx, const ts_vae *vae, ts_tensor x);
ts_posterior ts_posterior_of(ts_ctx *ctx, ts_tensor moments);

/* conv_out(SiLU(conv_norm_out(x))) */
ts_tensor ts_vae_tail(ts_ctx *ctx, const ts_vae *vae, const ts_vae_half *half, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
