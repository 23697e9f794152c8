/* edit.c: the main job: a picture, a place and a text go in, an edited picture comes out. */
#include "ref/cli/command.h"
#include "ref/cli/edit_output.h"
#include "ref/cli/estimate.h"
#include "ref/cli/runner.h"
#include "ref/cli/scene.h"
#include "ref/cli/ticker.h"
#include "ref/edit/noise.h"
#include "ref/edit/pixels.h"
#include "ref/glyph/picture.h"
#include "ref/io/file.h"

#include <string.h>

static const ts_option options[] = {
    {"--checkpoint", "DIR", "FLUX.1-Fill in the diffusers layout (needed)"},
    {"--lora", "FILE", "the adapter of FLUX-Text, safetensors"},
    {"--lora-alpha", "X", "its alpha; default: the file's, or else its rank"},
    {"--latent-lora", NULL, "the adapter acts on the image's tokens, too"},
    {"--image", "FILE", "PNG or JPEG (needed)"},
    TS_SCENE_OPTIONS,
    {"--glyph", "FILE", "a ready glyph picture instead of drawn texts; sides multiples of 16"},
    {"--prompt", "TEXT", "what the picture shows"},
    {"--phrase", "TEXT", "between prompt and texts; default: \"" TS_DEFAULT_PHRASE "\""},
    {"--clean", "HOW", "of CLIP's text: fast (default), ftfy or basic"},
    {"--max-sequence-length", "N", "tokens of T5's text, up to 512 (default)"},
    {"--steps", "N", "of the schedule (default 28)"},
    {"--guidance", "X", "how closely the prompt is followed (default 3.5)"},
    {"--condition-scale", "X", "how closely the glyph picture is followed (default 1)"},
    {"--seed", "N", "of the noise (default 0)"},
    {"--rng", "NAME", "torch (default): as torch.Generator on the CPU; philox: counter-based"},
    {"--precision", "FORMAT", "f64, f32 (default), bf16 or f16"},
    {"--backend", "NAME", "plain, fast or blas (default, where it is built in; else fast)"},
    {"--threads", "N", "threads; 0 (default): one for each processor"},
    {"--tile", "PX", "the autoencoder works in tiles of PX pixels (memory); default: whole"},
    {"--preview", "N", "after every N steps a PNG beside --out: NAME.step-0004.png"},
    {"--compose", NULL, "put into the picture at its own size; outside of the mask it is kept"},
    {"--out", "FILE", "PNG (needed)"},
    {0}};

/* Everything of one edit. */
typedef struct {
    const ts_options *o;
    ts_dtype format;
    ts_noise_stream stream;
    uint64_t seed;
    ts_prompt_config words;
    ts_scene scene;
    ts_picture glyph; /* --glyph */
    char *prompt;
    ts_pipeline pipeline;
    ts_edit edit;
    ts_edit_output output;
} job;

static ts_status read_numbers(ts_ctx *ctx, job *j)
{
    const ts_options *o = j->o;
    j->edit.steps = ts_option_int(ctx, o, "--steps", 28, 1, TS_MAX_STEPS - 1);
    j->edit.guidance = ts_option_real(ctx, o, "--guidance", 3.5, 0.0, 1e4);
    j->edit.options = ts_dit_default_options();
    j->edit.options.c_factor = ts_option_real(ctx, o, "--condition-scale", 1.0, 1e-6, 1e6);
    j->edit.options.latent_lora = ts_option_on(o, "--latent-lora");
    j->edit.pictures.tile = ts_option_int(ctx, o, "--tile", 0, 64, 1 << 20);
    j->output.every = ts_option_int(ctx, o, "--preview", 0, 1, TS_MAX_STEPS);
    j->seed = (uint64_t)ts_option_int(ctx, o, "--seed", 0, 0, INT64_MAX);
    j->stream = ts_noise_stream_named(ctx, ts_option_text(o, "--rng", "torch"));
    j->words.max_sequence_length = ts_option_int(ctx, o, "--max-sequence-length", 512, 1, 512);
    ts_clean_named(ctx, &j->words.clean, ts_option_text(o, "--clean", "fast"));
    if (!ctx->status && ts_option_on(o, "--lora-alpha") && !ts_option_on(o, "--lora"))
        ts_fail(ctx, TS_ERROR_USAGE, "--lora-alpha: without --lora");
    if (!ctx->status && ts_option_on(o, "--latent-lora") && !ts_option_on(o, "--lora"))
        ts_fail(ctx, TS_ERROR_USAGE, "--latent-lora: without --lora");
    return ctx->status;
}

