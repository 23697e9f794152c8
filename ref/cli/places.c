/* places.c: polygons and mask pictures of the command line.
 * Test: tests/cli/test_places.c */
#include "ref/cli/places.h"

#include "ref/edit/pixels.h"
#include "ref/glyph/fill.h"
#include "ref/io/picture.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WHITE = 255, HALF = 128, LEAST_CORNERS = 3 };

/* Takes over the points. */
static ts_status add_region(ts_ctx *ctx, ts_places *p, ts_point *points, int64_t count, bool drawn)
{
    if (p->count == p->room) {
        const int64_t room = 2 * p->room + 8;
        ts_place_outline *regions = ts_realloc(p->regions, (size_t)room * sizeof *regions);
        if (!regions) {
            ts_free(points);
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld regions", (long long)room);
        }
        p->regions = regions;
        p->room = room;
    }
    p->regions[p->count++] = (ts_place_outline){points, count, drawn};
    return TS_OK;
}

/* "x,y" at *text, which moves behind it; false when there is something else. */
static bool read_point(const char **text, ts_point *point)
{
    char *end;
    point->x = strtof(*text, &end);
    if (end == *text || *end != ',')
        return false;
    *text = end + 1;
    if (isspace((unsigned char)**text))
        return false;
    point->y = strtof(*text, &end);
    if (end == *text || (*end && !isspace((unsigned char)*end) && *end != ';'))
        return false;
    *text = end;
    return true;
}

static const char *past_blanks(const char *text)
{
    while (isspace((unsigned char)*text) || *text == ';')
        text++;
    return text;
}

/* Does the polygon cover a pixel of the picture? */
static bool is_inside(ts_ctx *ctx, const ts_places *p, const ts_point *points, int64_t count)
{
    const size_t pixels = (size_t)(p->height * p->width);
    uint8_t *mask = ts_alloc_zero(pixels, 1);
    bool inside = false;
    if (!mask)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a mask");
    else if (!ts_fill_polygon(ctx, mask, points, count, WHITE, p->height, p->width))
        inside = memchr(mask, WHITE, pixels) != NULL;
    ts_free(mask);
    return inside;
}

static ts_status add_polygon(ts_ctx *ctx, ts_places *p, const char *text)
{
    const char *rest = past_blanks(text);
    int64_t count = 0;
    ts_point *points = ts_alloc((strlen(text) / 3 + 1) * sizeof *points); /* "x,y" has 3 letters */
    if (!points)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a polygon");
    while (*rest && read_point(&rest, &points[count])) {
        count++;
        rest = past_blanks(rest);
    }
    if (*rest)
        ts_fail(ctx, TS_ERROR_USAGE, "--polygon \"%s\": expected \"x,y x,y x,y ...\" at \"%.20s\"",
                text, rest);
    else if (count < LEAST_CORNERS)
        ts_fail(ctx, TS_ERROR_USAGE, "--polygon \"%s\": %lld corner%s, at least %d are needed",
                text, (long long)count, count == 1 ? "" : "s", LEAST_CORNERS);
    else if (!ts_points_check(ctx, points, count) && !is_inside(ctx, p, points, count))
        ts_fail(ctx, TS_ERROR_USAGE,
                "--polygon \"%s\": lies outside of the picture of %lld x %lld pixels", text,
                (long long)p->width, (long long)p->height);
    if (ctx->status) {
        ts_free(points);
        return ctx->status;
    }
    return add_region(ctx, p, points, count, true);
}

static ts_status add_patches(ts_ctx *ctx, ts_places *p, const char *path, const uint8_t *mask)
{
    ts_regions regions = {.count = 0};
    if (ts_regions_of_mask(ctx, &regions, mask, p->height, p->width)) {
        char said[TS_MESSAGE];
        const ts_status status = ctx->status;
        memcpy(said, ctx->message, sizeof said);
        ts_ctx_clear(ctx);
        return ts_fail(ctx, status, "%s: %.800s", path, said);
    }
    for (int64_t i = 0; i < regions.count && !ctx->status; i++) {
        const size_t bytes = (size_t)regions.polygons[i].count * sizeof(ts_point);
        ts_point *points = ts_alloc(bytes);
        if (!points) {
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a region");
            break;
        }
        memcpy(points, regions.polygons[i].points, bytes);
        add_region(ctx, p, points, regions.polygons[i].count, false);
    }
    ts_regions_free(&regions);
    return ctx->status;
}

