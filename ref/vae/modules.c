/* modules.c: the autoencoder and its parts, run by name.
 * Test: tests/vae/test_modules.c                        Golden: vae/ */
#include "ref/vae/modules.h"

#include "ref/vae/layers.h"

#include <stdio.h>
#include <string.h>

#define SETTINGS "tile zero_gradients"

static ts_vae *vae_of(ts_ctx *ctx, ts_call *call)
{
    ts_weights *w = ts_call_weights(ctx, call, "vae");
    return ctx->status ? NULL : ts_vae_open(ctx, w);
}

static ts_status finish(ts_ctx *ctx, ts_vae *vae)
{
    ts_vae_close(vae);
    return ts_ctx_status(ctx);
}

static ts_status run_encode(ts_ctx *ctx, ts_call *call)
{
    ts_vae *vae = vae_of(ctx, call);
    const ts_tensor x = ts_call_input(ctx, call, "x");
    const ts_tensor noise = ts_call_optional(call, "noise");
    const int64_t tile = ts_call_int(ctx, call, "tile", 0);
    if (!ctx->status) {
        const ts_posterior p =
            tile ? ts_vae_encode_tiled(ctx, vae, x, tile) : ts_vae_encode(ctx, vae, x);
        ts_call_output(ctx, call, "mean", p.mean);
        ts_call_output(ctx, call, "logvar", p.logvar);
        if (!ts_is_empty(noise))
            ts_call_output(ctx, call, "sample", ts_posterior_sample(ctx, p, noise));
    }
    return finish(ctx, vae);
}

static ts_status run_decode(ts_ctx *ctx, ts_call *call)
{
    ts_vae *vae = vae_of(ctx, call);
    const ts_tensor z = ts_call_input(ctx, call, "z");
    const int64_t tile = ts_call_int(ctx, call, "tile", 0);
    if (!ctx->status)
        ts_call_output(ctx, call, "sample", tile ? ts_vae_decode_tiled(ctx, vae, z, tile)
                                                 : ts_vae_decode(ctx, vae, z));
    return finish(ctx, vae);
}

/* A part below encoder or decoder: call->module is "vae.decoder.up_blocks.0.resnets.1" and so on. */
typedef enum { RESNET, ATTENTION, MID, BLOCK } part;

static bool in_encoder(const ts_call *call)
{
    return strncmp(call->module, "vae.encoder.", 12) == 0;
}

static const ts_vae_half *half_of(const ts_call *call, const ts_vae *vae)
{
    return in_encoder(call) ? &vae->encoder : &vae->decoder;
}

static bool in_range(ts_ctx *ctx, const ts_call *call, int which, int64_t count)
{
    if (call->wild[which] < count)
        return true;
    ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has %lld such parts", call->module,
            (long long)count);
    return false;
}

static const ts_vae_resnet *resnet_of(ts_ctx *ctx, const ts_call *call, const ts_vae_half *half)
{
    if (strstr(call->module, ".mid_block."))
        return in_range(ctx, call, 0, 2) ? &half->mid[call->wild[0]] : NULL;
    if (!in_range(ctx, call, 0, half->levels))
        return NULL;
    const ts_vae_block *b = &half->blocks[call->wild[0]];
    return in_range(ctx, call, 1, b->count) ? &b->resnets[call->wild[1]] : NULL;
}

static ts_tensor part_forward(ts_ctx *ctx, const ts_call *call, const ts_vae *vae, part what,
                              ts_tensor x)
{
    const ts_vae_half *half = half_of(call, vae);
    if (what == RESNET) {
        const ts_vae_resnet *r = resnet_of(ctx, call, half);
        return r ? ts_vae_resnet_forward(ctx, vae, r, x) : (ts_tensor){0};
    }
    if (what == MID)
        return ts_vae_mid_forward(ctx, vae, half, x);
    if (what == ATTENTION) {
        if (half->has_attention)
            return ts_vae_attention_forward(ctx, vae, &half->attention, x);
        ts_fail(ctx, TS_ERROR_USAGE, "%s: this model has no attention", call->module);
        return (ts_tensor){0};
    }
    if (!in_range(ctx, call, 0, half->levels))
        return (ts_tensor){0};
    const ts_vae_block *b = &half->blocks[call->wild[0]];
    return in_encoder(call) ? ts_vae_down_forward(ctx, vae, b, x)
                            : ts_vae_up_forward(ctx, vae, b, x);
}

