/* hint_move.c: hinting programs: measuring, and moving single points.
 *
 *     length of d along p = d . p          moved by t:  point += t * freedom / (freedom . p)
 *
 * so that the point measures t more, whatever the freedom vector. Original lengths are taken from
 * the design, in font units, and scaled then: that is more exact.
 *
 * Source: OpenType specification, "The TrueType instruction set": reading and writing data,
 * managing outlines. Pitfalls: MD's two variants have the opposite meaning of what its description
 * once said; points of the twilight zone come to be by MIAP, MIRP and MSIRP.
 * Test: tests/glyph/test_hint_move.c. */
#include "ref/glyph/hint_machine.h"

ts_zone *ts_hint_zone(ts_machine *m, int which)
{
    return &m->zone[m->state.zone[which]];
}

bool ts_hint_has(const ts_zone *zone, int32_t point)
{
    return point >= 0 && point < zone->points;
}

static int32_t dot(ts_hint_point a, ts_hint_point b, ts_hint_point along)
{
    return ts_shifted((int64_t)ts_minus(a.x, b.x) * along.x +
                      (int64_t)ts_minus(a.y, b.y) * along.y, 14);
}

/* a - b along the projection vector, and along the dual one (set by the original outline). */
int32_t ts_hint_project(const ts_machine *m, ts_hint_point a, ts_hint_point b)
{
    return dot(a, b, m->state.projection);
}

int32_t ts_hint_dual(const ts_machine *m, ts_hint_point a, ts_hint_point b)
{
    return dot(a, b, m->state.dual);
}

int32_t ts_hint_along(const ts_machine *m)
{
    const ts_hint_point p = m->state.projection, f = m->state.freedom;
    const int64_t product = ((int64_t)p.x * f.x + (int64_t)p.y * f.y) >> 14;
    return product > -0x400 && product < 0x400 ? 0x4000 : (int32_t)product; /* not too far */
}

static ts_hint_point moved(const ts_machine *m, ts_hint_point p, int32_t distance)
{
    const int32_t along = ts_hint_along(m);
    return (ts_hint_point){
        ts_plus(p.x, ts_times_over(distance, m->state.freedom.x, along)),
        ts_plus(p.y, ts_times_over(distance, m->state.freedom.y, along))};
}

void ts_hint_move(ts_machine *m, ts_zone *zone, int32_t point, int32_t distance)
{
    zone->now[point] = moved(m, zone->now[point], distance);
    zone->flags[point] |= (uint8_t)((m->state.freedom.x ? TS_TOUCHED_X : 0) |
                                    (m->state.freedom.y ? TS_TOUCHED_Y : 0));
}

/* How far point p of zone pointer `zp` was from point q of `zq` before anything moved. */
static int32_t original_distance(ts_machine *m, int zp, int32_t p, int zq, int32_t q)
{
    const ts_zone *a = ts_hint_zone(m, zp), *b = ts_hint_zone(m, zq);
    if (m->state.zone[zp] == 0 || m->state.zone[zq] == 0)
        return ts_hint_dual(m, a->original[p], b->original[q]);
    return ts_times_16(ts_hint_dual(m, a->units[p], b->units[q]), m->unit_scale);
}

/* GC: point -> coordinate (0x47: the original one);  MD: p q -> p - q (0x4A: originally) */
void ts_op_measure(ts_machine *m, uint8_t code)
{
    const ts_hint_point zero = {0, 0};
    const int32_t top = ts_hint_pop(m);
    int32_t answer = 0;
    if (code <= 0x47) {
        const ts_zone *z = ts_hint_zone(m, 2);
        if (ts_hint_has(z, top))
            answer = code == 0x47 ? ts_hint_dual(m, z->original[top], zero)
                                  : ts_hint_project(m, z->now[top], zero);
        ts_hint_push(m, answer);
        return;
    }
    const int32_t p = ts_hint_pop(m);
    const ts_zone *a = ts_hint_zone(m, 0), *b = ts_hint_zone(m, 1);
    if (ts_hint_has(a, p) && ts_hint_has(b, top))
        answer = code == 0x49 ? ts_hint_project(m, a->now[p], b->now[top])
                              : original_distance(m, 0, p, 1, top);
    ts_hint_push(m, answer);
}

/* SCFS: point coordinate -> */
void ts_op_set_coordinate(ts_machine *m, uint8_t code)
{
    (void)code;
    const ts_hint_point zero = {0, 0};
    const int32_t to = ts_hint_pop(m), p = ts_hint_pop(m);
    ts_zone *z = ts_hint_zone(m, 2);
    if (!ts_hint_has(z, p))
        return;
    ts_hint_move(m, z, p, ts_minus(to, ts_hint_project(m, z->now[p], zero)));
    if (m->state.zone[2] == 0)
        z->original[p] = z->now[p];
}