static ts_status add_mask(ts_ctx *ctx, ts_places *p, const char *path)
{
    ts_picture mask = {.pixels = NULL};
    if (ts_picture_read(ctx, &mask, path, TS_GRAY))
        return ctx->status;
    if (mask.height != p->height || mask.width != p->width)
        ts_fail(ctx, TS_ERROR_USAGE,
                "%s: a mask of %lld x %lld for a picture of %lld x %lld pixels", path,
                (long long)mask.width, (long long)mask.height, (long long)p->width,
                (long long)p->height);
    else
        add_patches(ctx, p, path, mask.pixels);
    for (int64_t i = 0; i < p->height * p->width && !ctx->status; i++)
        if (mask.pixels[i] >= HALF)
            p->painted[i] = WHITE;
    ts_picture_free(&mask);
    return ctx->status;
}

ts_status ts_places_read(ts_ctx *ctx, ts_places *p, const ts_options *o, int64_t height,
                         int64_t width)
{
    *p = (ts_places){.height = height, .width = width};
    p->painted = ctx->status ? NULL : ts_alloc_zero((size_t)(height * width), 1);
    if (!p->painted)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a mask");
    for (int i = 0; i < o->given && !ctx->status; i++) {
        if (strcmp(o->names[i], "--polygon") == 0)
            add_polygon(ctx, p, o->values[i]);
        else if (strcmp(o->names[i], "--mask") == 0)
            add_mask(ctx, p, o->values[i]);
    }
    if (p->count == 0)
        ts_fail(ctx, TS_ERROR_USAGE,
                "where does the text go? --mask FILE or --polygon \"x,y x,y x,y x,y\"");
    return ctx->status;
}

void ts_places_free(ts_places *p)
{
    for (int64_t i = 0; i < p->count; i++)
        ts_free(p->regions[i].points);
    ts_free(p->regions);
    ts_free(p->painted);
    *p = (ts_places){.count = 0};
}

bool ts_places_size(ts_ctx *ctx, const ts_options *o, int64_t *height, int64_t *width)
{
    ts_picture mask = {.pixels = NULL};
    const char *path = ts_option_nth(o, "--mask", 0);
    if (!path || ts_picture_read(ctx, &mask, path, TS_GRAY))
        return false;
    *height = mask.height;
    *width = mask.width;
    ts_picture_free(&mask);
    return true;
}

int64_t ts_places_points(const ts_places *p)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->count; i++)
        n += p->regions[i].count;
    return n;
}

/* The centre of pixel x of `from` pixels lies at (x + 1/2) / from of the side. */
static float moved(float x, int64_t from, int64_t to)
{
    return from == to ? x : (float)(((double)x + 0.5) * (double)to / (double)from - 0.5);
}

void ts_places_scaled(ts_polygon *to, ts_point *points, const ts_places *p, int64_t height,
                      int64_t width)
{
    for (int64_t i = 0; i < p->count; i++) {
        const ts_place_outline from = p->regions[i];
        to[i] = (ts_polygon){points, from.count};
        for (int64_t k = 0; k < from.count; k++)
            *points++ = (ts_point){moved(from.points[k].x, p->width, width),
                                   moved(from.points[k].y, p->height, height)};
    }
}

ts_status ts_places_mask(ts_ctx *ctx, uint8_t *mask, const ts_places *p, int64_t height,
                         int64_t width)
{
    const ts_pixels painted = {p->painted, p->height, p->width, 1};
    ts_polygon *regions = ctx->status ? NULL : ts_alloc((size_t)p->count * sizeof *regions);
    ts_point *points = regions ? ts_alloc((size_t)ts_places_points(p) * sizeof *points) : NULL;
    if (!points) {
        ts_free(regions);
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for regions");
    }
    ts_pixels_nearest(mask, height, width, painted);
    for (int64_t y = 0; y < p->height; y++)
        for (int64_t x = 0; x < p->width; x++)
            if (p->painted[y * p->width + x])
                mask[y * height / p->height * width + x * width / p->width] = WHITE;
    ts_places_scaled(regions, points, p, height, width);
    for (int64_t i = 0; i < p->count && !ctx->status; i++)
        if (p->regions[i].drawn)
            ts_fill_polygon(ctx, mask, regions[i].points, regions[i].count, WHITE, height, width);
    ts_free(points);
    ts_free(regions);
    return ctx->status;
}
