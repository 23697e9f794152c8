/* coder.c: from a picture to the posterior of its latents, and from latents to a picture.
 *
 *     [mean | logvar] = encoder(x),        z = mean + exp(logvar / 2) noise,        x = decoder(z)
 *
 * Source:   Kingma & Welling 2014; diffusers AutoencoderKL, Encoder, Decoder,
 *           DiagonalGaussianDistribution
 * Shapes:   x (B, 3, H, W), mean, logvar, noise, z (B, latent, H / f, W / f)
 * Pitfalls: logvar is clamped to -30 .. 20 before it is used *and* returned; the transformer sees
 *           (z - shift) scale; FLUX has neither quant_conv nor post_quant_conv, others do
 * Test:     tests/vae/test_coder.c            Golden: vae/encode_*, vae/decode_* */
#include "ref/vae/layers.h"

#include "ref/base/trace.h"

ts_tensor ts_vae_moments(ts_ctx *ctx, const ts_vae *vae, ts_tensor x)
{
    const ts_vae_half *e = &vae->encoder;
    if (ctx->status || ts_expect(ctx, x, "x", 4, (int64_t[]){-1, vae->channels, -1, -1}))
        return (ts_tensor){0};
    if (x.size[2] % vae->factor || x.size[3] % vae->factor) {
        ts_fail(ctx, TS_ERROR_SHAPE, "a picture of %lld x %lld: its sides must be multiples of %lld",
                (long long)x.size[3], (long long)x.size[2], (long long)vae->factor);
        return (ts_tensor){0};
    }
    const ts_scope scope = ts_scope_open(ctx);
    ts_enter(ctx, "encoder");
    x = ts_vae_conv(ctx, &e->conv_in, x);
    const ts_scope level = ts_scope_open(ctx);
    for (int64_t i = 0; i < e->levels; i++) {
        ts_enter(ctx, "down_blocks.%lld", (long long)i);
        x = ts_vae_down_forward(ctx, vae, &e->blocks[i], x);
        ts_leave(ctx);
        ts_scope_close(ctx, level, (ts_tensor *const[]){&x}, 1);
    }
    x = ts_vae_tail(ctx, vae, e, ts_vae_mid_forward(ctx, vae, e, x));
    ts_leave(ctx);
    x = ts_vae_conv(ctx, &vae->quant_conv, x);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&x}, 1);
    return x;
}

ts_posterior ts_posterior_of(ts_ctx *ctx, ts_tensor moments)
{
    static const double low = -30.0, high = 20.0;
    if (ctx->status)
        return (ts_posterior){.mean = {0}};
    const int64_t c = moments.size[1] / 2;
    return (ts_posterior){
        .mean = ts_contiguous(ctx, ts_slice(ctx, moments, 1, 0, c)),
        .logvar = ts_clamp(ctx, ts_slice(ctx, moments, 1, c, c), low, high),
    };
}

ts_posterior ts_vae_encode(ts_ctx *ctx, const ts_vae *vae, ts_tensor x)
{
    return ts_posterior_of(ctx, ts_vae_moments(ctx, vae, x));
}

ts_tensor ts_posterior_sample(ts_ctx *ctx, ts_posterior p, ts_tensor noise)
{
    const ts_tensor deviation = ts_exp_of(ctx, ts_scale(ctx, p.logvar, 0.5));
    return ts_add(ctx, p.mean, ts_mul(ctx, deviation, noise));
}

ts_tensor ts_vae_decode(ts_ctx *ctx, const ts_vae *vae, ts_tensor z)
{
    const ts_vae_half *d = &vae->decoder;
    if (ctx->status || ts_expect(ctx, z, "z", 4, (int64_t[]){-1, vae->latent_channels, -1, -1}))
        return (ts_tensor){0};
    const ts_scope scope = ts_scope_open(ctx);
    z = ts_vae_conv(ctx, &vae->post_quant_conv, z);
    ts_enter(ctx, "decoder");
    z = ts_vae_mid_forward(ctx, vae, d, ts_vae_conv(ctx, &d->conv_in, z));
    const ts_scope level = ts_scope_open(ctx);
    for (int64_t i = 0; i < d->levels; i++) {
        ts_enter(ctx, "up_blocks.%lld", (long long)i);
        z = ts_vae_up_forward(ctx, vae, &d->blocks[i], z);
        ts_leave(ctx);
        ts_scope_close(ctx, level, (ts_tensor *const[]){&z}, 1);
    }
    z = ts_vae_tail(ctx, vae, d, z);
    ts_leave(ctx);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&z}, 1);
    return z;
}

ts_tensor ts_latents_scaled(ts_ctx *ctx, const ts_vae *vae, ts_tensor z)
{
    return ts_scale(ctx, ts_shift(ctx, z, -vae->shift_factor), vae->scaling_factor);
}

ts_tensor ts_latents_unscaled(ts_ctx *ctx, const ts_vae *vae, ts_tensor x)
{
    return ts_shift(ctx, ts_scale(ctx, x, 1.0 / vae->scaling_factor), vae->shift_factor);
}