/* MDAP: point -> ; to the grid (1), or only touched (0) */
void ts_op_absolute(ts_machine *m, uint8_t code)
{
    const ts_hint_point zero = {0, 0};
    const int32_t p = ts_hint_pop(m);
    ts_zone *z = ts_hint_zone(m, 0);
    if (!ts_hint_has(z, p))
        return;
    const int32_t at = ts_hint_project(m, z->now[p], zero);
    ts_hint_move(m, z, p, code & 1 ? ts_minus(ts_hint_round(m, at), at) : 0);
    m->state.reference[0] = m->state.reference[1] = p;
}

static int32_t distance_of(int32_t a, int32_t b)
{
    const int64_t d = (int64_t)a - b;
    return ts_wrap(d < 0 ? -d : d);
}

/* MIAP: point control -> ; to the control value; with 1, when it is near, and rounded */
void ts_op_indirect_absolute(ts_machine *m, uint8_t code)
{
    const ts_hint_point zero = {0, 0}, f = m->state.freedom;
    const int32_t control = ts_hint_pop(m), p = ts_hint_pop(m);
    ts_zone *z = ts_hint_zone(m, 0);
    if (!ts_hint_has(z, p) || control < 0 || control >= m->control_values)
        return;
    int32_t to = m->control_value[control];
    if (m->state.zone[0] == 0)
        z->now[p] = z->original[p] = (ts_hint_point){ts_times_14(to, f.x), ts_times_14(to, f.y)};
    const int32_t at = ts_hint_project(m, z->now[p], zero);
    if (code & 1)
        to = ts_hint_round(m, distance_of(to, at) > m->state.cut_in ? at : to);
    ts_hint_move(m, z, p, ts_minus(to, at));
    m->state.reference[0] = m->state.reference[1] = p;
}

/* The minimum distance (flag 8) with the sign of the original distance. */
static int32_t at_least(const ts_machine *m, uint8_t code, int32_t original, int32_t distance)
{
    const int32_t least = m->state.minimum;
    if (!(code & 8))
        return distance;
    if (original >= 0)
        return distance < least ? least : distance;
    return distance > ts_minus(0, least) ? ts_minus(0, least) : distance;
}

static void relate(ts_machine *m, uint8_t code, int32_t p)
{
    m->state.reference[1] = m->state.reference[0];
    m->state.reference[2] = p;
    if (code & 16)
        m->state.reference[0] = p;
}

/* MDRP: point -> ; as far from reference point 0 as originally. Flags: 16 becomes reference point
 * 0, 8 minimum distance, 4 round */
void ts_op_relative(ts_machine *m, uint8_t code)
{
    const ts_hint_state *s = &m->state;
    const int32_t p = ts_hint_pop(m), r = s->reference[0];
    ts_zone *z = ts_hint_zone(m, 1), *zr = ts_hint_zone(m, 0);
    if (ts_hint_has(z, p) && ts_hint_has(zr, r)) {
        int32_t original = original_distance(m, 1, p, 0, r);
        if (s->single_cut_in > 0 && distance_of(original, s->single_width) < s->single_cut_in)
            original = original >= 0 ? s->single_width : ts_minus(0, s->single_width);
        int32_t distance = code & 4 ? ts_hint_round(m, original) : original;
        distance = at_least(m, code, original, distance);
        ts_hint_move(m, z, p, ts_minus(distance, ts_hint_project(m, z->now[p], zr->now[r])));
    }
    relate(m, code, p);
}

/* MIRP: point control -> ; as far as the control value says. Flags: as MDRP, and 4 also: when the
 * original distance is near it; -1 is a control value of zero */
void ts_op_indirect_relative(ts_machine *m, uint8_t code)
{
    const ts_hint_state *s = &m->state;
    const int32_t control = ts_hint_pop(m), p = ts_hint_pop(m), r = s->reference[0];
    ts_zone *z = ts_hint_zone(m, 1), *zr = ts_hint_zone(m, 0);
    if (ts_hint_has(z, p) && ts_hint_has(zr, r) && control >= -1 && control < m->control_values) {
        int32_t wanted = control < 0 ? 0 : m->control_value[control];
        if (distance_of(wanted, s->single_width) < s->single_cut_in)
            wanted = wanted >= 0 ? s->single_width : ts_minus(0, s->single_width);
        if (s->zone[1] == 0) {
            const ts_hint_point o = zr->original[r];
            z->original[p] = (ts_hint_point){ts_plus(o.x, ts_times_14(wanted, s->freedom.x)),
                                             ts_plus(o.y, ts_times_14(wanted, s->freedom.y))};
            z->now[p] = z->original[p];
        }
        const int32_t original = ts_hint_dual(m, z->original[p], zr->original[r]);
        const int32_t current = ts_hint_project(m, z->now[p], zr->now[r]);
        if (s->flip && (original < 0) != (wanted < 0))
            wanted = ts_minus(0, wanted);
        if (code & 4) {
            if (s->zone[0] == s->zone[1] && distance_of(wanted, original) > s->cut_in)
                wanted = original;
            wanted = ts_hint_round(m, wanted);
        }
        wanted = at_least(m, code, original, wanted);
        ts_hint_move(m, z, p, ts_minus(wanted, current));
    }
    relate(m, code, p);
}

