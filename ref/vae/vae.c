/* vae.c: the parameters of an autoencoder, found by name.
 *
 * Source:   diffusers AutoencoderKL (names of modules and configuration)
 * Pitfalls: the decoder has one resnet a block more than layers_per_block says; its blocks run from
 *           the smallest picture to the largest, so the channels run backwards
 * Test:     tests/vae/test_vae.c */
#include "ref/vae/vae.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 64, MAX_CHANNELS = 1 << 16 };

typedef struct {
    ts_ctx *ctx;
    ts_vae *vae;
} finder;

static ts_vae_layer find(finder f, int rank, const int64_t *size, const char *path)
{
    ts_vae_layer layer = {.w = ts_weight(f.ctx, f.vae->weights, rank, size, "%s.weight", path)};
    layer.b = ts_weight(f.ctx, f.vae->weights, 1, size, "%s.bias", path);
    return layer;
}

static ts_vae_layer find_conv(finder f, int64_t out, int64_t in, int64_t kernel, const char *path,
                              const char *leaf)
{
    char name[2 * TS_PATH];
    snprintf(name, sizeof name, "%s%s%s", path, *path ? "." : "", leaf);
    return find(f, 4, (int64_t[]){out, in, kernel, kernel}, name);
}

static ts_vae_layer find_norm(finder f, int64_t c, const char *path, const char *leaf)
{
    char name[2 * TS_PATH];
    snprintf(name, sizeof name, "%s.%s", path, leaf);
    return find(f, 1, &c, name);
}

static ts_vae_resnet find_resnet(finder f, int64_t out, int64_t in, const char *path)
{
    ts_vae_resnet r = {
        .norm1 = find_norm(f, in, path, "norm1"),
        .conv1 = find_conv(f, out, in, 3, path, "conv1"),
        .norm2 = find_norm(f, out, path, "norm2"),
        .conv2 = find_conv(f, out, out, 3, path, "conv2"),
    };
    if (out != in)
        r.shortcut = find_conv(f, out, in, 1, path, "conv_shortcut");
    return r;
}

static ts_vae_layer find_linear(finder f, int64_t c, const char *path, const char *leaf)
{
    char name[2 * TS_PATH];
    snprintf(name, sizeof name, "%s.%s", path, leaf);
    return find(f, 2, (int64_t[]){c, c}, name);
}

static void find_mid(finder f, ts_vae_half *half, int64_t c, const char *side)
{
    char path[TS_PATH];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s.mid_block.resnets.%d", side, i);
        half->mid[i] = find_resnet(f, c, c, path);
    }
    half->has_attention = ts_config_bool(f.ctx, f.vae->weights, "mid_block_add_attention", true);
    if (!half->has_attention)
        return;
    snprintf(path, sizeof path, "%s.mid_block.attentions.0", side);
    half->attention = (ts_vae_attention){
        .group_norm = find_norm(f, c, path, "group_norm"),
        .to_q = find_linear(f, c, path, "to_q"),
        .to_k = find_linear(f, c, path, "to_k"),
        .to_v = find_linear(f, c, path, "to_v"),
        .to_out = find_linear(f, c, path, "to_out.0"),
    };
}

/* `path` is the block's, from `in` to `out` channels; `sampler` its resampling convolution. */
static void find_block(finder f, ts_vae_block *block, int64_t out, int64_t in, const char *path,
                       const char *sampler)
{
    char name[TS_PATH + 32];
    for (int64_t i = 0; i < block->count; i++) {
        snprintf(name, sizeof name, "%s.resnets.%lld", path, (long long)i);
        block->resnets[i] = find_resnet(f, out, i ? out : in, name);
    }
    if (sampler)
        block->resample = find_conv(f, out, out, 3, path, sampler);
}

static void find_encoder(finder f, const int64_t *channels, int64_t levels)
{
    ts_vae_half *e = &f.vae->encoder;
    const int64_t deepest = channels[levels - 1];
    e->conv_in = find_conv(f, channels[0], f.vae->channels, 3, "encoder", "conv_in");
    for (int64_t i = 0; i < levels; i++) {
        char path[TS_PATH];
        snprintf(path, sizeof path, "encoder.down_blocks.%lld", (long long)i);
        find_block(f, &e->blocks[i], channels[i], channels[i ? i - 1 : 0], path,
                   i + 1 < levels ? "downsamplers.0.conv" : NULL);
    }
    find_mid(f, e, deepest, "encoder");
    e->conv_norm_out = find_norm(f, deepest, "encoder", "conv_norm_out");
    e->conv_out = find_conv(f, 2 * f.vae->latent_channels, deepest, 3, "encoder", "conv_out");
}

static void find_decoder(finder f, const int64_t *channels, int64_t levels)
{
    ts_vae_half *d = &f.vae->decoder;
    const int64_t deepest = channels[levels - 1];
    d->conv_in = find_conv(f, deepest, f.vae->latent_channels, 3, "decoder", "conv_in");
    find_mid(f, d, deepest, "decoder");
    for (int64_t i = 0; i < levels; i++) {
        char path[TS_PATH];
        const int64_t out = channels[levels - 1 - i], in = i ? channels[levels - i] : deepest;
        snprintf(path, sizeof path, "decoder.up_blocks.%lld", (long long)i);
        find_block(f, &d->blocks[i], out, in, path, i + 1 < levels ? "upsamplers.0.conv" : NULL);
    }
    d->conv_norm_out = find_norm(f, channels[0], "decoder", "conv_norm_out");
    d->conv_out = find_conv(f, f.vae->channels, channels[0], 3, "decoder", "conv_out");
}