/* --glyph as pixels of three channels, at its own size. */
static ts_status read_glyph(ts_ctx *ctx, job *j)
{
    const char *path = ts_option_text(j->o, "--glyph", NULL);
    if (!path || ts_picture_read(ctx, &j->glyph, path, TS_RGB))
        return ctx->status;
    if (j->glyph.height % 16 || j->glyph.width % 16)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%s: a glyph picture of %lld x %lld pixels, expected multiples of 16", path,
                       (long long)j->glyph.width, (long long)j->glyph.height);
    return TS_OK;
}

static ts_status draw_glyph(ts_ctx *ctx, job *j)
{
    ts_scene *s = &j->scene;
    if (ts_picture_new(ctx, &j->glyph, s->width, s->height, TS_RGB))
        return ctx->status;
    ts_three_channels(j->glyph.pixels, s->glyph, s->height * s->width);
    return TS_OK;
}

static ts_status read_everything(ts_ctx *ctx, job *j)
{
    const ts_options *o = j->o;
    const bool ready = ts_option_on(o, "--glyph");
    if (read_numbers(ctx, j) || ts_edit_output_check(ctx, &j->output, o) ||
        ts_scene_read(ctx, &j->scene, o, !ready) ||
        (ready ? read_glyph(ctx, j) : draw_glyph(ctx, j)))
        return ctx->status;
    const char *caption = ts_option_text(o, "--prompt", NULL);
    if (j->scene.text_count)
        j->prompt = ts_prompt(ctx, caption, ts_option_text(o, "--phrase", NULL),
                              (const char *const *)j->scene.texts, j->scene.text_count);
    else if (!(j->prompt = ts_strdup(caption ? caption : "")))
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a prompt");
    return ctx->status;
}

static ts_status check_folder(ts_ctx *ctx, const char *folder)
{
    char *index = ts_path_join(ctx, folder, "model_index.json");
    if (index && !ts_path_is_folder(folder))
        ts_fail(ctx, TS_ERROR_IO, "--checkpoint %s: no such folder", folder);
    else if (index && !ts_path_exists(index))
        ts_fail(ctx, TS_ERROR_FORMAT,
                "--checkpoint %s: not a checkpoint in the diffusers layout: it has no "
                "model_index.json", folder);
    ts_free(index);
    return ctx->status;
}

static ts_status open_checkpoint(ts_ctx *ctx, job *j)
{
    const char *lora = ts_option_text(j->o, "--lora", NULL),
               *folder = ts_option_text(j->o, "--checkpoint", NULL);
    const double alpha = ts_option_real(ctx, j->o, "--lora-alpha", 0.0, 1e-9, 1e9);
    int64_t attached, all;
    if (ctx->status || check_folder(ctx, folder) ||
        ts_pipeline_open(ctx, &j->pipeline, folder, lora, alpha))
        return ctx->status;
    ts_scene_say(stderr, &j->scene);
    if (lora) {
        ts_lora_counts(j->pipeline.lora, &attached, &all);
        fprintf(stderr, "touchstone: %s: %lld of %lld tensors applied\n", lora, (long long)attached,
                (long long)all);
    }
    const ts_estimate e = ts_estimate_edit(ctx, &(ts_estimate_of){
        .pipeline = &j->pipeline,
        .folder = folder,
        .height = j->scene.height,
        .width = j->scene.width,
        .glyph_height = j->glyph.height,
        .glyph_width = j->glyph.width,
        .text = j->words.max_sequence_length,
        .steps = j->edit.steps,
        .tile = j->edit.pictures.tile,
    });
    if (!ctx->status)
        ts_estimate_say(stderr, &e);
    return ctx->status;
}

