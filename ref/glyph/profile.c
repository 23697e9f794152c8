/* profile.c: outlines cut along the middles of rows.
 *
 *     a line from (x1, y1) up to (x2, y2) crosses y at   x1 + (x2 - x1) (y - y1) / (y2 - y1)
 *
 * in whole numbers of 1/64 pixel, or 1/4096 below 24 pixels per em; curves are halved until they
 * rise by less than half a pixel (1/16), and are taken for lines then. How this is cut to whole
 * numbers decides pixels whose middle is all but on the outline, so it is done as FreeType's
 * rasteriser for black and white does it. Falling stretches are followed upside down.
 *
 * Source: OpenType specification, "TrueType fundamentals" (scan conversion); FreeType's documented
 * precision. Test: tests/glyph/test_profile.c. */
#include "ref/glyph/profile.h"

#include "ref/base/arena.h"

typedef struct {
    int64_t x, y;
} place;

static void fail(ts_profiles *a, bool memory)
{
    a->error = memory ? "no memory for the outline of a glyph"
                      : "the outline crosses too many rows";
    a->memory = memory;
}

static void cross(ts_profiles *a, int64_t x)
{
    if (a->crossings == a->cross_room && !a->error) {
        const int64_t room = a->cross_room ? 2 * a->cross_room : 256;
        int32_t *more = room > TS_MAX_CROSSINGS
                            ? NULL
                            : ts_realloc(a->cross, (size_t)room * sizeof *more);
        if (!more) {
            fail(a, room <= TS_MAX_CROSSINGS);
            return;
        }
        a->cross = more;
        a->cross_room = room;
    }
    if (!a->error)
        a->cross[a->crossings++] = (int32_t)x;
}

static int64_t row_of(const ts_profiles *a, int64_t y) /* at or below */
{
    return y >= 0 ? y / a->one : -((a->one - 1 - y) / a->one);
}

static int64_t above(const ts_profiles *a, int64_t y) /* the row at or above */
{
    return -row_of(a, -y);
}

/* Half a pixel or more from y to the next row above it (below it). */
static bool far_below_row(const ts_profiles *a, int64_t y)
{
    return above(a, y) * a->one - y >= a->one / 2;
}

static bool far_above_row(const ts_profiles *a, int64_t y)
{
    return y - row_of(a, y) * a->one >= a->one / 2;
}

/* A stretch begins at height y; upside down when it falls. */
static void begin(ts_profiles *a, int direction, int64_t y)
{
    if (a->count == a->room && !a->error) {
        const int32_t room = a->room ? 2 * a->room : 32;
        ts_profile *more = ts_realloc(a->profile, (size_t)room * sizeof *more);
        if (!more)
            fail(a, true);
        else {
            a->profile = more;
            a->room = room;
        }
    }
    if (a->error)
        return;
    const bool up = direction > 0;
    a->profile[a->count] = (ts_profile){.at = a->crossings, .next = a->count + 1, .scan = a->scan,
                                        .up = up, .over_bottom = up && far_below_row(a, y),
                                        .over_top = !up && far_above_row(a, y)};
    a->direction = direction;
    a->fresh = true;
    a->joint = false;
}

/* It ends at height y; one that crosses nothing is forgotten. */
static void end(ts_profiles *a, int64_t y)
{
    if (a->error || !a->direction)
        return;
    ts_profile *p = &a->profile[a->count];
    p->height = (int32_t)(a->crossings - p->at);
    a->joint = false;
    if (p->height < 1)
        return;
    a->count++;
    if (p->up) {
        p->over_top = far_above_row(a, y);
        return;
    }
    p->over_bottom = far_below_row(a, y);
    p->start = -(p->start + p->height - 1);
    for (int64_t i = p->at, k = a->crossings - 1; i < k; i++, k--) {
        const int32_t x = a->cross[i];
        a->cross[i] = a->cross[k];
        a->cross[k] = x;
    }
}

static void turn(ts_profiles *a, int direction)
{
    if (a->direction == direction)
        return;
    end(a, a->y);
    begin(a, direction, a->y);
}