static int64_t bounded(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t otherwise,
                       int64_t most)
{
    const int64_t value = ts_config_int(ctx, w, key, otherwise);
    if (!ctx->status && (value < 1 || value > most))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s is %lld, expected 1 to %lld", ts_weights_label(w), key,
                (long long)value, (long long)most);
    return value;
}

/* The blocks of both halves share one array of resnets: `layers` each below, one more above. */
static void lay_out(ts_vae *vae, int64_t layers, int64_t levels)
{
    ts_vae_resnet *next = vae->resnets;
    vae->encoder.levels = vae->decoder.levels = levels;
    for (int64_t i = 0; i < levels; i++) {
        vae->encoder.blocks[i] = (ts_vae_block){.resnets = next, .count = layers};
        next += layers;
        vae->decoder.blocks[i] = (ts_vae_block){.resnets = next, .count = layers + 1};
        next += layers + 1;
    }
}

/* Other kinds of blocks would need other code: they are refused, not approximated. */
static void check_kinds(ts_ctx *ctx, const ts_weights *w)
{
    static const char *const keys[] = {"down_block_types", "up_block_types"};
    static const char *const kinds[] = {"DownEncoderBlock2D", "UpDecoderBlock2D"};
    for (int i = 0; i < 2; i++) {
        const json_t *list = json_object_get(ts_weights_config(w), keys[i]);
        for (size_t k = 0; k < json_array_size(list); k++) {
            const char *kind = json_string_value(json_array_get(list, k));
            if (!kind || strcmp(kind, kinds[i]) != 0)
                ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: %s: expected %s, found %s",
                        ts_weights_label(w), keys[i], kinds[i], kind ? kind : "no string");
        }
    }
    const char *act = ts_config_text(ctx, w, "act_fn", "silu");
    if (!ctx->status && strcmp(act, "silu") != 0)
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: act_fn: expected silu, found %s",
                ts_weights_label(w), act);
}

static void find_all(ts_ctx *ctx, ts_vae *vae, const int64_t *channels, int64_t levels)
{
    const finder f = {ctx, vae};
    const int64_t c = vae->latent_channels;
    find_encoder(f, channels, levels);
    find_decoder(f, channels, levels);
    if (ts_config_bool(ctx, vae->weights, "use_quant_conv", true))
        vae->quant_conv = find_conv(f, 2 * c, 2 * c, 1, "", "quant_conv");
    if (ts_config_bool(ctx, vae->weights, "use_post_quant_conv", true))
        vae->post_quant_conv = find_conv(f, c, c, 1, "", "post_quant_conv");
}

ts_vae *ts_vae_open(ts_ctx *ctx, ts_weights *weights)
{
    int64_t channels[TS_VAE_LEVELS];
    if (ctx->status)
        return NULL;
    const int levels =
        ts_config_ints(ctx, weights, "block_out_channels", channels, TS_VAE_LEVELS);
    const int64_t layers = bounded(ctx, weights, "layers_per_block", 1, MAX_LAYERS);
    check_kinds(ctx, weights);
    ts_vae vae = {
        .weights = weights,
        .channels = bounded(ctx, weights, "in_channels", 3, MAX_CHANNELS),
        .latent_channels = bounded(ctx, weights, "latent_channels", 4, MAX_CHANNELS),
        .groups = bounded(ctx, weights, "norm_num_groups", 32, MAX_CHANNELS),
        .sample_size = bounded(ctx, weights, "sample_size", 32, MAX_CHANNELS),
        .scaling_factor = ts_config_real(ctx, weights, "scaling_factor", 0.18215),
        .shift_factor = ts_config_real(ctx, weights, "shift_factor", 0.0),
        .factor = levels ? (int64_t)1 << (levels - 1) : 1,
    };
    if (!ctx->status && levels == 0)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: block_out_channels is missing or empty",
                ts_weights_label(weights));
    for (int i = 0; i < levels && !ctx->status; i++)
        if (channels[i] < 1 || channels[i] > MAX_CHANNELS)
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: block_out_channels: %lld, expected 1 to %d",
                    ts_weights_label(weights), (long long)channels[i], MAX_CHANNELS);
    if (!ctx->status && vae.scaling_factor == 0.0)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: scaling_factor must not be 0",
                ts_weights_label(weights));
    ts_vae *kept = ctx->status ? NULL : ts_alloc(sizeof *kept);
    vae.resnets = kept ? ts_alloc_zero((size_t)(levels * (2 * layers + 1)), sizeof *vae.resnets)
                       : NULL;
    if (!vae.resnets) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the model", ts_weights_label(weights));
        ts_free(kept);
        return NULL;
    }
    *kept = vae;
    lay_out(kept, layers, levels);
    find_all(ctx, kept, channels, levels);
    if (!ctx->status)
        return kept;
    ts_vae_close(kept);
    return NULL;
}

void ts_vae_close(ts_vae *vae)
{
    if (vae)
        ts_free(vae->resnets);
    ts_free(vae);
}
