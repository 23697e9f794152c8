/* rect.c: the rectangle of least area around a polygon, by rotating calipers.
 *
 * A least rectangle has one side along an edge of the convex hull. Four calipers (at the least y,
 * greatest x, greatest y and least x) are turned together by the smallest angle that lays one of
 * them along its edge; the rectangle between them has the sides
 *
 *     width  = (right - left) . a      height = (top - bottom) . n     n = a turned by 90 degrees
 *
 * and the last of the smallest areas is kept. Text is placed by this rectangle, so an angle of 90
 * instead of 0 for the same rectangle turns a word around: the order of the hull's corners, where
 * it starts, ties and float32 arithmetic are those of OpenCV 4.5 and later, which the published
 * glyph pictures were drawn with.
 *
 * Source: G. Toussaint, "Solving geometric problems with the rotating calipers" (1983); observable
 * behaviour of cv::convexHull, cv::minAreaRect and cv::boxPoints.
 * Test: tests/glyph/test_rect.c. */
#include "ref/glyph/rect.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"

#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

typedef struct {
    double x, y;
    int64_t index; /* in the input */
} numbered;

ts_status ts_points_check(ts_ctx *ctx, const ts_point *points, int64_t count)
{
    if (count < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "a polygon needs at least one point");
    for (int64_t i = 0; i < count; i++) {
        const float x = points[i].x, y = points[i].y;
        if (!(x >= -TS_MAX_COORDINATE && x <= TS_MAX_COORDINATE) ||
            !(y >= -TS_MAX_COORDINATE && y <= TS_MAX_COORDINATE))
            return ts_fail(ctx, TS_ERROR_USAGE,
                           "point %lld of a polygon is (%g, %g): coordinates must be within +-%g",
                           (long long)i + 1, (double)x, (double)y, (double)TS_MAX_COORDINATE);
    }
    return TS_OK;
}

static int by_place(const void *a, const void *b)
{
    const numbered *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

/* Positive when o, a, b turn from the x axis towards the y axis. */
static double turn(const numbered *o, const numbered *a, const numbered *b)
{
    return (a->x - o->x) * (b->y - o->y) - (a->y - o->y) * (b->x - o->x);
}

static bool same_place(const numbered *a, const numbered *b)
{
    return a->x == b->x && a->y == b->y;
}

/* Andrew's monotone chain over `sorted`, from its last point to its first and back. */
static int64_t chain(numbered *out, const numbered *sorted, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = n - 1; i >= 0; i--) {
        while (count >= 2 && turn(&out[count - 2], &out[count - 1], &sorted[i]) <= 0)
            count--;
        out[count++] = sorted[i];
    }
    const int64_t back = count + 1;
    for (int64_t i = 1; i < n; i++) {
        while (count >= back && turn(&out[count - 2], &out[count - 1], &sorted[i]) <= 0)
            count--;
        out[count++] = sorted[i];
    }
    return count - 1; /* the last is the first again */
}

/* Where a hull starts whose corners are, but for one place, in the order of the input (or in its
 * reverse): at that place. Otherwise it stays as it is. */
static int64_t start_of(const numbered *hull, int64_t n)
{
    int64_t ups = 0, downs = 0, up_break = 0, down_break = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t next = (i + 1) % n;
        if (hull[next].index > hull[i].index) {
            ups++;
            down_break = next;
        } else {
            downs++;
            up_break = next;
        }
    }
    if (n < 3)
        return 0;
    return downs == 1 ? up_break : ups == 1 ? down_break : 0;
}

