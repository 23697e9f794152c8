/* hint_glyph.c: the outline of a glyph, scaled and hinted.
 *
 * A simple glyph: its points in font units, four phantom points behind them (where the glyph begins
 * and the next one does, above and below it), all scaled; then its program moves them. The advance
 * is what the first two phantom points are apart then, and the outline is moved so that the first
 * is 0. A compound glyph: its parts, each hinted by itself, transformed and put in place, and then
 * the program of the whole, for which the hinted parts are the original outline.
 *
 * The guard has checked the bytes of the table; programs are checked as they run.
 *
 * Source: OpenType specification 1.9, chapters glyf and "Instructing TrueType glyphs" (phantom
 * points). Pitfall: offsets of parts are rounded to whole pixels where the font says so, but
 * only upwards, as FreeType's interpreter of version 40 does it in every mode.
 * Test: tests/glyph/test_hint_glyph.c. */
#include "ref/glyph/hint.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"

#include <string.h>

enum { MAX_PARTS = 20000, FAR = 1 << 22 };
enum { WORDS = 1, OFFSETS = 2, ROUND = 4, SCALE = 8, MORE = 32, SCALES = 64, MATRIX = 128,
       PROGRAM = 256, METRICS = 512, SCALED_OFFSET = 2048 };

typedef struct {
    ts_hinter *h;
    bool hint;
    const char *error;
    ts_zone all;       /* room for every point, and four phantoms */
    int32_t *ends;     /* absolute, and those of the glyph whose program runs */
    int32_t *own_ends;
    int8_t *scan;
    int32_t points, contours, parts;
    ts_hint_point phantom[4];
} loader;

typedef struct {
    const uint8_t *byte; /* of the glyph; NULL: it has no outline */
    int64_t size;
} entry;

static entry entry_of(const ts_sfnt *f, int64_t glyph)
{
    const uint8_t *loca = f->data + f->loca.offset;
    const int64_t from = f->long_loca ? (int64_t)ts_font_u32(loca + 4 * glyph)
                                      : 2 * (int64_t)ts_font_u16(loca + 2 * glyph);
    const int64_t to = f->long_loca ? (int64_t)ts_font_u32(loca + 4 * glyph + 4)
                                    : 2 * (int64_t)ts_font_u16(loca + 2 * glyph + 2);
    return (entry){from < to ? f->data + f->glyf.offset + from : NULL, to - from};
}

static int64_t component_size(uint32_t flags)
{
    return 4 + (flags & WORDS ? 4 : 2) +
           (flags & SCALE ? 2 : flags & SCALES ? 4 : flags & MATRIX ? 8 : 0);
}

/* How many points, contours and parts a glyph has, parts of parts included. */
static void count(const ts_sfnt *f, int64_t glyph, loader *sum)
{
    const entry e = entry_of(f, glyph);
    if (!e.byte || ++sum->parts > MAX_PARTS)
        return;
    const int contours = ts_font_s16(e.byte);
    if (contours > 0) {
        sum->contours += contours;
        sum->points += (int32_t)ts_font_u16(e.byte + 10 + 2 * (contours - 1)) + 1;
    }
    uint32_t flags = contours < 0 ? MORE : 0;
    for (int64_t at = 10; flags & MORE; at += component_size(flags)) {
        flags = ts_font_u16(e.byte + at);
        count(f, (int64_t)ts_font_u16(e.byte + at + 2), sum);
        if (sum->parts > MAX_PARTS)
            return;
    }
}

/* One coordinate of all points: a byte and its sign, the one before, or two bytes. */
static const uint8_t *read_axis(ts_hint_point *point, const uint8_t *flags, const uint8_t *p,
                                int32_t n, bool y)
{
    const int small = y ? 4 : 2, same = y ? 32 : 16;
    int32_t v = 0;
    for (int32_t i = 0; i < n; i++) {
        if (flags[i] & small) {
            v += flags[i] & same ? *p : -(int32_t)*p;
            p++;
        } else if (!(flags[i] & same)) {
            v += ts_font_s16(p);
            p += 2;
        }
        if (y)
            point[i].y = v;
        else
            point[i].x = v;
    }
    return p;
}