/* The rows that are looked for, in the direction of travel. */
static int64_t lowest(const ts_profiles *a)
{
    return a->direction > 0 ? 0 : -(int64_t)(a->rows - 1);
}

static int64_t highest(const ts_profiles *a)
{
    return a->direction > 0 ? a->rows - 1 : 0;
}

static void start_at(ts_profiles *a, int64_t row)
{
    if (a->fresh && !a->error)
        a->profile[a->count].start = (int32_t)row;
    a->fresh = false;
}

/* A rising line. */
static void line_up(ts_profiles *a, place p, place q)
{
    const int64_t dx = q.x - p.x, dy = q.y - p.y, one = a->one;
    const int64_t low = lowest(a), high = highest(a);
    if (dy <= 0 || q.y < low * one || p.y > high * one)
        return;
    int64_t x = p.x, y = p.y;
    if (y < low * one) {
        x += ts_times_over(dx, low * one - y, dy);
        y = low * one;
    }
    const int64_t first = above(a, y), within = row_of(a, q.y);
    const int64_t last = within > high ? high : within;
    if (first > last)
        return;
    if (y < first * one)
        x += ts_times_over(dx, first * one - y, dy);
    else if (a->joint)
        a->crossings--;
    a->joint = within <= high && within * one == q.y;
    start_at(a, first);
    for (int64_t k = 0; k <= last - first && !a->error; k++)
        cross(a, dx > 0 ? x + k * one * dx / dy : x - k * one * -dx / dy);
}

static void halve(const place p[3], place left[3], place right[3])
{
    left[0] = p[0];
    right[2] = p[2];
    const place a = {p[0].x + p[1].x, p[0].y + p[1].y}, b = {p[1].x + p[2].x, p[1].y + p[2].y};
    left[1] = (place){a.x >> 1, a.y >> 1};
    right[1] = (place){b.x >> 1, b.y >> 1};
    left[2] = right[0] = (place){(a.x + b.x) >> 2, (a.y + b.y) >> 2};
}

/* A rising curve: its crossings of the rows from *y on. */
static void curve_rows(ts_profiles *a, const place p[3], int64_t *y, int64_t last, int depth)
{
    if (*y > last || a->error)
        return;
    a->joint = false;
    if (p[2].y > *y) {
        if (p[2].y - p[0].y >= a->step && depth < 40) {
            place left[3], right[3];
            halve(p, left, right);
            curve_rows(a, left, y, last, depth + 1);
            curve_rows(a, right, y, last, depth + 1);
            return;
        }
        const int64_t dy = p[2].y - p[0].y;
        cross(a, p[0].x + (dy ? (p[2].x - p[0].x) * (*y - p[0].y) / dy : 0));
        *y += a->one;
    } else if (p[2].y == *y) {
        a->joint = true;
        cross(a, p[2].x);
        *y += a->one;
    }
}

static void curve_up(ts_profiles *a, const place p[3])
{
    const int64_t one = a->one, low = lowest(a) * one, high = highest(a) * one;
    if (p[2].y < low || p[0].y > high)
        return;
    int64_t last = row_of(a, p[2].y) * one, y = low;
    last = last > high ? high : last;
    if (p[0].y >= low) {
        y = above(a, p[0].y) * one;
        start_at(a, y / one);
        if (y == p[0].y) {
            if (a->joint)
                a->crossings--;
            a->joint = false;
            cross(a, p[0].x);
            y += one;
        }
    }
    start_at(a, y / one);
    curve_rows(a, p, &y, last, 0);
}

static place flipped(place p)
{
    return (place){p.x, -p.y};
}

static void line_to(ts_profiles *a, place q)
{
    const place p = {a->x, a->y};
    if (q.y != p.y) {
        turn(a, q.y > p.y ? 1 : -1);
        if (q.y > p.y)
            line_up(a, p, q);
        else
            line_up(a, flipped(p), flipped(q));
    }
    a->x = q.x;
    a->y = q.y;
}

