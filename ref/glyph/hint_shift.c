/* hint_shift.c: hinting programs: many points at once, and exceptions for one size.
 *
 * Source: OpenType specification, "The TrueType instruction set": shifting, interpolating, managing
 * exceptions. Pitfall: interpolation works with distances of the design in font units.
 * Test: tests/glyph/test_hint_shift.c. */
#include "ref/glyph/hint_machine.h"

static void shift(ts_machine *m, ts_zone *z, int32_t p, ts_hint_point by, bool touch)
{
    if (m->state.freedom.x) {
        z->now[p].x = ts_plus(z->now[p].x, by.x);
        z->flags[p] |= touch ? TS_TOUCHED_X : 0;
    }
    if (m->state.freedom.y) {
        z->now[p].y = ts_plus(z->now[p].y, by.y);
        z->flags[p] |= touch ? TS_TOUCHED_Y : 0;
    }
}

/* The points [first, last) of a contour or zone that SHC and SHZ mean. */
static void contour_range(const ts_machine *m, const ts_zone *z, bool one, int32_t which,
                          int32_t *first, int32_t *last)
{
    const bool glyph = m->state.zone[2] == 1;
    const int32_t contours = glyph ? z->contours : 1;
    *first = *last = 0;
    if (one && which >= 0 && which < contours) {
        *first = glyph && which > 0 ? z->ends[which - 1] + 1 : 0;
        *last = glyph ? z->ends[which] + 1 : z->points;
    } else if (!one && glyph) {
        *last = contours > 0 ? z->ends[contours - 1] + 1 : 0;
    } else if (!one) {
        *last = z->points;
    }
}

/* SHP: points -> ; SHC: contour -> ; SHZ: zone -> ; moved as far as the reference point was: point
 * 2 of zone pointer 1, or with the odd code point 1 of zone pointer 0 */
void ts_op_shift(ts_machine *m, uint8_t code)
{
    const ts_zone *zr = ts_hint_zone(m, code & 1 ? 0 : 1);
    const int32_t r = m->state.reference[code & 1 ? 1 : 2];
    ts_zone *z = ts_hint_zone(m, 2);
    ts_hint_point by = {0, 0};
    const bool known = ts_hint_has(zr, r);
    if (known) {
        const int32_t d = ts_hint_project(m, zr->now[r], zr->original[r]);
        by.x = ts_times_over(d, m->state.freedom.x, ts_hint_along(m));
        by.y = ts_times_over(d, m->state.freedom.y, ts_hint_along(m));
    }
    if (code <= 0x33) {
        for (int32_t n = m->state.loop; n > 0 && m->depth > 0; n--) {
            const int32_t p = ts_hint_pop(m);
            if (known && ts_hint_has(z, p))
                shift(m, z, p, by, true);
        }
        m->state.loop = 1;
        return;
    }
    int32_t first, last;
    contour_range(m, z, code <= 0x35, ts_hint_pop(m), &first, &last);
    for (int32_t p = first; known && p < last; p++)
        if (zr != z || p != r)
            shift(m, z, p, by, code <= 0x35);
    m->steps += last - first;
}

/* SHPIX: points distance -> ; along the freedom vector */
void ts_op_shift_pixels(ts_machine *m, uint8_t code)
{
    (void)code;
    const int32_t d = ts_hint_pop(m);
    const ts_hint_point f = m->state.freedom, by = {ts_times_14(d, f.x), ts_times_14(d, f.y)};
    ts_zone *z = ts_hint_zone(m, 2);
    for (int32_t n = m->state.loop; n > 0 && m->depth > 0; n--) {
        const int32_t p = ts_hint_pop(m);
        if (ts_hint_has(z, p))
            shift(m, z, p, by, true);
    }
    m->state.loop = 1;
}

/* IP: points -> ; between reference points 1 and 2 as they were originally */
void ts_op_interpolate(ts_machine *m, uint8_t code)
{
    (void)code;
    const ts_hint_state *s = &m->state;
    const bool twilight = !s->zone[0] || !s->zone[1] || !s->zone[2];
    const ts_zone *z0 = ts_hint_zone(m, 0), *z1 = ts_hint_zone(m, 1);
    ts_zone *z = ts_hint_zone(m, 2);
    const int32_t r1 = s->reference[1], r2 = s->reference[2];
    const bool known = ts_hint_has(z0, r1), both = known && ts_hint_has(z1, r2);
    const ts_hint_point zero = {0, 0};
    const ts_hint_point base = !known ? zero : twilight ? z0->original[r1] : z0->units[r1];
    const int32_t range = both ? ts_hint_dual(m, twilight ? z1->original[r2] : z1->units[r2], base)
                               : 0;
    const int32_t range_now = both ? ts_hint_project(m, z1->now[r2], z0->now[r1]) : 0;
    for (int32_t n = s->loop; n > 0 && m->depth > 0; n--) {
        const int32_t p = ts_hint_pop(m);
        if (!known || !ts_hint_has(z, p))
            continue;
        const int32_t was = ts_hint_dual(m, twilight ? z->original[p] : z->units[p], base);
        const int32_t is = ts_hint_project(m, z->now[p], z0->now[r1]);
        const int32_t scaled = twilight ? was : ts_times_16(was, m->unit_scale);
        const int32_t to = range ? ts_times_over(was, range_now, range) : scaled;
        ts_hint_move(m, z, p, ts_minus(to, is));
    }
    m->state.loop = 1;
}