static void read_points(ts_hint_point *point, uint8_t *flags, const uint8_t *p, int32_t n)
{
    for (int32_t i = 0; i < n;) {
        const uint8_t flag = *p++;
        int32_t repeat = flag & 8 ? *p++ : 0;
        for (; repeat >= 0 && i < n; repeat--)
            flags[i++] = flag;
    }
    p = read_axis(point, flags, p, n, false);
    read_axis(point, flags, p, n, true);
    for (int32_t i = 0; i < n; i++)
        flags[i] &= TS_ON_CURVE;
}

/* In font units: origin, advance, and the line's top and bottom (typographic, of OS/2). */
static void find_phantoms(loader *l, int64_t glyph, int32_t x_min)
{
    const ts_sfnt *f = l->h->font;
    const uint8_t *hmtx = f->data + f->hmtx.offset;
    const int64_t n = f->long_metrics, i = glyph < n ? glyph : n - 1;
    const int32_t advance = (int32_t)ts_font_u16(hmtx + 4 * i);
    const int32_t bearing = ts_font_s16(glyph < n ? hmtx + 4 * i + 2
                                                  : hmtx + 4 * n + 2 * (glyph - n));
    l->phantom[0] = (ts_hint_point){x_min - bearing, 0};
    l->phantom[1] = (ts_hint_point){x_min - bearing + advance, 0};
    const uint8_t *os2 = f->os2.length >= 72 ? f->data + f->os2.offset : NULL;
    l->phantom[2] = (ts_hint_point){0, os2 ? ts_font_s16(os2 + 68) : f->ascender};
    l->phantom[3] = (ts_hint_point){0, os2 ? ts_font_s16(os2 + 70) : f->descender};
}

static ts_hint_point scaled(const loader *l, ts_hint_point p)
{
    return (ts_hint_point){ts_times_16(p.x, l->h->scale), ts_times_16(p.y, l->h->scale)};
}

static int32_t to_pixel(int32_t v)
{
    return ts_wrap(((int64_t)v + 32) & -64);
}

/* The part of the points that begins at `from`, and the phantoms, as a zone of its own. */
static ts_zone zone_from(const loader *l, int32_t from, int32_t contour)
{
    ts_zone z = {.units = l->all.units + from, .original = l->all.original + from,
                 .now = l->all.now + from, .flags = l->all.flags + from,
                 .points = l->points - from + 4, .ends = l->own_ends,
                 .contours = l->contours - contour};
    for (int32_t i = contour; i < l->contours; i++)
        l->own_ends[i - contour] = l->ends[i] - from;
    return z;
}

/* The machine as the size's program left it. */
static ts_machine *fresh_machine(const ts_hinter *h)
{
    ts_machine *m = h->machine;
    const size_t n = (size_t)m->zone[0].points;
    memcpy(m->storage, h->storage, (size_t)m->storage_size * sizeof *m->storage);
    memcpy(m->control_value, h->control_value,
           (size_t)m->control_values * sizeof *m->control_value);
    memcpy(m->zone[0].original, h->twilight, n * sizeof *h->twilight);
    memcpy(m->zone[0].now, h->twilight + n, n * sizeof *h->twilight);
    m->state = h->state;
    m->steps += (m->storage_size + m->control_values + m->zone[0].points) / 16;
    return m;
}

/* Runs a program over a zone whose last four points are the phantoms, scaled. */
static void run(loader *l, ts_zone zone, const uint8_t *program, int32_t size, int32_t contour,
                bool compound)
{
    const int32_t first = zone.points - 4;
    memcpy(zone.original, zone.now, (size_t)zone.points * sizeof *zone.now);
    if (compound)
        memcpy(zone.units, zone.now, (size_t)zone.points * sizeof *zone.now);
    if (l->hint) {
        zone.now[first].x = to_pixel(zone.now[first].x);
        zone.now[first + 1].x = to_pixel(zone.now[first + 1].x);
        zone.now[first + 2].y = to_pixel(zone.now[first + 2].y);
        zone.now[first + 3].y = to_pixel(zone.now[first + 3].y);
    }
    if (l->hint && size > 0 && !l->error) {
        ts_machine *m = fresh_machine(l->h);
        m->zone[1] = zone;
        m->unit_scale = compound ? 0x10000 : l->h->scale;
        m->program[TS_GLYPH_PROGRAM] = (ts_program){program, size};
        if (!ts_hint_run(m, TS_GLYPH_PROGRAM))
            l->error = m->error;
        if (zone.contours > 0)
            l->scan[contour] = (int8_t)m->state.scan_type;
    }
    memcpy(l->phantom, zone.now + first, sizeof l->phantom);
}