/* A curve, in pieces that rise or fall. */
static void curve_to(ts_profiles *a, place c, place q, int depth)
{
    const place p[3] = {{a->x, a->y}, c, q}, down[3] = {flipped(p[0]), flipped(c), flipped(q)};
    const int64_t least = p[0].y < q.y ? p[0].y : q.y, most = p[0].y < q.y ? q.y : p[0].y;
    if ((c.y < least || c.y > most) && depth < 40) {
        place left[3], right[3];
        halve(p, left, right);
        curve_to(a, left[1], left[2], depth + 1);
        curve_to(a, right[1], right[2], depth + 1);
        return;
    }
    if (p[0].y != q.y) {
        turn(a, q.y > p[0].y ? 1 : -1);
        curve_up(a, q.y > p[0].y ? p : down);
    }
    a->x = q.x;
    a->y = q.y;
}

static void contour(ts_profiles *a, const place *p, const uint8_t *flags, int32_t n)
{
    int32_t first = 0;
    place start = p[0];
    if (!(flags[0] & TS_ON_CURVE)) { /* begins off the curve: at the last point, or between them */
        start = p[n - 1];
        if (flags[n - 1] & TS_ON_CURVE)
            n--;
        else
            start = (place){(p[0].x + start.x) / 2, (p[0].y + start.y) / 2};
        first = -1;
    }
    a->x = start.x;
    a->y = start.y;
    a->direction = 0;
    a->first = a->count;
    for (int32_t i = first + 1; i < n; i++) {
        if (flags[i] & TS_ON_CURVE) {
            line_to(a, p[i]);
        } else if (i + 1 == n) {
            curve_to(a, p[i], start, 0);
        } else if (flags[i + 1] & TS_ON_CURVE) {
            curve_to(a, p[i], p[i + 1], 0);
            i++;
        } else {
            curve_to(a, p[i],
                     (place){(p[i].x + p[i + 1].x) / 2, (p[i].y + p[i + 1].y) / 2}, 0);
        }
    }
    line_to(a, start);
    /* where it closes on a row in the middle of a stretch, that crossing was counted before */
    if (a->direction && !a->error && a->count > a->first && a->y % a->one == 0 && a->y >= 0 &&
        a->y <= (int64_t)(a->rows - 1) * a->one &&
        a->profile[a->first].up == (a->direction > 0) &&
        a->crossings > a->profile[a->count].at)
        a->crossings--;
    const int32_t last = a->count;
    end(a, a->y);
    if (a->count > last) /* else a stretch without crossings parts the last one from the first */
        a->profile[last].next = a->first;
}

bool ts_profiles_of(ts_profiles *a, const ts_hinted *g, int32_t dx, int32_t dy, bool turned,
                    int64_t rows)
{
    *a = (ts_profiles){.one = g->size < 24 ? 4096 : 64, .rows = (int32_t)rows};
    a->step = g->size < 24 ? 256 : 32;
    a->scan = (uint8_t)g->scan_first;
    place *p = ts_alloc(((size_t)g->points + 1) * sizeof *p);
    if (!p) {
        fail(a, true);
        return false;
    }
    for (int32_t i = 0; i < g->points; i++) {
        const int64_t x = (int64_t)(g->point[i].x + dx) * (a->one / 64) - a->one / 2;
        const int64_t y = (int64_t)(g->point[i].y + dy) * (a->one / 64) - a->one / 2;
        p[i] = turned ? (place){y, x} : (place){x, y};
    }
    int32_t begin_at = 0;
    for (int32_t i = 0; i < g->contours && !a->error; i++) {
        a->scan = g->scan[i] >= 0 ? (uint8_t)g->scan[i] : a->scan;
        contour(a, p + begin_at, g->flags + begin_at, g->ends[i] + 1 - begin_at);
        begin_at = g->ends[i] + 1;
    }
    ts_free(p);
    return !a->error;
}

void ts_profiles_free(ts_profiles *a)
{
    ts_free(a->profile);
    ts_free(a->cross);
    a->profile = NULL;
    a->cross = NULL;
}