ts_status ts_convex_hull(ts_ctx *ctx, ts_point *hull, int64_t *corners, const ts_point *points,
                         int64_t count)
{
    *corners = 0;
    if (ts_points_check(ctx, points, count))
        return ctx->status;
    int64_t bytes;
    if (!ts_mul_size(count, (int64_t)(3 * sizeof(numbered)), &bytes))
        return ts_fail(ctx, TS_ERROR_MEMORY, "a polygon of %lld points", (long long)count);
    numbered *sorted = ts_alloc((size_t)bytes);
    if (!sorted)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a polygon of %lld points",
                       (long long)count);
    for (int64_t i = 0; i < count; i++)
        sorted[i] = (numbered){(double)points[i].x, (double)points[i].y, i};
    qsort(sorted, (size_t)count, sizeof *sorted, by_place);
    const int64_t last = sorted[count - 1].index;
    int64_t distinct = 1;
    for (int64_t i = 1; i < count; i++)
        if (!same_place(&sorted[i], &sorted[distinct - 1]))
            sorted[distinct++] = sorted[i];
    sorted[distinct - 1].index = last; /* among equal points: the last at the chain's beginning */
    numbered *out = sorted + count; /* the chain visits every point at most twice */
    const int64_t n = distinct == 1 ? 1 : chain(out, sorted, distinct);
    if (distinct == 1)
        out[0] = sorted[0];
    const int64_t start = start_of(out, n);
    for (int64_t i = 0; i < n; i++) {
        const numbered *c = &out[(start + i) % n];
        hull[i] = (ts_point){(float)c->x, (float)c->y};
    }
    *corners = n;
    ts_free(sorted);
    return TS_OK;
}

/* The angle of (x, y) against the x axis, in radians: Newton's method on the sine of what is left,
 * which cubes the error in each step. */
static double angle_of(double x, double y)
{
    const double length = sqrt(x * x + y * y);
    if (!(length > 0))
        return 0.0;
    const double c = x / length, s = y / length, ac = fabs(c), as = fabs(s);
    const double z = as < ac ? as / ac : ac / as;
    double angle = z / (1.0 + 0.28 * z * z);
    angle = as < ac ? angle : pi / 2 - angle;
    angle = c < 0 ? pi - angle : angle;
    angle = s < 0 ? -angle : angle;
    for (int i = 0; i < 3; i++)
        angle += s * ts_cos(angle) - c * ts_sin(angle);
    return angle;
}

/* The four calipers: which corner each touches, and the common direction. */
enum { BOTTOM, RIGHT, TOP, LEFT, SIDES };

typedef struct {
    const ts_point *hull;
    int64_t n, at[SIDES];
    float a, b; /* unit vector along the bottom side */
} calipers;

typedef struct {
    int64_t left, bottom;
    float a, b, width, height, area;
} found;

static ts_point edge_of(const calipers *c, int64_t i)
{
    const ts_point p = c->hull[i], q = c->hull[i + 1 < c->n ? i + 1 : 0];
    return (ts_point){q.x - p.x, q.y - p.y};
}

/* An edge as the bottom caliper would see it: turned back by 90 degrees for each side. */
static ts_point seen_from(ts_point v, int side)
{
    switch (side) {
    case RIGHT:
        return (ts_point){v.y, -v.x};
    case TOP:
        return (ts_point){-v.x, -v.y};
    case LEFT:
        return (ts_point){-v.y, v.x};
    default:
        return v;
    }
}

static void calipers_start(calipers *c)
{
    for (int64_t i = 1; i < c->n; i++) {
        const ts_point *p = c->hull;
        c->at[LEFT] = p[i].x < p[c->at[LEFT]].x ? i : c->at[LEFT];
        c->at[RIGHT] = p[i].x > p[c->at[RIGHT]].x ? i : c->at[RIGHT];
        c->at[TOP] = p[i].y > p[c->at[TOP]].y ? i : c->at[TOP];
        c->at[BOTTOM] = p[i].y < p[c->at[BOTTOM]].y ? i : c->at[BOTTOM];
    }
}

/* Turns to the nearest edge and passes it. */
static void calipers_turn(calipers *c)
{
    int side = BOTTOM;
    ts_point best = edge_of(c, c->at[BOTTOM]);
    for (int s = RIGHT; s < SIDES; s++) {
        const ts_point v = seen_from(edge_of(c, c->at[s]), s);
        if (v.y * best.x - v.x * best.y < 0.0f) {
            best = v;
            side = s;
        }
    }
    const double x = (double)best.x, y = (double)best.y;
    const float scale = (float)(1.0 / sqrt(x * x + y * y));
    c->a = best.x * scale;
    c->b = best.y * scale;
    c->at[side] = c->at[side] + 1 < c->n ? c->at[side] + 1 : 0;
}