static void load_simple(loader *l, const uint8_t *p, int contours)
{
    const int32_t from = l->points, contour = l->contours;
    const int32_t n = (int32_t)ts_font_u16(p + 10 + 2 * (contours - 1)) + 1;
    const int32_t size = (int32_t)ts_font_u16(p + 10 + 2 * contours);
    const uint8_t *program = p + 12 + 2 * contours;
    for (int i = 0; i < contours; i++) {
        l->scan[contour + i] = -1;
        l->ends[contour + i] = from + (int32_t)ts_font_u16(p + 10 + 2 * i);
    }
    read_points(l->all.units + from, l->all.flags + from, program + size, n);
    l->points += n;
    l->contours += contours;
    const ts_zone z = zone_from(l, from, contour);
    memcpy(z.units + n, l->phantom, sizeof l->phantom);
    memset(z.flags + n, 0, 4);
    for (int32_t i = 0; i < n + 4; i++)
        z.now[i] = scaled(l, z.units[i]);
    run(l, z, program, size, contour, false);
}

static void load(loader *l, int64_t glyph);

/* x' = x xx + y xy + dx, y' = x yx + y yy + dy, for the points from `from` on. */
static void place(loader *l, const uint8_t *p, uint32_t flags, int32_t from)
{
    const uint8_t *at = p + (flags & WORDS ? 8 : 6);
    int32_t xx = 0x10000, yx = 0, xy = 0, yy = 0x10000;
    ts_hint_point d = flags & WORDS
                          ? (ts_hint_point){ts_font_s16(p + 4), ts_font_s16(p + 6)}
                          : (ts_hint_point){(int8_t)p[4], (int8_t)p[5]};
    if (flags & (SCALE | SCALES | MATRIX)) {
        xx = yy = 4 * ts_font_s16(at);
        if (!(flags & SCALE))
            yy = 4 * ts_font_s16(at + (flags & SCALES ? 2 : 6));
        if (!(flags & (SCALE | SCALES))) {
            yx = 4 * ts_font_s16(at + 2);
            xy = 4 * ts_font_s16(at + 4);
        }
        for (int32_t i = from; i < l->points; i++) {
            const ts_hint_point q = l->all.now[i];
            l->all.now[i].x = ts_plus(ts_times_16(q.x, xx), ts_times_16(q.y, xy));
            l->all.now[i].y = ts_plus(ts_times_16(q.x, yx), ts_times_16(q.y, yy));
        }
        if (flags & SCALED_OFFSET) {
            d.x = ts_times_16(d.x, (int32_t)sqrt((double)xx * xx + (double)xy * xy));
            d.y = ts_times_16(d.y, (int32_t)sqrt((double)yy * yy + (double)yx * yx));
        }
    }
    d = scaled(l, d);
    if ((flags & ROUND) && l->hint)
        d.y = to_pixel(d.y);
    for (int32_t i = from; i < l->points; i++) {
        l->all.now[i].x = ts_plus(l->all.now[i].x, d.x);
        l->all.now[i].y = ts_plus(l->all.now[i].y, d.y);
    }
}

static void load_compound(loader *l, entry e)
{
    const int32_t from = l->points, contour = l->contours;
    ts_hint_point own[4];
    for (int i = 0; i < 4; i++)
        own[i] = scaled(l, l->phantom[i]);
    uint32_t flags = MORE;
    int64_t at = 10;
    while (flags & MORE) {
        const uint8_t *p = e.byte + at;
        const int32_t part = l->points;
        flags = ts_font_u16(p);
        load(l, (int64_t)ts_font_u16(p + 2));
        place(l, p, flags, part);
        if (flags & METRICS)
            memcpy(own, l->phantom, sizeof own);
        at += component_size(flags);
    }
    memcpy(l->phantom, own, sizeof own);
    const int32_t size = (flags & PROGRAM) && at + 2 <= e.size
                             ? (int32_t)ts_font_u16(e.byte + at)
                             : 0;
    if (size == 0 || l->points == from || !l->hint)
        return;
    if (at + 2 + size > e.size) {
        l->error = "the program of a compound glyph goes beyond its end";
        return;
    }
    const ts_zone z = zone_from(l, from, contour);
    memcpy(z.now + z.points - 4, own, sizeof own);
    for (int32_t i = 0; i < z.points; i++)
        z.flags[i] = i < z.points - 4 ? z.flags[i] & TS_ON_CURVE : 0;
    run(l, z, e.byte + at + 2, size, contour, true);
}