/* UTP: point -> ; not touched any more along the freedom vector */
void ts_op_untouch(ts_machine *m, uint8_t code)
{
    (void)code;
    const int32_t p = ts_hint_pop(m);
    ts_zone *z = ts_hint_zone(m, 0);
    if (!ts_hint_has(z, p))
        return;
    const int gone = (m->state.freedom.x ? TS_TOUCHED_X : 0) |
                     (m->state.freedom.y ? TS_TOUCHED_Y : 0);
    z->flags[p] = (uint8_t)(z->flags[p] & ~gone);
}

/* FLIPPT: points -> ; FLIPRGON FLIPRGOFF: first last -> ; on the curve or not */
void ts_op_flip(ts_machine *m, uint8_t code)
{
    ts_zone *z = &m->zone[1];
    if (code == 0x80) {
        for (int32_t n = m->state.loop; n > 0 && m->depth > 0; n--) {
            const int32_t p = ts_hint_pop(m);
            if (ts_hint_has(z, p))
                z->flags[p] ^= TS_ON_CURVE;
        }
        m->state.loop = 1;
        return;
    }
    const int32_t last = ts_hint_pop(m), first = ts_hint_pop(m);
    if (!ts_hint_has(z, first) || !ts_hint_has(z, last))
        return;
    for (int32_t p = first; p <= last; p++)
        z->flags[p] = (uint8_t)((z->flags[p] & ~TS_ON_CURVE) | (code == 0x81 ? TS_ON_CURVE : 0));
    m->steps += last >= first ? last - first : 0;
}

/* DELTAP1-3, DELTAC1-3: argument place ... argument place count -> ; the argument's upper four bits
 * are a size above the delta base (16 and 32 more for the 2nd and 3rd), its lower four how far: -8
 * to -1 and 1 to 8 steps of 1 / 2^delta shift of a pixel */
void ts_op_delta(ts_machine *m, uint8_t code)
{
    const bool point = code == 0x5D || code == 0x71 || code == 0x72;
    const int32_t more = code == 0x71 || code == 0x74 ? 16 : code == 0x72 || code == 0x75 ? 32 : 0;
    for (int32_t n = ts_hint_pop(m); n > 0 && m->depth > 0; n--) {
        const int32_t at = ts_hint_pop(m), argument = ts_hint_pop(m);
        const int64_t size = ((argument >> 4) & 15) + more + (int64_t)m->state.delta_base;
        if (size != m->ppem)
            continue;
        const int32_t level = (argument & 15) - 8, steps = level >= 0 ? level + 1 : level;
        const int32_t by = steps * (1 << (6 - m->state.delta_shift));
        ts_zone *z = ts_hint_zone(m, 0);
        if (point && ts_hint_has(z, at))
            ts_hint_move(m, z, at, by);
        else if (!point && at >= 0 && at < m->control_values)
            m->control_value[at] = ts_plus(m->control_value[at], by);
    }
}

/* One coordinate of a point. */
static int32_t *axis(ts_hint_point *p, bool y)
{
    return y ? &p->y : &p->x;
}

/* Points [first, last] between the touched points a and b: outside of them they move with the
 * nearer one, between them in proportion. */
static void between(ts_zone *z, bool y, int32_t first, int32_t last, int32_t a, int32_t b)
{
    if (*axis(&z->units[a], y) > *axis(&z->units[b], y)) {
        const int32_t c = a;
        a = b;
        b = c;
    }
    const int32_t ua = *axis(&z->units[a], y), ub = *axis(&z->units[b], y);
    const int32_t oa = *axis(&z->original[a], y), ob = *axis(&z->original[b], y);
    const int32_t na = *axis(&z->now[a], y), nb = *axis(&z->now[b], y);
    const int32_t scale = ua == ub ? 0 : ts_times_over(ts_minus(nb, na), 0x10000, ts_minus(ub, ua));
    for (int32_t p = first; p <= last; p++) {
        const int32_t o = *axis(&z->original[p], y);
        const int32_t inside =
            ua == ub || na == nb
                ? na
                : ts_plus(na, ts_times_16(ts_minus(*axis(&z->units[p], y), ua), scale));
        *axis(&z->now[p], y) = o <= oa   ? ts_plus(o, ts_minus(na, oa))
                               : o >= ob ? ts_plus(o, ts_minus(nb, ob))
                                         : inside;
    }
}

/* A contour [first, last]: the stretches between its touched points, the last one around its end;
 * with one touched point all the others go with it. */
static void contour(ts_zone *z, bool y, int32_t first, int32_t last)
{
    const uint8_t touched = y ? TS_TOUCHED_Y : TS_TOUCHED_X;
    int32_t begin = first;
    while (begin <= last && !(z->flags[begin] & touched))
        begin++;
    if (begin > last)
        return;
    int32_t before = begin;
    for (int32_t p = begin + 1; p <= last; p++)
        if (z->flags[p] & touched) {
            between(z, y, before + 1, p - 1, before, p);
            before = p;
        }
    if (before == begin) {
        const int32_t by = ts_minus(*axis(&z->now[begin], y), *axis(&z->original[begin], y));
        for (int32_t p = first; p <= last; p++)
            if (p != begin)
                *axis(&z->now[p], y) = ts_plus(*axis(&z->now[p], y), by);
        return;
    }
    between(z, y, before + 1, last, before, begin);
    between(z, y, first, begin - 1, before, begin);
}

/* IUP[y], IUP[x] */
void ts_op_interpolate_untouched(ts_machine *m, uint8_t code)
{
    ts_zone *z = &m->zone[1];
    int32_t first = 0;
    for (int32_t i = 0; i < z->contours; i++) {
        contour(z, !(code & 1), first, z->ends[i]);
        first = z->ends[i] + 1;
    }
    m->steps += z->points;
}
