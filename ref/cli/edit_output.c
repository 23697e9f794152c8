/* edit_output.c: the edited picture, its previews, and what they say about themselves.
 * Test: tests/cli/test_edit_output.c */
#include "ref/cli/edit_output.h"

#include "ref/edit/compose.h"
#include "ref/edit/pixels.h"
#include "ref/edit/resample.h"
#include "ref/io/file.h"
#include "ref/io/json.h"

#include <stdio.h>
#include <string.h>

#if !defined(TS_VERSION)
#define TS_VERSION "unknown"
#endif

enum { COLOURS = 3, PATH = 4096 };

ts_status ts_edit_output_check(ts_ctx *ctx, ts_edit_output *out, const ts_options *o)
{
    ts_out file;
    out->path = ts_option_text(o, "--out", NULL);
    out->compose = ts_option_on(o, "--compose");
    if (!ts_out_open(ctx, &file, out->path))
        ts_out_abandon(&file);
    return ctx->status;
}

/* The options as they were given, in order: [["--steps", "8"], ["--compose", true]]. */
static char *settings(ts_ctx *ctx, const ts_edit_facts *facts)
{
    const ts_options *o = facts->o;
    json_t *all = json_object(), *words = json_array();
    for (int i = 0; i < o->given; i++) {
        json_t *pair = json_array();
        json_array_append_new(pair, json_string(o->names[i]));
        json_array_append_new(pair, o->values[i] ? json_string(o->values[i]) : json_true());
        json_array_append_new(words, pair);
    }
    json_object_set_new(all, "options", words);
    json_object_set_new(all, "precision", json_string(facts->precision));
    json_object_set_new(all, "backend", json_string(facts->backend));
    char *text = ts_json_dump(ctx, all, 0);
    json_decref(all);
    return text;
}

static ts_status write_picture(ts_ctx *ctx, const ts_edit_output *out, const char *path,
                               const ts_picture *picture)
{
    const ts_edit *e = out->edit;
    const ts_options *o = out->facts->o;
    char steps[32], guidance[32], scale[32], size[64];
    char *all = settings(ctx, out->facts);
    snprintf(steps, sizeof steps, "%lld", (long long)e->steps);
    snprintf(guidance, sizeof guidance, "%.9g", e->guidance);
    snprintf(scale, sizeof scale, "%.9g", e->options.c_factor);
    snprintf(size, sizeof size, "%lldx%lld", (long long)out->scene->width,
             (long long)out->scene->height);
    const ts_picture_text texts[] = {
        {"prompt", out->facts->prompt},
        {"seed", ts_option_text(o, "--seed", "0")},
        {"model", ts_option_text(o, "--checkpoint", "")},
        {"lora", ts_option_text(o, "--lora", "none")},
        {"version", "touchstone " TS_VERSION},
        {"steps", steps},
        {"guidance", guidance},
        {"condition-scale", scale},
        {"rng", ts_option_text(o, "--rng", "torch")},
        {"size", size},
        {"precision", out->facts->precision},
        {"backend", out->facts->backend},
        {"settings", all ? all : ""},
    };
    ts_picture_write(ctx, path, picture, texts, (int)(sizeof texts / sizeof *texts));
    ts_free(all);
    return ctx->status;
}

/* Back to the photo's size, and into the photo. */
static ts_status compose(ts_ctx *ctx, const ts_edit_output *out, uint8_t *pixels)
{
    const ts_picture *photo = &out->scene->photo;
    const ts_pixels original = {photo->pixels, photo->height, photo->width, COLOURS};
    const size_t n = (size_t)(photo->height * photo->width);
    uint8_t *mask = ts_alloc(n);
    ts_picture result = {.pixels = NULL};
    if (!mask)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a mask");
    if (!ts_picture_new(ctx, &result, photo->width, photo->height, TS_RGB) &&
        !ts_resample(ctx, result.pixels, photo->height, photo->width, pixels, out->scene->height,
                     out->scene->width, COLOURS, TS_LANCZOS) &&
        !ts_places_mask(ctx, mask, &out->scene->places, photo->height, photo->width) &&
        !ts_compose(ctx, result.pixels, original, result.pixels, mask, TS_FEATHER))
        write_picture(ctx, out, out->path, &result);
    ts_picture_free(&result);
    ts_free(mask);
    return ctx->status;
}

ts_status ts_edit_output_write(ts_ctx *ctx, const ts_edit_output *out, ts_tensor image)
{
    ts_picture picture;
    if (ctx->status || ts_picture_new(ctx, &picture, image.size[3], image.size[2], TS_RGB))
        return ctx->status;
    if (!ts_pixels_of(ctx, picture.pixels, image)) {
        if (out->compose)
            compose(ctx, out, picture.pixels);
        else
            write_picture(ctx, out, out->path, &picture);
    }
    ts_picture_free(&picture);
    return ctx->status;
}

/* NAME.png -> NAME.step-0004.png */
static void preview_path(char *path, size_t room, const char *out, int64_t step)
{
    const size_t n = strlen(out);
    const bool png = n > 4 && strcmp(out + n - 4, ".png") == 0;
    snprintf(path, room, "%.*s.step-%04lld.png", (int)(png ? n - 4 : n), out, (long long)step);
}

void ts_edit_output_preview(void *arg, ts_ctx *ctx, int64_t step, ts_tensor latents)
{
    const ts_edit_output *out = arg;
    char path[PATH];
    ts_picture picture;
    if ((step + 1) % out->every || step + 1 == out->edit->steps)
        return;
    const ts_tensor image = ts_edit_decode(ctx, out->pipeline, latents, out->scene->height,
                                           out->scene->width, out->edit->pictures.tile);
    if (ctx->status || ts_picture_new(ctx, &picture, out->scene->width, out->scene->height, TS_RGB))
        return;
    preview_path(path, sizeof path, out->path, step + 1);
    if (!ts_pixels_of(ctx, picture.pixels, image))
        write_picture(ctx, out, path, &picture);
    ts_picture_free(&picture);
}
