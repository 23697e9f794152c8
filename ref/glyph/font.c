/* font.c: sizes of glyphs in whole pixels.
 *
 * A length of v font units is v * size / units pixels. FreeType, with hinting on, rounds it:
 *
 *     advance  nearest pixel     ascent  upwards
 *     kerning  nearest; below 25 pixels per em it is first shrunk by size / 25
 *     extent   upper and lower edge to the nearest pixel (hinting puts them there), but for a glyph
 *              of one stroke, lower than a quarter em, its height is what is rounded;
 *              left and right edge outwards (hinting leaves x alone); without hinting programs in
 *              the font all four outwards
 *
 * and the outline is stretched in y so that its edges meet those pixels: what a font's own hinting
 * program does to the edges, without running it.
 *
 * Source: FreeType 2.13, documented meaning of FT_LOAD_DEFAULT, FT_KERNING_DEFAULT and size
 * metrics. Test: tests/glyph/test_font.c. */
#include "ref/glyph/font.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"
#include "ref/glyph/guard.h"
#include "ref/glyph/stb.h"
#include "ref/io/file.h"

#include <stdlib.h>
#include <string.h>

struct ts_font {
    ts_sfnt sfnt;
    ts_map map; /* of zeros when the bytes are the caller's */
    char *name;
};

ts_font *ts_font_of_bytes(ts_ctx *ctx, const char *label, const uint8_t *data, int64_t size,
                          int64_t index)
{
    ts_font *font = ts_alloc_zero(1, sizeof *font);
    char *name = font ? ts_strdup(label) : NULL;
    if (!name) {
        ts_free(font);
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a font", label);
        return NULL;
    }
    font->name = name;
    if (ts_font_guard(ctx, &font->sfnt, label, data, size, index)) {
        ts_font_close(font);
        return NULL;
    }
    return font;
}

void ts_font_close(ts_font *font)
{
    if (!font)
        return;
    ts_map_close(&font->map);
    ts_free(font->sfnt.usable);
    ts_free(font->name);
    ts_free(font);
}

/* folder/NAME.ttf if there is such a file, NULL otherwise. */
static char *font_in(ts_ctx *ctx, const char *folder, const char *name)
{
    const size_t length = strlen(name);
    char *file = ts_alloc(length + 5);
    if (!file) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a font's name", name);
        return NULL;
    }
    memcpy(file, name, length);
    memcpy(file + length, ".ttf", 5);
    char *path = ts_path_join(ctx, folder, file);
    ts_free(file);
    if (path && !ts_path_exists(path)) {
        ts_free(path);
        path = NULL;
    }
    return path;
}

/* Splits "FILE#2", and finds a bare name. NULL after a failure. */
static char *find_file(ts_ctx *ctx, const char *path, int64_t *index)
{
    const char *mark = strrchr(path, '#');
    size_t length = strlen(path);
    *index = 0;
    if (mark && mark[1] && strspn(mark + 1, "0123456789") == strlen(mark + 1)) {
        *index = strtol(mark + 1, NULL, 10);
        length = (size_t)(mark - path);
    }
    char *file = ts_strndup(path, length);
    if (!file) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a font's name", path);
        return NULL;
    }
    if (strpbrk(file, "/.") || ts_path_exists(file))
        return file;
    const char *folder = getenv("TOUCHSTONE_FONTS");
    char *found = folder ? font_in(ctx, folder, file) : NULL;
    found = found || ctx->status ? found : font_in(ctx, "data/fonts", file);
    if (!found)
        return file;
    ts_free(file);
    return found;
}

ts_font *ts_font_open(ts_ctx *ctx, const char *path)
{
    int64_t index;
    char *file = find_file(ctx, path, &index);
    ts_map map = {0};
    if (!file || ctx->status || ts_map_open(ctx, &map, file)) {
        ts_free(file);
        return NULL;
    }
    ts_font *font = ts_font_of_bytes(ctx, file, map.data, map.size, index);
    if (font)
        font->map = map;
    else
        ts_map_close(&map);
    ts_free(file);
    return font;
}

const ts_sfnt *ts_font_tables(const ts_font *font)
{
    return &font->sfnt;
}

const char *ts_font_name(const ts_font *font)
{
    return font->name;
}

int64_t ts_font_glyph(const ts_font *font, uint32_t character)
{
    return ts_font_map(&font->sfnt, character);
}

/* Lengths in 64ths of a pixel, rounded, as FreeType keeps them. */
static int64_t scaled(const ts_font *font, int64_t v, int64_t size)
{
    return (int64_t)nearbyint((double)v * (double)(size * 64) / (double)font->sfnt.units);
}

