/* estimate.c: memory and time of an edit from the sizes of its parts.
 *
 *     L = text + image + condition tokens,   image = H W / 256,   condition = h w / 256
 *     step     = 2 sum over linear layers (weights x tokens that pass)  +  4 L^2 width blocks
 *     pictures = 2 sum over convolutions (weights x pixels at their level)  + 4 n^2 width of the
 *                middle's attention, n = H W / 64: encoder for picture and glyph, decoder once
 *     text     = 2 weights x tokens of T5
 *     flops    = steps x step + pictures + text,      time = flops / speed of one matrix product
 *     memory   = the larger of  L width x 64 numbers  (a block of the transformer)
 *                          and  pixels x channels at full size x 20 numbers  (the decoder's end);
 *                in tiles their pixels count, and 40 numbers for each pixel of the picture beside
 *
 * The numbers 64, 20 and 40 were measured (peak of the resident memory, tiny checkpoint). Norms and
 * the like are left out, and so is the reading of the files: this is to tell minutes from days.
 * Weights are mapped, not read: they stay in memory as far as there is room for them; where there
 * is not, every step reads them again.
 * Test: tests/cli/test_estimate.c */
#include "ref/cli/estimate.h"

#include "ref/cli/ticker.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN = 256, PROBE = 256 };
enum { TRANSFORMER_NUMBERS = 64, DECODER_NUMBERS = 20, TILED_NUMBERS = 40 };
#define MUCH_MEMORY 1073741824.0
#define MUCH_WORK 20e12

