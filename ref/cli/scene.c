/* scene.c: picture, places and texts, read and brought to the working size.
 * Pitfalls: places are measured in the picture as it is shown (EXIF orientation applied)
 * Test:     tests/cli/test_scene.c */
#include "ref/cli/scene.h"

#include "ref/edit/resample.h"
#include "ref/glyph/picture.h"
#include "ref/io/limits.h"

#include <stdlib.h>
#include <string.h>

enum { GRID = 16, LARGEST = 65536, COLOURS = 3 };

ts_status ts_size_read(ts_ctx *ctx, const char *name, const char *text, int64_t *width,
                       int64_t *height)
{
    char *end;
    const long long w = strtoll(text, &end, 10);
    const char *rest = end;
    const long long h = *rest == 'x' || *rest == 'X' ? strtoll(rest + 1, &end, 10) : 0;
    if (end == text || *end || w < 1 || h < 1 || w > LARGEST || h > LARGEST)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: expected WIDTHxHEIGHT, as in 640x480, got \"%s\"",
                       name, text);
    if (w > TS_LIMIT_PIXELS / h)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: %lld x %lld are more than %lld pixels", name, w, h,
                       (long long)TS_LIMIT_PIXELS);
    *width = w;
    *height = h;
    return TS_OK;
}

/* The size that places are measured in, and the one that is worked at, not yet cut to the grid. */
static ts_status sizes(ts_ctx *ctx, ts_scene *s, const ts_options *o, int64_t *height,
                       int64_t *width)
{
    const char *size = ts_option_text(o, "--size", NULL),
               *image = ts_option_text(o, "--image", NULL);
    if (size && ts_size_read(ctx, "--size", size, &s->width, &s->height))
        return ctx->status;
    if (image) {
        if (ts_picture_read(ctx, &s->photo, image, TS_RGB))
            return ctx->status;
        *height = s->photo.height;
        *width = s->photo.width;
    } else if (size) {
        *height = s->height;
        *width = s->width;
    } else if (!ts_places_size(ctx, o, height, width)) {
        return ts_fail(ctx, TS_ERROR_USAGE, "how large? --image FILE or --size WxH");
    }
    if (!size) {
        s->height = *height;
        s->width = *width;
    }
    return TS_OK;
}

static ts_status cut_to_grid(ts_ctx *ctx, ts_scene *s, const ts_options *o)
{
    const int64_t h = s->height / GRID * GRID, w = s->width / GRID * GRID;
    if (h == 0 || w == 0)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%s: %lld x %lld pixels are too few, both sides need %d or more (--size)",
                       ts_option_text(o, "--image", "the picture"), (long long)s->width,
                       (long long)s->height, GRID);
    s->asked_height = s->height;
    s->asked_width = s->width;
    s->height = h;
    s->width = w;
    return TS_OK;
}

static int64_t characters(const char *text)
{
    int64_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static ts_status read_texts(ts_ctx *ctx, ts_scene *s, const ts_options *o)
{
    const int n = ts_option_times(o, "--text");
    const int64_t most = ts_option_int(ctx, o, "--max-characters", TS_LINE_CHARACTERS, 0, 1 << 20);
    if (ctx->status || n == 0)
        return ctx->status;
    if (n != s->places.count)
        return ts_fail(ctx, TS_ERROR_USAGE, "%d text%s for %lld region%s: there must be one --text "
                                            "for each", n, n == 1 ? "" : "s",
                       (long long)s->places.count, s->places.count == 1 ? "" : "s");
    s->texts = ts_alloc_zero((size_t)n, sizeof *s->texts);
    for (int i = 0; s->texts && i < n; i++) {
        const char *text = ts_option_nth(o, "--text", i);
        const int64_t all = characters(text), keep = most && all > most ? most : all;
        s->texts[i] = ts_strndup(text, (size_t)ts_cut_line(text, keep));
        if (!s->texts[i])
            break;
        s->text_count++;
        s->cut += all - keep;
    }
    return s->text_count == n ? TS_OK : ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %d texts", n);
}

static ts_status draw_texts(ts_ctx *ctx, ts_scene *s, const ts_options *o)
{
    ts_font_set set = {.fonts = {.count = 0}};
    ts_polygon *regions = ts_alloc((size_t)s->places.count * sizeof *regions);
    ts_point *points = ts_alloc((size_t)ts_places_points(&s->places) * sizeof *points);
    s->glyph = ts_alloc((size_t)(s->height * s->width));
    if (!regions || !points || !s->glyph)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a glyph picture");
    else if (!ts_font_set_open(ctx, &set, o)) {
        ts_places_scaled(regions, points, &s->places, s->height, s->width);
        const ts_glyph_job job = {
            .fonts = &set.fonts,
            .regions = regions,
            .region_count = s->places.count,
            .texts = (const char *const *)s->texts,
            .text_count = s->text_count,
            .last = ts_option_on(o, "--dither") ? TS_DITHER : TS_THRESHOLD,
            .max_characters = -1,
        };
        ts_glyph_picture(ctx, s->glyph, NULL, &job, s->height, s->width);
    }
    ts_font_set_close(&set);
    ts_free(points);
    ts_free(regions);
    return ctx->status;
}

static ts_status bring_to_size(ts_ctx *ctx, ts_scene *s)
{
    const size_t pixels = (size_t)(s->height * s->width);
    s->mask = ts_alloc(pixels);
    s->picture = s->photo.pixels ? ts_alloc(COLOURS * pixels) : NULL;
    if (!s->mask || (s->photo.pixels && !s->picture))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a picture of %lld x %lld pixels",
                       (long long)s->width, (long long)s->height);
    if (ts_places_mask(ctx, s->mask, &s->places, s->height, s->width))
        return ctx->status;
    return s->picture ? ts_resample(ctx, s->picture, s->height, s->width, s->photo.pixels,
                                    s->photo.height, s->photo.width, COLOURS, TS_LANCZOS)
                      : TS_OK;
}

ts_status ts_scene_read(ts_ctx *ctx, ts_scene *s, const ts_options *o, bool draw)
{
    int64_t height = 0, width = 0;
    *s = (ts_scene){.texts = NULL};
    if (ctx->status || sizes(ctx, s, o, &height, &width) || cut_to_grid(ctx, s, o) ||
        ts_places_read(ctx, &s->places, o, height, width) || read_texts(ctx, s, o))
        return ctx->status;
    if (draw && s->text_count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "what is to be written? --text TEXT, one for each of "
                                            "%lld region%s", (long long)s->places.count,
                       s->places.count == 1 ? "" : "s");
    if (bring_to_size(ctx, s) || !draw)
        return ctx->status;
    return draw_texts(ctx, s, o);
}

void ts_scene_say(FILE *to, const ts_scene *s)
{
    if (s->height != s->asked_height || s->width != s->asked_width)
        fprintf(to, "touchstone: working at %lld x %lld pixels: %lld x %lld, cut to multiples of "
                    "%d\n", (long long)s->width, (long long)s->height, (long long)s->asked_width,
                (long long)s->asked_height, GRID);
    if (s->cut)
        fprintf(to, "touchstone: %lld character%s cut from texts that are too long "
                    "(--max-characters)\n", (long long)s->cut, s->cut == 1 ? "" : "s");
}

void ts_scene_free(ts_scene *s)
{
    ts_picture_free(&s->photo);
    ts_places_free(&s->places);
    for (int64_t i = 0; i < s->text_count; i++)
        ts_free(s->texts[i]);
    ts_free(s->texts);
    ts_free(s->picture);
    ts_free(s->mask);
    ts_free(s->glyph);
    *s = (ts_scene){.texts = NULL};
}