/* Appends the points and contours of a glyph, and leaves its phantoms, scaled. */
static void load(loader *l, int64_t glyph)
{
    const entry e = entry_of(l->h->font, glyph);
    const int contours = e.byte ? ts_font_s16(e.byte) : 0;
    find_phantoms(l, glyph, contours ? ts_font_s16(e.byte + 2) : 0);
    if (contours > 0)
        load_simple(l, e.byte, contours);
    else if (contours < 0)
        load_compound(l, e);
    else
        for (int i = 0; i < 4; i++)
            l->phantom[i] = scaled(l, l->phantom[i]);
}

static ts_status make_room(ts_ctx *ctx, loader *l, const loader *sum)
{
    const size_t n = (size_t)sum->points + 4, contours = (size_t)sum->contours + 1;
    l->all.units = ts_take(ctx, n * sizeof(ts_hint_point));
    l->all.original = ts_take(ctx, n * sizeof(ts_hint_point));
    l->all.now = ts_take(ctx, n * sizeof(ts_hint_point));
    l->all.flags = ts_take(ctx, n);
    l->ends = ts_take(ctx, contours * sizeof *l->ends);
    l->own_ends = ts_take(ctx, contours * sizeof *l->own_ends);
    l->scan = ts_take(ctx, contours);
    return ctx->status;
}

/* Loads with or without programs; false when they fail. */
static bool attempt(loader *l, int64_t glyph, bool hint)
{
    l->hint = hint;
    l->error = NULL;
    l->points = l->contours = 0;
    if (hint) {
        l->h->machine->steps = 0;
        l->h->machine->state = l->h->state;
    }
    load(l, glyph);
    for (int32_t i = 0; i < l->points; i++) {
        const ts_hint_point p = l->all.now[i];
        if (p.x < -FAR || p.x > FAR || p.y < -FAR || p.y > FAR)
            l->error = "a point is too far away";
    }
    const int64_t advance = (int64_t)l->phantom[1].x - l->phantom[0].x;
    if (advance < -FAR || advance > FAR || l->phantom[0].x < -FAR || l->phantom[0].x > FAR)
        l->error = "an advance is too great";
    return !l->error;
}

/* What SCANCTRL and SCANTYPE come to; 2: drop-outs stay. */
static int32_t scan_of(const ts_hint_state *s)
{
    return s->drop_out ? s->scan_type : 2;
}

ts_status ts_hint_glyph(ts_ctx *ctx, ts_hinted *out, ts_hinter *h, int64_t glyph)
{
    loader sum = {0}, l = {.h = h};
    *out = (ts_hinted){.size = h->size};
    count(h->font, glyph, &sum);
    if (sum.parts > MAX_PARTS)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "glyph %lld has more than %d parts",
                       (long long)glyph, MAX_PARTS);
    if (make_room(ctx, &l, &sum))
        return ctx->status;
    out->hinted = h->works && attempt(&l, glyph, true);
    if (!out->hinted && !attempt(&l, glyph, false))
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "glyph %lld is too large to be drawn",
                       (long long)glyph);
    const int32_t origin = l.phantom[0].x;
    for (int32_t i = 0; i < l.points; i++)
        l.all.now[i].x -= origin;
    out->point = l.all.now;
    out->flags = l.all.flags;
    out->ends = l.ends;
    out->scan = l.scan;
    out->points = l.points;
    out->contours = l.contours;
    out->scan_first = out->hinted ? scan_of(&h->machine->state) : 1;
    out->advance = to_pixel(l.phantom[1].x - origin);
    return TS_OK;
}