/* MSIRP: point distance -> ; from reference point 0 */
void ts_op_stack_relative(ts_machine *m, uint8_t code)
{
    const int32_t wanted = ts_hint_pop(m), p = ts_hint_pop(m), r = m->state.reference[0];
    ts_zone *z = ts_hint_zone(m, 1), *zr = ts_hint_zone(m, 0);
    if (!ts_hint_has(z, p) || !ts_hint_has(zr, r))
        return;
    if (m->state.zone[1] == 0) {
        z->original[p] = moved(m, zr->original[r], wanted);
        z->now[p] = z->original[p];
    }
    ts_hint_move(m, z, p, ts_minus(wanted, ts_hint_project(m, z->now[p], zr->now[r])));
    m->state.reference[1] = r;
    m->state.reference[2] = p;
    if (code & 1)
        m->state.reference[0] = p;
}

/* ALIGNRP: points -> ; onto reference point 0.  ALIGNPTS: p q -> ; to their middle */
void ts_op_align(ts_machine *m, uint8_t code)
{
    ts_zone *z0 = ts_hint_zone(m, 0), *z1 = ts_hint_zone(m, 1);
    if (code == 0x27) {
        const int32_t q = ts_hint_pop(m), p = ts_hint_pop(m);
        if (!ts_hint_has(z1, p) || !ts_hint_has(z0, q))
            return;
        const int32_t half = ts_hint_project(m, z0->now[q], z1->now[p]) / 2;
        ts_hint_move(m, z1, p, half);
        ts_hint_move(m, z0, q, -half);
        return;
    }
    const int32_t r = m->state.reference[0];
    for (int32_t n = m->state.loop; n > 0 && m->depth > 0; n--) {
        const int32_t p = ts_hint_pop(m);
        if (ts_hint_has(z1, p) && ts_hint_has(z0, r))
            ts_hint_move(m, z1, p, ts_minus(0, ts_hint_project(m, z1->now[p], z0->now[r])));
    }
    m->state.loop = 1;
}

/* ISECT: point a0 a1 b0 b1 -> ; to where the lines a and b meet, or between them when they are
 * parallel (by less than about 3 degrees) */
void ts_op_intersect(ts_machine *m, uint8_t code)
{
    (void)code;
    int32_t k[5];
    for (int i = 4; i >= 0; i--)
        k[i] = ts_hint_pop(m);
    ts_zone *z = ts_hint_zone(m, 2), *za = ts_hint_zone(m, 1), *zb = ts_hint_zone(m, 0);
    if (!ts_hint_has(z, k[0]) || !ts_hint_has(za, k[1]) || !ts_hint_has(za, k[2]) ||
        !ts_hint_has(zb, k[3]) || !ts_hint_has(zb, k[4]))
        return;
    const ts_hint_point a0 = za->now[k[1]], a1 = za->now[k[2]];
    const ts_hint_point b0 = zb->now[k[3]], b1 = zb->now[k[4]];
    const int32_t ax = ts_minus(a1.x, a0.x), ay = ts_minus(a1.y, a0.y);
    const int32_t bx = ts_minus(b1.x, b0.x), by = ts_minus(b1.y, b0.y);
    const int32_t cx = ts_minus(b0.x, a0.x), cy = ts_minus(b0.y, a0.y);
    const int64_t cross = (int64_t)ts_times_over(ay, bx, 64) - ts_times_over(ax, by, 64);
    const int64_t dot_product = (int64_t)ts_times_over(ax, bx, 64) + ts_times_over(ay, by, 64);
    const int64_t size = cross < 0 ? -cross : cross;
    if (19 * size > (dot_product < 0 ? -dot_product : dot_product)) {
        const int32_t t = ts_minus(ts_times_over(cy, bx, 64), ts_times_over(cx, by, 64));
        z->now[k[0]] = (ts_hint_point){ts_plus(a0.x, ts_times_over(t, ax, cross)),
                                       ts_plus(a0.y, ts_times_over(t, ay, cross))};
    } else {
        z->now[k[0]] = (ts_hint_point){ts_wrap(((int64_t)a0.x + a1.x + b0.x + b1.x) / 4),
                                       ts_wrap(((int64_t)a0.y + a1.y + b0.y + b1.y) / 4)};
    }
    z->flags[k[0]] |= TS_TOUCHED_X | TS_TOUCHED_Y;
}