static ts_status run_part(ts_ctx *ctx, ts_call *call, part what, const char *input)
{
    ts_vae *vae = vae_of(ctx, call);
    const ts_tensor x = ts_call_sole_input(ctx, call, input);
    if (!ctx->status && !ts_expect(ctx, x, input, 4, (int64_t[]){-1, -1, -1, -1})) {
        const size_t family = strlen("vae.");
        /* A middle's own forward enters its path by itself. */
        ts_enter(ctx, "%.*s", what == MID ? (int)strlen("encoder") : TS_PATH,
                 call->module + family);
        ts_call_output(ctx, call, "output", part_forward(ctx, call, vae, what, x));
        ts_leave(ctx);
    }
    return finish(ctx, vae);
}

static ts_status run_resnet(ts_ctx *ctx, ts_call *call)
{
    return run_part(ctx, call, RESNET, "input_tensor");
}

static ts_status run_attention(ts_ctx *ctx, ts_call *call)
{
    return run_part(ctx, call, ATTENTION, "hidden_states");
}

static ts_status run_mid(ts_ctx *ctx, ts_call *call)
{
    return run_part(ctx, call, MID, "hidden_states");
}

static ts_status run_block(ts_ctx *ctx, ts_call *call)
{
    return run_part(ctx, call, BLOCK, "hidden_states");
}

/* Encoder or decoder alone: without the 1x1 convolutions around the latents. */
static ts_status run_half(ts_ctx *ctx, ts_call *call)
{
    ts_vae *vae = vae_of(ctx, call);
    const ts_tensor x = ts_call_sole_input(ctx, call, "sample");
    if (!ctx->status) {
        ts_vae bare = *vae;
        bare.quant_conv = bare.post_quant_conv = (ts_vae_layer){.w = {0}};
        const bool encoder = strcmp(call->module, "vae.encoder") == 0;
        ts_call_output(ctx, call, "output",
                       encoder ? ts_vae_moments(ctx, &bare, x) : ts_vae_decode(ctx, &bare, x));
    }
    return finish(ctx, vae);
}

/* Layers without weights, by the end of their path; a weight beside them says that the model has
 * them. Dropout does nothing outside training. */
static const struct {
    const char *end, *beside;
    bool silu;
} weightless[] = {
    {".nonlinearity", ".conv1", true},
    {".dropout", ".conv1", false},
    {".conv_act", ".conv_out", true},
    {".to_out.1", ".to_out.0", false},
};

static bool has_weight(const ts_vae *vae, const char *path, size_t length, const char *leaf)
{
    char name[2 * TS_PATH];
    snprintf(name, sizeof name, "%.*s%s.weight", (int)length, path, leaf);
    return ts_weights_has(vae->weights, name);
}

/* The entry of the table above for a path, or -1. */
static int weightless_at(const ts_vae *vae, const char *path)
{
    for (int i = 0; i < (int)(sizeof weightless / sizeof *weightless); i++) {
        const size_t length = strlen(path), end = strlen(weightless[i].end);
        if (length > end && strcmp(path + length - end, weightless[i].end) == 0 &&
            has_weight(vae, path, length - end, weightless[i].beside))
            return i;
    }
    return -1;
}

static ts_vae_layer layer_at(ts_ctx *ctx, const ts_vae *vae, const char *path)
{
    char name[TS_PATH];
    ts_vae_layer layer = {.w = {0}};
    snprintf(name, sizeof name, "%s.weight", path);
    for (int64_t i = 0; i < ts_weights_count(vae->weights); i++) {
        const ts_tensor found = ts_weights_tensor(vae->weights, i);
        if (strcmp(ts_weights_name(vae->weights, i), name) != 0)
            continue;
        layer.w = ts_weight(ctx, vae->weights, found.rank, found.size, "%s", name);
        layer.b = ts_weight(ctx, vae->weights, 1, found.size, "%s.bias", path);
    }
    return layer;
}

