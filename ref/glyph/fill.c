/* fill.c: polygons filled by the even-odd rule, boundary pixels included.
 *
 * Two things are drawn, and a pixel belongs to the polygon if it is in either: every edge as an
 * 8-connected line (Bresenham), and for every row y the pixels between the 1st and 2nd, 3rd and
 * 4th, ... crossing of the edges with that row. An edge is crossed at the rows y0 <= y < y1;
 * crossings are kept in 16.16 fixed point, start half a pixel to the right (so that cutting the
 * fraction off rounds) and advance by the truncated slope from row to row. An edge that leaves the
 * picture is first cut to it (whole pixels), and the cut edge's slope is used: that is what
 * cv::fillPoly does, whose masks the published data are made of.
 *
 * Test: tests/glyph/test_fill.c (golden masks, and random polygons filled by OpenCV). */
#include "ref/glyph/fill.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"

#include <stdlib.h>

typedef struct {
    int64_t x, y;
} pixel;

typedef struct {
    int64_t x, slope;    /* 16.16: at the first row, and for each further one */
    int64_t first, last; /* rows first <= y < last */
} edge;

typedef struct {
    uint8_t *mask;
    int64_t height, width;
    uint8_t value;
} canvas;

enum { FRACTION = 16 };

static const int64_t one = (int64_t)1 << FRACTION;

/* On which sides of the picture a point lies: 1 left, 2 right, 4 above, 8 below. */
static int out_code(const canvas *c, pixel p)
{
    return (p.x < 0) + (p.x >= c->width) * 2 + (p.y < 0) * 4 + (p.y >= c->height) * 8;
}

static pixel cut_rows(const canvas *c, pixel p, pixel q, int code)
{
    const int64_t y = code < 8 ? 0 : c->height - 1;
    p.x += (int64_t)((double)(y - p.y) * (double)(q.x - p.x) / (double)(q.y - p.y));
    p.y = y;
    return p;
}

static pixel cut_columns(const canvas *c, pixel p, pixel q, int code)
{
    const int64_t x = code == 1 ? 0 : c->width - 1;
    p.y += (int64_t)((double)(x - p.x) * (double)(q.y - p.y) / (double)(q.x - p.x));
    p.x = x;
    return p;
}

/* Cuts the segment p q to the picture, in whole pixels; false when nothing is left. */
static bool cut(const canvas *c, pixel *p, pixel *q)
{
    int cp = out_code(c, *p), cq = out_code(c, *q);
    if ((cp & cq) == 0 && (cp | cq) != 0) {
        if (cp & 12) {
            *p = cut_rows(c, *p, *q, cp);
            cp = out_code(c, *p) & 3;
        }
        if (cq & 12) {
            *q = cut_rows(c, *q, *p, cq);
            cq = out_code(c, *q) & 3;
        }
        if ((cp & cq) == 0 && (cp | cq) != 0) {
            if (cp) {
                *p = cut_columns(c, *p, *q, cp);
                cp = 0;
            }
            if (cq) {
                *q = cut_columns(c, *q, *p, cq);
                cq = 0;
            }
        }
    }
    return (cp | cq) == 0;
}

/* Bresenham from left to right (or up or down from p when the line is vertical). Both ends are in
 * the picture. */
static void draw_line(const canvas *c, pixel p, pixel q)
{
    if (q.x < p.x) {
        const pixel swap = p;
        p = q;
        q = swap;
    }
    const int64_t dx = q.x - p.x, dy = llabs(q.y - p.y), down = q.y < p.y ? -1 : 1;
    const bool steep = dy > dx;
    const int64_t length = steep ? dy : dx, across = steep ? dx : dy;
    int64_t error = length - 2 * across;
    for (int64_t i = 0; i <= length; i++) {
        c->mask[p.y * c->width + p.x] = c->value;
        const bool both = error < 0;
        error += both ? 2 * length - 2 * across : -2 * across;
        p.x += !steep || both ? 1 : 0;
        p.y += steep || both ? down : 0;
    }
}

/* Draws the line p q, and makes the edge of the scan from it; false for a level one. */
static bool take_edge(const canvas *c, edge *e, pixel p, pixel q)
{
    pixel a = p, b = q;
    const bool inside = (out_code(c, p) | out_code(c, q)) == 0;
    if (inside || cut(c, &a, &b))
        draw_line(c, a, b);
    if (p.y == q.y)
        return false;
    if (inside || a.y == b.y) {
        a = p;
        b = q;
    }
    const int64_t half = inside ? one / 2 : 0;
    const int64_t ax = a.x * one + half, bx = b.x * one + half;
    e->slope = (bx - ax) / (b.y - a.y);
    e->first = p.y < q.y ? p.y : q.y;
    e->last = p.y < q.y ? q.y : p.y;
    e->x = p.y < q.y ? ax + (p.y - a.y) * e->slope : bx + (q.y - b.y) * e->slope;
    return true;
}

static int by_x(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Pixels of row y between each pair of crossings. */
static void fill_row(const canvas *c, const edge *edges, int64_t count, int64_t *crossing,
                     int64_t y)
{
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++)
        if (edges[i].first <= y && y < edges[i].last)
            crossing[n++] = edges[i].x + (y - edges[i].first) * edges[i].slope;
    qsort(crossing, (size_t)n, sizeof *crossing, by_x);
    for (int64_t i = 0; i + 1 < n; i += 2) {
        int64_t x = crossing[i] >> FRACTION, end = crossing[i + 1] >> FRACTION;
        x = x < 0 ? 0 : x;
        end = end >= c->width ? c->width - 1 : end;
        for (; x <= end; x++)
            c->mask[y * c->width + x] = c->value;
    }
}

static pixel nearest(ts_point p)
{
    return (pixel){(int64_t)nearbyint((double)p.x), (int64_t)nearbyint((double)p.y)};
}

ts_status ts_fill_polygon(ts_ctx *ctx, uint8_t *mask, const ts_point *points, int64_t count,
                          uint8_t value, int64_t height, int64_t width)
{
    if (ts_points_check(ctx, points, count))
        return ctx->status;
    if (height < 1 || width < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "a mask of %lld x %lld pixels", (long long)width,
                       (long long)height);
    int64_t bytes;
    edge *edges = NULL;
    if (ts_mul_size(count, (int64_t)(sizeof *edges + sizeof(int64_t)), &bytes))
        edges = ts_alloc((size_t)bytes);
    if (!edges)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a polygon of %lld points",
                       (long long)count);
    int64_t *crossing = (int64_t *)(void *)(edges + count);
    const canvas c = {mask, height, width, value};
    int64_t n = 0, first = height, last = 0;
    for (int64_t i = 0; i < count; i++) {
        const pixel p = nearest(points[i > 0 ? i - 1 : count - 1]), q = nearest(points[i]);
        if (!take_edge(&c, &edges[n], p, q))
            continue;
        first = edges[n].first < first ? edges[n].first : first;
        last = edges[n].last > last ? edges[n].last : last;
        n++;
    }
    for (int64_t y = first < 0 ? 0 : first; y < last && y < height; y++)
        fill_row(&c, edges, n, crossing, y);
    ts_free(edges);
    return TS_OK;
}