static bool starts(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static double bytes_of(const ts_weights *w)
{
    double bytes = 0.0;
    for (int64_t i = 0; w && i < ts_weights_count(w); i++) {
        const ts_tensor t = ts_weights_tensor(w, i);
        bytes += (double)ts_numel(t) * (double)ts_dtype_size(t.dtype);
    }
    return bytes;
}

/* How many tokens pass through a linear layer of the transformer. */
static double tokens_of(const char *name, double text, double image, double condition)
{
    if (strstr(name, "norm"))
        return 2.0; /* modulation: once for the image, once for the condition */
    if (starts(name, "single_transformer_blocks."))
        return text + image + condition;
    if (starts(name, "context_embedder"))
        return text;
    if (starts(name, "transformer_blocks."))
        return strstr(name, ".add_") || strstr(name, ".to_add_") || strstr(name, ".ff_context.")
                   ? text
                   : image + condition;
    return starts(name, "x_embedder") ? image + condition : starts(name, "proj_out") ? image : 1.0;
}

static double step_flops(const ts_estimate_of *of)
{
    const ts_weights *w = of->pipeline->transformer_weights;
    const ts_dit_config *c = &of->pipeline->dit->config;
    const double text = (double)of->text, image = (double)(of->height * of->width / TOKEN),
                 condition = (double)(of->glyph_height * of->glyph_width / TOKEN),
                 all = text + image + condition;
    double flops = 4.0 * all * all * (double)c->width * (double)(c->layers + c->single_layers);
    for (int64_t i = 0; i < ts_weights_count(w); i++) {
        const ts_tensor t = ts_weights_tensor(w, i);
        if (t.rank == 2)
            flops += 2.0 * (double)ts_numel(t) *
                     tokens_of(ts_weights_name(w, i), text, image, condition);
    }
    return flops;
}

/* The level of a layer: its pictures are 2^level times smaller along a side. */
static int64_t level_of(const char *name, int64_t levels)
{
    const char *number = strstr(name, "_blocks.");
    const int64_t i = number ? strtol(number + 8, NULL, 10) : 0;
    if (strstr(name, ".down_blocks."))
        return i;
    if (strstr(name, ".up_blocks.")) /* an upsampler's convolution works on what it made larger */
        return levels - 1 - i - (strstr(name, "upsamplers") != NULL);
    return strcmp(name, "encoder.conv_in.weight") == 0 ||
                   strcmp(name, "decoder.conv_out.weight") == 0
               ? 0
               : levels - 1;
}

static double half_flops(const ts_estimate_of *of, const char *half, double pixels)
{
    const ts_weights *w = of->pipeline->vae_weights;
    const int64_t levels = of->pipeline->vae->decoder.levels;
    const double n = pixels / (double)(of->pipeline->vae->factor * of->pipeline->vae->factor);
    double flops = 0.0, widest = 0.0;
    for (int64_t i = 0; i < ts_weights_count(w); i++) {
        const char *name = ts_weights_name(w, i);
        const ts_tensor t = ts_weights_tensor(w, i);
        if (!starts(name, half) || t.rank < 2)
            continue;
        flops += 2.0 * (double)ts_numel(t) * pixels /
                 (double)((int64_t)1 << (2 * level_of(name, levels)));
        if (strstr(name, ".attentions.") && (double)t.size[0] > widest)
            widest = (double)t.size[0];
    }
    return flops + 4.0 * n * n * widest;
}

static double text_flops(ts_ctx *ctx, const ts_estimate_of *of, double *bytes)
{
    ts_weights *w = ts_weights_open(ctx, of->folder, "text_encoder_2");
    double flops = 0.0;
    for (int64_t i = 0; w && i < ts_weights_count(w); i++) {
        const ts_tensor t = ts_weights_tensor(w, i);
        if (t.rank == 2 && !strstr(ts_weights_name(w, i), "shared") &&
            !strstr(ts_weights_name(w, i), "embed"))
            flops += 2.0 * (double)ts_numel(t) * (double)of->text;
    }
    *bytes += bytes_of(w);
    ts_weights_close(w);
    return flops;
}

/* Operations a second: a matrix product as the transformer has them, the better of two. */
static double measure(ts_ctx *ctx)
{
    const ts_scope scope = ts_scope_open(ctx);
    const int64_t size[2] = {PROBE, 4 * PROBE};
    const ts_tensor x = ts_new_zero(ctx, ctx->compute, 2, size),
                    w = ts_new_zero(ctx, ctx->compute, 2, size);
    const double flops = ctx->flops;
    double best = 0.0;
    for (int i = 0; i < 2 && !ctx->status; i++) {
        const double before = ts_seconds();
        ts_linear(ctx, x, w, (ts_tensor){0});
        const double time = ts_seconds() - before;
        const double speed = 2.0 * PROBE * PROBE * 4.0 * PROBE / (time > 1e-9 ? time : 1e-9);
        best = speed > best ? speed : best;
    }
    ctx->flops = flops;
    ts_scope_close(ctx, scope, NULL, 0);
    return best;
}

ts_estimate ts_estimate_edit(ts_ctx *ctx, const ts_estimate_of *of)
{
    const ts_pipeline *p = of->pipeline;
    ts_estimate e = {.flops = 0.0};
    if (ctx->status)
        return e;
    const double pixels = (double)(of->height * of->width),
                 glyph = (double)(of->glyph_height * of->glyph_width),
                 number = (double)ts_dtype_size(ctx->compute);
    const double side = (double)of->tile, tile = of->tile ? side * side : pixels;
    const double tokens = (double)of->text + (pixels + glyph) / TOKEN;
    e.weights = bytes_of(p->transformer_weights) + bytes_of(p->vae_weights) +
                bytes_of(p->lora_weights);
    e.flops = (double)of->steps * step_flops(of) + half_flops(of, "encoder.", pixels) +
              half_flops(of, "encoder.", glyph) + half_flops(of, "decoder.", pixels) +
              text_flops(ctx, of, &e.weights);
    const double stream = tokens * (double)p->dit->config.width * TRANSFORMER_NUMBERS;
    const double picture = (tile < pixels ? tile : pixels) * DECODER_NUMBERS *
                           (double)ts_numel(p->vae->decoder.conv_norm_out.w);
    e.memory = number * ((stream > picture ? stream : picture) +
                         (tile < pixels ? pixels * TILED_NUMBERS : 0.0));
    if (e.flops >= MUCH_WORK && !ctx->status)
        e.speed = measure(ctx);
    return e;
}

static void say_time(FILE *to, double seconds)
{
    if (seconds < 120.0)
        fprintf(to, "%.0f seconds", seconds);
    else if (seconds < 7200.0)
        fprintf(to, "%.0f minutes", seconds / 60.0);
    else if (seconds < 172800.0)
        fprintf(to, "%.1f hours", seconds / 3600.0);
    else
        fprintf(to, "%.1f days", seconds / 86400.0);
}

void ts_estimate_say(FILE *to, const ts_estimate *e)
{
    const double gib = 1024.0 * 1024.0 * 1024.0;
    if (e->flops < MUCH_WORK && e->memory + e->weights < MUCH_MEMORY)
        return;
    fprintf(to, "touchstone: about %.1f GiB of memory beside %.1f GiB of weights, %.3g TFLOP",
            e->memory / gib, e->weights / gib, e->flops / 1e12);
    if (e->speed > 0.0) {
        fputs(": roughly ", to);
        say_time(to, e->flops / e->speed);
    }
    fputc('\n', to);
}