static int64_t whole(int64_t v64)
{
    return (v64 + 32) >> 6;
}

int64_t ts_font_ascent(const ts_font *font, int64_t size)
{
    return (scaled(font, font->sfnt.ascender, size) + 63) >> 6;
}

int64_t ts_font_advance(const ts_font *font, int64_t glyph, int64_t size)
{
    const ts_sfnt *f = &font->sfnt;
    const int64_t i = glyph < f->long_metrics ? glyph : f->long_metrics - 1;
    return whole(scaled(font, (int64_t)ts_font_u16(f->data + f->hmtx.offset + 4 * i), size));
}

int64_t ts_font_kerning(const ts_font *font, int64_t left, int64_t right, int64_t size)
{
    int64_t v = scaled(font, ts_font_kern(&font->sfnt, left, right), size);
    if (size < 25)
        v = (int64_t)nearbyint((double)(v * size) / 25.0);
    return whole(v);
}

/* Least and greatest coordinates of an outline, control points included; false when it is empty. */
static bool bounds(const ts_outline *outline, int low[2], int high[2])
{
    bool any = false;
    for (int64_t i = 0; i < outline->count; i++) {
        const ts_outline_step *s = &outline->step[i];
        const int p[2][2] = {{s->x, s->y}, {s->cx, s->cy}};
        for (int k = 0; k < (s->kind == TS_CURVE ? 2 : 1); k++)
            for (int axis = 0; axis < 2; axis++) {
                low[axis] = any && low[axis] < p[k][axis] ? low[axis] : p[k][axis];
                high[axis] = any && high[axis] > p[k][axis] ? high[axis] : p[k][axis];
                if (axis == 1)
                    any = true;
            }
    }
    return any;
}

static ts_extent extent_of(const ts_font *font, const int low[2], const int high[2], int64_t size)
{
    ts_extent e = {.left = scaled(font, low[0], size) >> 6,
                   .bottom = scaled(font, low[1], size) >> 6,
                   .right = (scaled(font, high[0], size) + 63) >> 6,
                   .top = (scaled(font, high[1], size) + 63) >> 6};
    if (font->sfnt.hinted) {
        const int64_t height = whole(scaled(font, high[1] - low[1], size));
        e.bottom = whole(scaled(font, low[1], size));
        const bool stroke = 4 * (high[1] - low[1]) < font->sfnt.units;
        e.top = stroke ? e.bottom + height : whole(scaled(font, high[1], size));
        e.top += e.top == e.bottom && high[1] > low[1]; /* a thin stroke does not vanish */
    }
    return e;
}

ts_status ts_font_extent(ts_ctx *ctx, ts_extent *extent, const ts_font *font, int64_t glyph,
                         int64_t size)
{
    ts_outline outline;
    int low[2] = {0, 0}, high[2] = {0, 0};
    *extent = (ts_extent){0};
    if (ts_stb_outline(ctx, &outline, &font->sfnt, glyph))
        return ctx->status;
    if (bounds(&outline, low, high))
        *extent = extent_of(font, low, high, size);
    ts_free(outline.step);
    return TS_OK;
}

ts_status ts_font_outline(ts_ctx *ctx, ts_shape *shape, const ts_font *font, int64_t glyph,
                          int64_t size, double x, double y)
{
    ts_outline outline;
    int low[2] = {0, 0}, high[2] = {0, 0};
    if (ts_stb_outline(ctx, &outline, &font->sfnt, glyph))
        return ctx->status;
    if (bounds(&outline, low, high)) {
        const ts_extent e = extent_of(font, low, high, size);
        const double sx = (double)size / (double)font->sfnt.units;
        const double sy = high[1] > low[1]
                              ? (double)(e.top - e.bottom) / (double)(high[1] - low[1])
                              : sx;
        const double base = y - (double)e.bottom + sy * low[1];
        double px = 0, py = 0;
        for (int64_t i = 0; i < outline.count; i++) {
            const ts_outline_step *s = &outline.step[i];
            const double qx = x + sx * s->x, qy = base - sy * s->y;
            if (s->kind == TS_LINE)
                ts_shape_line(shape, px, py, qx, qy);
            if (s->kind == TS_CURVE)
                ts_shape_curve(shape, (const double[]){px, x + sx * s->cx, qx},
                               (const double[]){py, base - sy * s->cy, qy});
            px = qx;
            py = qy;
        }
    }
    ts_free(outline.step);
    return TS_OK;
}