/* The downsampler's convolution alone pads nothing: the downsampler has padded before. */
static ts_tensor layer_forward(ts_ctx *ctx, const ts_vae *vae, const char *path, ts_vae_layer l,
                               ts_tensor x)
{
    const ts_conv halve = {.stride = {2, 2}};
    if (ctx->status)
        return (ts_tensor){0};
    if (l.w.rank == 1)
        return ts_group_norm(ctx, x, l.w, l.b, vae->groups, 1e-6);
    if (l.w.rank == 2)
        return ts_linear(ctx, x, l.w, l.b);
    return strstr(path, ".downsamplers.") ? ts_conv2d(ctx, x, l.w, l.b, halve)
                                          : ts_vae_conv(ctx, &l, x);
}

/* A single layer by its path: convolution, group norm, linear, resampling, activation, dropout. */
static ts_status run_layer(ts_ctx *ctx, ts_call *call)
{
    ts_vae *vae = vae_of(ctx, call);
    const ts_tensor x = ts_call_sole_input(ctx, call, "input");
    const char *path = call->rest;
    char conv[TS_PATH];
    if (ctx->status)
        return finish(ctx, vae);
    const int without = weightless_at(vae, path);
    snprintf(conv, sizeof conv, "%s.conv", path);
    if (without >= 0)
        ts_call_output(ctx, call, "output",
                       weightless[without].silu ? ts_silu(ctx, x) : ts_scale(ctx, x, 1.0));
    else if (has_weight(vae, path, strlen(path), ""))
        ts_call_output(ctx, call, "output",
                       layer_forward(ctx, vae, path, layer_at(ctx, vae, path), x));
    else if (has_weight(vae, conv, strlen(conv), "")) {
        const ts_vae_layer l = layer_at(ctx, vae, conv);
        const bool down = strstr(path, ".downsamplers.") != NULL;
        ts_call_output(ctx, call, "output",
                       down ? ts_vae_downsample(ctx, &l, x) : ts_vae_upsample(ctx, &l, x));
    } else {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has no such module", call->module);
    }
    return finish(ctx, vae);
}

#define X "(B, C, H, W)"

const ts_module ts_vae_modules[] = {
    {"vae.encode", "x (B, 3, H, W) in -1 .. 1; [noise (B, latent, h, w)]",
     "mean; logvar; [sample] (B, latent, h, w)", SETTINGS,
     "picture to the posterior of its latents; with noise, a sample of it", run_encode},
    {"vae.decode", "z (B, latent, h, w)", "sample (B, 3, H, W)", SETTINGS, "latents to a picture",
     run_decode},
    {"vae.encoder", "sample (B, 3, H, W)", "output (B, 2 latent, h, w)", SETTINGS,
     "the encoder network", run_half},
    {"vae.decoder", "sample (B, latent, h, w)", "output (B, 3, H, W)", SETTINGS,
     "the decoder network", run_half},
    {"vae.encoder.mid_block", "hidden_states " X, "output " X, SETTINGS, "the middle", run_mid},
    {"vae.decoder.mid_block", "hidden_states " X, "output " X, SETTINGS, "the middle", run_mid},
    {"vae.encoder.mid_block.resnets.*", "input_tensor " X, "output " X, SETTINGS,
     "a residual block", run_resnet},
    {"vae.decoder.mid_block.resnets.*", "input_tensor " X, "output " X, SETTINGS,
     "a residual block", run_resnet},
    {"vae.encoder.mid_block.attentions.0", "hidden_states " X, "output " X, SETTINGS,
     "attention over the pixels", run_attention},
    {"vae.decoder.mid_block.attentions.0", "hidden_states " X, "output " X, SETTINGS,
     "attention over the pixels", run_attention},
    {"vae.encoder.down_blocks.*", "hidden_states " X, "output (B, C', H/2, W/2)", SETTINGS,
     "residual blocks, then half the size", run_block},
    {"vae.decoder.up_blocks.*", "hidden_states " X, "output (B, C', 2 H, 2 W)", SETTINGS,
     "residual blocks, then twice the size", run_block},
    {"vae.encoder.down_blocks.*.resnets.*", "input_tensor " X, "output " X, SETTINGS,
     "a residual block", run_resnet},
    {"vae.decoder.up_blocks.*.resnets.*", "input_tensor " X, "output " X, SETTINGS,
     "a residual block", run_resnet},
    {"vae.**", "input " X, "output " X, SETTINGS,
     "a single layer by its path: convolution, group norm, linear, resampling, activation",
     run_layer},
    {0},
};
