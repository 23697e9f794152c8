/* mono.c: black and white pictures of outlines.
 *
 * Row after row, from the stretches of the contours that cross its middle: the k-th rising one from
 * the left and the k-th falling one enclose black; a pixel is black when its middle is inside.
 * Where two of them pass between the middles of neighbouring pixels, nothing would be drawn, and a thin
 * stroke would break: drop-out control draws one of the two, by the font's mode:
 *
 *     0, 1   the left one          4, 5   the one in whose half the middle of the stroke is
 *     1, 5   not for stubs         others: none
 *
 * unless the other one is black already. The same again column after column (there only for
 * drop-outs, and for outlines that run exactly through middles, which rows do not see). A stub is
 * where a contour only turns: both sides belong to it, one after the other.
 *
 * Source: OpenType specification, "TrueType fundamentals" (scan conversion: rules 1 to 4), and
 * SCANTYPE; what a stub exactly is, and that pixels beyond the outline's rounded box give way to
 * the ones inside, FreeType documents. Test: tests/glyph/test_mono.c. */
#include "ref/glyph/mono.h"

#include "ref/base/ctx.h"
#include "ref/glyph/profile.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t x;
    int32_t profile;
} crossing;

typedef struct {
    const ts_profiles *all;
    ts_bitmap *bitmap;
    bool turned;    /* "row" means column */
    int64_t length; /* of a row */
    crossing *side[2];
    int32_t count[2];
} sweep;

static uint8_t *pixel(const sweep *s, int64_t row, int64_t i)
{
    if (i < 0 || i >= s->length)
        return NULL;
    const int64_t y = s->turned ? i : row, x = s->turned ? row : i;
    return &s->bitmap->pixel[(s->bitmap->height - 1 - y) * s->bitmap->width + x];
}

static void blacken(const sweep *s, int64_t row, int64_t i)
{
    uint8_t *p = pixel(s, row, i);
    if (p)
        *p = UINT8_MAX;
}

static int64_t down(const sweep *s, int64_t v)
{
    const int64_t one = s->all->one;
    return v >= 0 ? v / one : -((one - 1 - v) / one);
}

static int64_t up(const sweep *s, int64_t v)
{
    return -down(s, -v);
}

static int by_place(const void *a, const void *b)
{
    const crossing *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->profile < q->profile ? -1 : p->profile > q->profile;
}

static void gather(sweep *s, int64_t row)
{
    s->count[0] = s->count[1] = 0;
    for (int32_t i = 0; i < s->all->count; i++) {
        const ts_profile *p = &s->all->profile[i];
        if (row < p->start || row >= (int64_t)p->start + p->height)
            continue;
        const int side = p->up ? 0 : 1;
        s->side[side][s->count[side]++] = (crossing){s->all->cross[p->at + row - p->start], i};
    }
    for (int k = 0; k < 2; k++)
        qsort(s->side[k], (size_t)s->count[k], sizeof *s->side[k], by_place);
}

/* Both sides of a pair in this row belong to a turn of one contour that does not reach far enough
 * to be seen as a stroke. */
static bool is_stub(const sweep *s, int64_t row, int32_t rising, int32_t falling, int64_t wide)
{
    const ts_profile *r = &s->all->profile[rising], *f = &s->all->profile[falling];
    const bool seen = wide >= s->all->one / 2;
    if (r->next == falling && row == (int64_t)r->start + r->height - 1 && !(r->over_top && seen))
        return true;
    return f->next == rising && row == r->start && !(r->over_bottom && seen);
}

/* A pair (from, to) with no middle in between. */
static void drop_out(const sweep *s, int64_t row, int64_t from, int64_t to, int32_t rising,
                     int32_t falling)
{
    const int scan = s->all->profile[rising].scan, kind = scan & 3;
    const int64_t right = up(s, from), left = down(s, to);
    if (right <= left) { /* there is one after all */
        blacken(s, row, right);
        return;
    }
    if (kind > 1 || right != left + 1 ||
        (kind == 1 && is_stub(s, row, rising, falling, to - from)))
        return;
    int64_t i = left;
    if (scan & 4)
        i = down(s, ((from + to - 1) >> 1) + s->all->one / 2);
    if (i < 0)
        i = right;
    else if (i >= s->length)
        i = left;
    const uint8_t *other = pixel(s, row, i == left ? right : left);
    if (!other || !*other)
        blacken(s, row, i);
}

