/* regions.c: a mask picture taken apart into the regions that are to be rewritten.
 *
 * A region is an 8-connected component of the set pixels. Components are found in the order of the
 * picture's rows, so they come from top to bottom, and from left to right where they begin in the
 * same row. What placing a text needs of a region is its minimum-area rectangle, which depends on
 * the convex hull of its pixels alone, and that on the first and last pixel of each row: those are
 * collected, then replaced by their hull.
 *
 * Test: tests/glyph/test_regions.c. */
#include "ref/base/ctx.h"
#include "ref/glyph/mask.h"

#include <string.h>

enum { SET = 128 };

/* Everything the search holds. */
typedef struct {
    const uint8_t *mask;
    int64_t height, width;
    uint8_t *seen;
    int64_t *stack;        /* pixels whose neighbours are to be looked at */
    int64_t *left, *right; /* of each row of the present region; left > right: none */
    int64_t top, bottom;   /* its rows */
} search;

static bool search_open(search *s, int64_t n)
{
    int64_t bytes;
    s->seen = ts_alloc_zero((size_t)n, 1);
    s->stack = ts_mul_size(n, (int64_t)sizeof *s->stack, &bytes) ? ts_alloc((size_t)bytes) : NULL;
    s->left = ts_alloc_zero((size_t)s->height, 2 * sizeof *s->left);
    s->right = s->left ? s->left + s->height : NULL;
    return s->seen && s->stack && s->left;
}

static void search_close(search *s)
{
    ts_free(s->seen);
    ts_free(s->stack);
    ts_free(s->left);
}

/* Marks a pixel and returns 1 if it is set and new, so that it belongs on the stack. */
static int64_t visit(search *s, int64_t y, int64_t x)
{
    if (y < 0 || y >= s->height || x < 0 || x >= s->width)
        return 0;
    const int64_t at = y * s->width + x;
    if (s->seen[at] || s->mask[at] < SET)
        return 0;
    s->seen[at] = 1;
    if (y > s->bottom) {
        s->bottom = y;
        s->left[y] = s->right[y] = x;
    }
    s->left[y] = x < s->left[y] ? x : s->left[y];
    s->right[y] = x > s->right[y] ? x : s->right[y];
    return 1;
}

/* The region that begins at (y, x), its first pixel in the order of rows; returns its size. A
 * region reaches a new lowest row only from the row above, so rows top..bottom are all in use. */
static int64_t flood(search *s, int64_t y, int64_t x)
{
    int64_t waiting = 0, pixels = 0;
    s->top = y;
    s->bottom = y - 1;
    if (visit(s, y, x))
        s->stack[waiting++] = y * s->width + x;
    while (waiting > 0) {
        const int64_t at = s->stack[--waiting], row = at / s->width, column = at % s->width;
        pixels++;
        for (int64_t dy = -1; dy <= 1; dy++)
            for (int64_t dx = -1; dx <= 1; dx++)
                if (visit(s, row + dy, column + dx))
                    s->stack[waiting++] = (row + dy) * s->width + column + dx;
    }
    return pixels;
}

/* Room for twice as many regions, or for `more` points. */
static bool grow(ts_regions *r, int64_t *room, int64_t points, int64_t more)
{
    if (r->count == *room) {
        const int64_t n = *room ? 2 * *room : 16;
        ts_polygon *polygons = ts_realloc(r->polygons, (size_t)n * sizeof *polygons);
        r->polygons = polygons ? polygons : r->polygons;
        int64_t *pixels = polygons ? ts_realloc(r->pixels, (size_t)n * sizeof *pixels) : NULL;
        if (!pixels)
            return false;
        r->pixels = pixels;
        *room = n;
    }
    ts_point *all = ts_realloc(r->points, (size_t)(points + more) * sizeof *all);
    r->points = all ? all : r->points;
    return all != NULL;
}

/* Appends the hull of the present region. Polygons keep their place in points as an offset until
 * all are known, because the array moves. */
static ts_status add_region(ts_ctx *ctx, ts_regions *r, const search *s, int64_t pixels,
                            int64_t *room, int64_t *points)
{
    const int64_t rows = s->bottom - s->top + 1;
    int64_t corners;
    if (r->count == TS_MAX_REGIONS)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "the mask has more than %d separate regions: is it a mask?", TS_MAX_REGIONS);
    if (!grow(r, room, *points, 4 * rows))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the regions of a mask");
    ts_point *ends = r->points + *points + 2 * rows, *hull = r->points + *points;
    for (int64_t i = 0; i < rows; i++) {
        const float y = (float)(s->top + i);
        ends[2 * i] = (ts_point){(float)s->left[s->top + i], y};
        ends[2 * i + 1] = (ts_point){(float)s->right[s->top + i], y};
    }
    if (ts_convex_hull(ctx, hull, &corners, ends, 2 * rows))
        return ctx->status;
    r->polygons[r->count] = (ts_polygon){NULL, corners};
    r->pixels[r->count++] = pixels;
    *points += corners;
    return TS_OK;
}

static ts_status find_all(ts_ctx *ctx, ts_regions *r, search *s)
{
    int64_t room = 0, points = 0;
    for (int64_t y = 0; y < s->height; y++)
        for (int64_t x = 0; x < s->width; x++) {
            const int64_t pixels = flood(s, y, x);
            if (pixels && add_region(ctx, r, s, pixels, &room, &points))
                return ctx->status;
        }
    if (r->count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "the mask is empty: no pixel of it is %d or brighter", SET);
    const ts_point *next = r->points;
    for (int64_t i = 0; i < r->count; i++) {
        r->polygons[i].points = next;
        next += r->polygons[i].count;
    }
    return TS_OK;
}

ts_status ts_regions_of_mask(ts_ctx *ctx, ts_regions *regions, const uint8_t *mask, int64_t height,
                             int64_t width)
{
    *regions = (ts_regions){0};
    int64_t n;
    if (height < 1 || width < 1 || !ts_mul_size(height, width, &n) ||
        (float)height > TS_MAX_COORDINATE || (float)width > TS_MAX_COORDINATE)
        return ts_fail(ctx, TS_ERROR_USAGE, "a mask of %lld x %lld pixels", (long long)width,
                       (long long)height);
    search s = {.mask = mask, .height = height, .width = width};
    if (!search_open(&s, n))
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the regions of a mask");
    else
        find_all(ctx, regions, &s);
    search_close(&s);
    if (ctx->status)
        ts_regions_free(regions);
    return ctx->status;
}

void ts_regions_free(ts_regions *regions)
{
    ts_free(regions->polygons);
    ts_free(regions->pixels);
    ts_free(regions->points);
    *regions = (ts_regions){0};
}
