/* layers.c: residual blocks, the middle's attention, and resampling.
 *
 *     resnet     y = x' + conv2(SiLU(norm2(conv1(SiLU(norm1(x))))))     x' = x, or its 1x1 shortcut
 *     attention  y = x + out(softmax(q k^T / sqrt(C)) v)                one head, on the pixels
 *     down       3x3 of stride 2 after a row and a column of zeros at the right and the bottom
 *     up         every pixel four times, then 3x3
 *
 * Source:   Rombach et al. 2022; diffusers ResnetBlock2D, Attention, Downsample2D, Upsample2D
 * Shapes:   (B, C, H, W) throughout; norms are group norms, eps 1e-6
 * Pitfalls: the downsampler pads on two sides only; the attention's linear layers have biases
 * Test:     tests/vae/test_layers.c               Golden: the traces of vae/decode_16x24 */
#include "ref/vae/layers.h"

#include "ref/base/trace.h"

#include <math.h>

static const double eps = 1e-6;

static ts_tensor norm(ts_ctx *ctx, const ts_vae *vae, const ts_vae_layer *layer, ts_tensor x)
{
    return ts_group_norm(ctx, x, layer->w, layer->b, vae->groups, eps);
}

ts_tensor ts_vae_conv(ts_ctx *ctx, const ts_vae_layer *layer, ts_tensor x)
{
    if (ts_is_empty(layer->w))
        return x;
    const int64_t down = layer->w.size[2] / 2, across = layer->w.size[3] / 2;
    const ts_conv same = {.top = down, .bottom = down, .left = across, .right = across};
    return ts_conv2d(ctx, x, layer->w, layer->b, same);
}

ts_tensor ts_vae_resnet_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_resnet *r, ts_tensor x)
{
    ts_tensor h = ts_silu(ctx, norm(ctx, vae, &r->norm1, x));
    h = ts_vae_conv(ctx, &r->conv1, ts_named(ctx, h, "nonlinearity", -1));
    h = ts_silu(ctx, norm(ctx, vae, &r->norm2, h));
    ts_named(ctx, ts_named(ctx, h, "nonlinearity", -1), "dropout", -1); /* which does nothing here */
    h = ts_vae_conv(ctx, &r->conv2, h);
    return ts_named(ctx, ts_add(ctx, ts_vae_conv(ctx, &r->shortcut, x), h), "", -1);
}

ts_tensor ts_vae_attention_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_attention *a,
                                   ts_tensor x)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t b = x.size[0], c = x.size[1], n = x.size[2] * x.size[3];
    const ts_tensor flat = ts_reshape(ctx, x, 3, (int64_t[]){b, c, n});
    const ts_tensor tokens = ts_transpose(ctx, norm(ctx, vae, &a->group_norm, flat), 1, 2);
    const ts_tensor q = ts_split_heads(ctx, ts_linear(ctx, tokens, a->to_q.w, a->to_q.b), 1),
                    k = ts_split_heads(ctx, ts_linear(ctx, tokens, a->to_k.w, a->to_k.b), 1),
                    v = ts_split_heads(ctx, ts_linear(ctx, tokens, a->to_v.w, a->to_v.b), 1);
    const ts_tensor mixed =
        ts_merge_heads(ctx, ts_attention(ctx, q, k, v, 1.0 / sqrt((double)c), NULL));
    const ts_tensor out = ts_linear(ctx, mixed, a->to_out.w, a->to_out.b);
    ts_named(ctx, out, "to_out.1", -1); /* drop-out, which does nothing here */
    const ts_tensor back = ts_reshape(ctx, ts_transpose(ctx, out, 1, 2), 4, x.size);
    return ts_named(ctx, ts_add(ctx, back, x), "", -1);
}

ts_tensor ts_vae_mid_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_half *half, ts_tensor x)
{
    ts_enter(ctx, "mid_block");
    for (int i = 0; i < 2; i++) {
        if (i == 1 && half->has_attention) {
            ts_enter(ctx, "attentions.0");
            x = ts_vae_attention_forward(ctx, vae, &half->attention, x);
            ts_leave(ctx);
        }
        ts_enter(ctx, "resnets.%d", i);
        x = ts_vae_resnet_forward(ctx, vae, &half->mid[i], x);
        ts_leave(ctx);
    }
    ts_named(ctx, x, "", -1);
    ts_leave(ctx);
    return x;
}

static ts_tensor resnets(ts_ctx *ctx, const ts_vae *vae, const ts_vae_block *b, ts_tensor x)
{
    const ts_scope scope = ts_scope_open(ctx);
    for (int64_t i = 0; i < b->count; i++) {
        ts_enter(ctx, "resnets.%lld", (long long)i);
        x = ts_vae_resnet_forward(ctx, vae, &b->resnets[i], x);
        ts_leave(ctx);
        ts_scope_close(ctx, scope, (ts_tensor *const[]){&x}, 1);
    }
    return x;
}

ts_tensor ts_vae_downsample(ts_ctx *ctx, const ts_vae_layer *conv, ts_tensor x)
{
    const ts_conv halve = {.stride = {2, 2}, .bottom = 1, .right = 1};
    return ts_conv2d(ctx, x, conv->w, conv->b, halve);
}

ts_tensor ts_vae_upsample(ts_ctx *ctx, const ts_vae_layer *conv, ts_tensor x)
{
    if (ctx->status)
        return (ts_tensor){0};
    return ts_vae_conv(ctx, conv, ts_resize_nearest(ctx, x, 2 * x.size[2], 2 * x.size[3]));
}

ts_tensor ts_vae_down_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_block *b, ts_tensor x)
{
    x = resnets(ctx, vae, b, x);
    if (!ts_is_empty(b->resample.w))
        x = ts_named(ctx, ts_vae_downsample(ctx, &b->resample, x), "downsamplers.0", -1);
    return ts_named(ctx, x, "", -1);
}

ts_tensor ts_vae_up_forward(ts_ctx *ctx, const ts_vae *vae, const ts_vae_block *b, ts_tensor x)
{
    x = resnets(ctx, vae, b, x);
    if (!ts_is_empty(b->resample.w))
        x = ts_named(ctx, ts_vae_upsample(ctx, &b->resample, x), "upsamplers.0", -1);
    return ts_named(ctx, x, "", -1);
}

ts_tensor ts_vae_tail(ts_ctx *ctx, const ts_vae *vae, const ts_vae_half *half, ts_tensor x)
{
    const ts_tensor h = ts_silu(ctx, norm(ctx, vae, &half->conv_norm_out, x));
    x = ts_vae_conv(ctx, &half->conv_out, ts_named(ctx, h, "conv_act", -1));
    return ts_named(ctx, x, "", -1);
}