static ts_status compute(ts_ctx *ctx, job *j)
{
    const ts_scene *s = &j->scene;
    ts_edit_pictures *p = &j->edit.pictures;
    ts_edit_result result = {.keep_latents = false};
    ts_tell(ctx, "reading the prompt", 0, 0);
    if (ts_encode_prompt(ctx, &j->edit.prompt, ts_option_text(j->o, "--checkpoint", NULL),
                         j->prompt, (int64_t)strlen(j->prompt), &j->words))
        return ctx->status;
    p->picture = ts_pixels_signed(ctx, (ts_pixels){s->picture, s->height, s->width, 3}, false);
    p->mask = ts_pixels_mask(ctx, (ts_pixels){s->mask, s->height, s->width, 1});
    p->glyph = ts_pixels_signed(
        ctx, (ts_pixels){j->glyph.pixels, j->glyph.height, j->glyph.width, 3}, true);
    ts_edit_noise noise = {.latents = {0}};
    if (ctx->status || ts_edit_noise_draw(ctx, &noise, j->seed, j->stream, p->picture, p->glyph))
        return ctx->status;
    j->edit.latents = ts_pack(ctx, noise.latents);
    p->glyph_noise = noise.glyph;
    p->masked_noise = noise.masked;
    if (j->output.every) {
        j->edit.preview = ts_edit_output_preview;
        j->edit.preview_arg = &j->output;
    }
    if (ctx->status || ts_edit_run(ctx, &result, &j->pipeline, &j->edit))
        return ctx->status;
    return ts_edit_output_write(ctx, &j->output, result.image);
}

static ts_status run_job(ts_ctx *ctx, job *j, ts_ticker *ticker)
{
    if (read_everything(ctx, j) || open_checkpoint(ctx, j))
        return ctx->status;
    const ts_edit_facts facts = {j->o, j->prompt, ts_format_name(j->format), ctx->table->name};
    j->output.scene = &j->scene;
    j->output.pipeline = &j->pipeline;
    j->output.edit = &j->edit;
    j->output.facts = &facts;
    ts_ticker_start(ticker, ctx);
    compute(ctx, j);
    ts_ticker_end(ticker);
    j->output.facts = NULL;
    return ctx->status;
}

/* An interruption is told with its place. */
static int exit_code(ts_ctx *ctx, const ts_ticker *ticker, const char *out)
{
    char where[128];
    if (ctx->status == TS_ERROR_INTERRUPTED) {
        ts_ctx_clear(ctx);
        ts_fail(ctx, TS_ERROR_INTERRUPTED, "stopped %s; %s was not written",
                ts_ticker_where(ticker, where, sizeof where), out);
    }
    return ts_exit_code(ctx);
}

static ts_status check_words(ts_ctx *ctx, const ts_options *o)
{
    static const char *const needed[] = {"--checkpoint", "--image", "--out"};
    if (o->count)
        return ts_fail(ctx, TS_ERROR_USAGE, "edit: what is \"%s\"? a text stands behind --text",
                       o->arguments[0]);
    for (int i = 0; i < 3; i++)
        if (!ts_option_on(o, needed[i]))
            return ts_fail(ctx, TS_ERROR_USAGE, "edit: %s is missing", needed[i]);
    return TS_OK;
}

static int run(const ts_options *o)
{
    ts_ctx ctx, words;
    ts_how how;
    job j = {.o = o};
    ts_ticker ticker = {.what = NULL};
    ts_ctx_open_plain(&words);
    const char *backend = ts_table_named("blas") ? "blas" : "fast";
    const int64_t threads = ts_option_int(&words, o, "--threads", 0, 0, 1024);
    if (check_words(&words, o) || ts_how_from(&words, &how, &j.format,
                                              ts_option_text(o, "--precision", "f32"),
                                              ts_option_text(o, "--backend", backend), threads)) {
        const int code = ts_exit_code(&words);
        ts_ctx_close(&words);
        return code;
    }
    ts_ctx_close(&words);
    ts_ctx_open(&ctx, how.table, how.compute, how.threads);
    ctx.round = how.round;
    run_job(&ctx, &j, &ticker);
    const int code = exit_code(&ctx, &ticker, ts_option_text(o, "--out", ""));
    ts_free(j.prompt);
    ts_picture_free(&j.glyph);
    ts_scene_free(&j.scene);
    ts_pipeline_close(&j.pipeline);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_edit = {
    "edit",
    "--checkpoint DIR [--lora FILE] --image FILE (--mask FILE | --polygon POINTS)...\n"
    "                        --text TEXT... --out FILE [OPTION]...",
    "write a text into a picture",
    "One --text for each region: the polygons and the white patches of the masks, in the order in\n"
    "which they stand on the command line, a mask's patches from top to bottom, then from left to\n"
    "right. Works at the picture's size or --size, cut to multiples of 16; the result has that\n"
    "size, or with --compose the picture's own. Noise is drawn in the order latents, glyph\n"
    "picture, masked picture. The PNG holds prompt, seed, model, version and settings as text.\n"
    "Ctrl-C stops between two operations and leaves nothing half-written.",
    options, run};