/* The k-th pair in the row: filled, or (second time) looked at for drop-outs. */
static void pair(const sweep *s, int64_t row, int32_t k, bool second)
{
    const crossing a = s->side[0][k], b = s->side[1][k];
    const int64_t one = s->all->one;
    const int64_t from = a.x < b.x ? a.x : b.x, to = a.x < b.x ? b.x : a.x;
    const int64_t first = up(s, from);
    int64_t last = down(s, to);
    const bool off = from != down(s, from) * one && to != up(s, to) * one;
    const bool narrow = to - from <= one && off &&
                        (down(s, from) > up(s, to) || up(s, to) == down(s, from) + 1);
    const bool drops = s->all->profile[a.profile].scan != 2;
    if (narrow && drops) {
        if (second)
            drop_out(s, row, from, to, a.profile, b.profile);
        return;
    }
    if (second)
        return;
    if (s->turned) {
        if (from == first * one)
            blacken(s, row, first);
        if (to == last * one)
            blacken(s, row, last);
        return;
    }
    const int64_t slack = one == 64 ? 2 : 30; /* a pixel wide, but for rounding: one pixel */
    if (drops && to - from - one <= slack && from != first * one && to != last * one)
        last = first;
    for (int64_t i = first < 0 ? 0 : first; i <= last && i < s->length; i++)
        blacken(s, row, i);
}

static void sweep_rows(sweep *s)
{
    for (int64_t row = 0; row < s->all->rows; row++) {
        gather(s, row);
        const int32_t pairs = s->count[0] < s->count[1] ? s->count[0] : s->count[1];
        for (int second = 0; second < 2; second++)
            for (int32_t k = 0; k < pairs; k++)
                pair(s, row, k, second);
    }
}

static ts_status fill(ts_ctx *ctx, ts_bitmap *b, const ts_hinted *g, bool turned)
{
    ts_profiles all;
    sweep s = {.all = &all, .bitmap = b, .turned = turned, .length = turned ? b->height : b->width};
    const int32_t dx = -(int32_t)(b->left * 64), dy = -(int32_t)((b->top - b->height) * 64);
    if (!ts_profiles_of(&all, g, dx, dy, turned, turned ? b->width : b->height)) {
        ts_fail(ctx, all.memory ? TS_ERROR_MEMORY : TS_ERROR_UNSUPPORTED, "%s", all.error);
    } else {
        const size_t n = (size_t)all.count + 1;
        s.side[0] = ts_alloc(n * sizeof(crossing));
        s.side[1] = ts_alloc(n * sizeof(crossing));
        if (s.side[0] && s.side[1])
            sweep_rows(&s);
        else
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory to draw a glyph");
    }
    ts_free(s.side[0]);
    ts_free(s.side[1]);
    ts_profiles_free(&all);
    return ctx->status;
}

/* The pixels whose middles are between low and high, in 64ths; at least one. */
static void round_box(int64_t low, int64_t high, int64_t *first, int64_t *end)
{
    *first = (low + 31) >> 6;
    *end = (high + 32) >> 6;
    if (*first != *end)
        return;
    if (((low + 31) & 63) - 31 + ((high + 32) & 63) - 32 < 0)
        --*first;
    else
        ++*end;
}

ts_status ts_mono(ts_ctx *ctx, ts_bitmap *b, const ts_hinted *g)
{
    *b = (ts_bitmap){0};
    if (g->points < 1)
        return TS_OK;
    ts_hint_point low = g->point[0], high = low;
    for (int32_t i = 1; i < g->points; i++) {
        const ts_hint_point p = g->point[i];
        low = (ts_hint_point){p.x < low.x ? p.x : low.x, p.y < low.y ? p.y : low.y};
        high = (ts_hint_point){p.x > high.x ? p.x : high.x, p.y > high.y ? p.y : high.y};
    }
    int64_t right, bottom;
    round_box(low.x, high.x, &b->left, &right);
    round_box(low.y, high.y, &bottom, &b->top);
    b->width = right - b->left;
    b->height = b->top - bottom;
    if (b->width > TS_MAX_BITMAP / b->height)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "a glyph of %lld x %lld pixels",
                       (long long)b->width, (long long)b->height);
    b->pixel = ts_alloc_zero((size_t)(b->width * b->height), 1);
    if (!b->pixel)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory to draw a glyph");
    if (fill(ctx, b, g, false) || fill(ctx, b, g, true))
        ts_bitmap_free(b);
    return ctx->status;
}

void ts_bitmap_free(ts_bitmap *b)
{
    ts_free(b->pixel);
    *b = (ts_bitmap){0};
}