static found calipers_measure(const calipers *c)
{
    const ts_point l = c->hull[c->at[LEFT]], r = c->hull[c->at[RIGHT]];
    const ts_point t = c->hull[c->at[TOP]], u = c->hull[c->at[BOTTOM]];
    found f = {.left = c->at[LEFT], .bottom = c->at[BOTTOM], .a = c->a, .b = c->b};
    f.width = (r.x - l.x) * c->a + (r.y - l.y) * c->b;
    f.height = -(t.x - u.x) * c->b + (t.y - u.y) * c->a;
    f.area = f.width * f.height;
    return f;
}

/* Corner of the left and bottom sides, then half of both side vectors. */
static ts_rect rect_of(const ts_point *hull, const found *f)
{
    const ts_point l = hull[f->left], u = hull[f->bottom];
    const float a = f->a, b = f->b;
    const float along = a * l.x + l.y * b, across = -b * u.x + u.y * a;
    const float scale = 1.0f / (a * a - -b * b);
    const float x = (along * a - across * b) * scale, y = (a * across - -b * along) * scale;
    const ts_point side = {a * f->width, b * f->width}, other = {-b * f->height, a * f->height};
    ts_rect rect;
    rect.center.x = x + (side.x + other.x) * 0.5f;
    rect.center.y = y + (side.y + other.y) * 0.5f;
    const double sx = (double)side.x, sy = (double)side.y;
    const double ox = (double)other.x, oy = (double)other.y;
    rect.width = (float)sqrt(sx * sx + sy * sy);
    rect.height = (float)sqrt(ox * ox + oy * oy);
    rect.angle = (float)angle_of(sx, sy);
    return rect;
}

static ts_rect rect_of_hull(const ts_point *hull, int64_t n)
{
    if (n == 1)
        return (ts_rect){.center = hull[0]};
    if (n == 2) {
        const double dx = (double)(hull[1].x - hull[0].x), dy = (double)(hull[1].y - hull[0].y);
        return (ts_rect){.center = {(hull[0].x + hull[1].x) * 0.5f, (hull[0].y + hull[1].y) * 0.5f},
                         .width = (float)sqrt(dx * dx + dy * dy),
                         .angle = (float)angle_of(dx, dy)};
    }
    calipers c = {.hull = hull, .n = n, .a = 1.0f};
    calipers_start(&c);
    found best = {0};
    for (int64_t k = 0; k < n; k++) {
        calipers_turn(&c);
        const found f = calipers_measure(&c);
        if (k == 0 || f.area <= best.area)
            best = f;
    }
    return rect_of(hull, &best);
}

ts_status ts_min_area_rect(ts_ctx *ctx, ts_rect *rect, const ts_point *points, int64_t count)
{
    *rect = (ts_rect){0};
    if (ts_points_check(ctx, points, count))
        return ctx->status;
    int64_t bytes, corners;
    ts_point *hull = NULL;
    if (ts_mul_size(count, (int64_t)sizeof *hull, &bytes))
        hull = ts_alloc((size_t)bytes);
    if (!hull)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a polygon of %lld points",
                       (long long)count);
    if (!ts_convex_hull(ctx, hull, &corners, points, count)) {
        *rect = rect_of_hull(hull, corners);
        rect->angle = (float)((double)(rect->angle * 180.0f) / pi);
    }
    ts_free(hull);
    return ctx->status;
}

void ts_rect_corners(ts_point corner[4], const ts_rect *rect)
{
    const double angle = (double)rect->angle * pi / 180.0;
    const float c = (float)ts_cos(angle) * 0.5f, s = (float)ts_sin(angle) * 0.5f;
    const ts_point m = rect->center;
    const float w = rect->width, h = rect->height;
    corner[0] = (ts_point){m.x - s * h - c * w, m.y + c * h - s * w};
    corner[1] = (ts_point){m.x + s * h - c * w, m.y - c * h - s * w};
    corner[2] = (ts_point){2.0f * m.x - corner[0].x, 2.0f * m.y - corner[0].y};
    corner[3] = (ts_point){2.0f * m.x - corner[1].x, 2.0f * m.y - corner[1].y};
}
