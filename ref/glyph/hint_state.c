/* hint_state.c: hinting programs: the graphics state, and rounding by it.
 *
 * Source: OpenType specification, "The TrueType instruction set": managing the graphics state,
 * reading and writing data, round state. Pitfall: a program names a line from its second popped
 * point to the first, and 0x4000 stands for 1. Test: tests/glyph/test_hint_state.c. */
#include "ref/glyph/hint_machine.h"

#include "ref/base/mathf.h"

const ts_hint_state ts_hint_default = {
    .projection = {0x4000, 0}, .freedom = {0x4000, 0}, .dual = {0x4000, 0},
    .zone = {1, 1, 1}, .loop = 1,
    .minimum = 64, .cut_in = 68, /* 17/16 of a pixel */
    .delta_base = 9, .delta_shift = 3,
    .flip = true, .round = TS_ROUND_GRID,
    .period = 64, .threshold = 0, .phase = 0,
};

/* A length |v|, rounded; never below the least that the mode allows. */
static int64_t round_up_from_zero(const ts_hint_state *s, int64_t v)
{
    switch (s->round) {
    case TS_ROUND_HALF:
        return (v & -64) + 32;
    case TS_ROUND_GRID:
        return (v + 32) & -64;
    case TS_ROUND_DOUBLE:
        return (v + 16) & -32;
    case TS_ROUND_DOWN:
        return v & -64;
    case TS_ROUND_UP:
        return (v + 63) & -64;
    case TS_ROUND_OFF:
        return v;
    default:
        break;
    }
    const int64_t from = v - s->phase + s->threshold, period = s->period > 0 ? s->period : 1;
    const int64_t steps = s->round == TS_ROUND_SUPER ? from & -period : from / period * period;
    return steps + s->phase < 0 ? s->phase : steps + s->phase;
}

int32_t ts_hint_round(const ts_machine *m, int32_t v)
{
    return v >= 0 ? ts_wrap(round_up_from_zero(&m->state, v))
                  : ts_wrap(-round_up_from_zero(&m->state, -(int64_t)v));
}

/* SROUND, S45ROUND: period (2 bits), phase (2), threshold (4) in units of `grid`. */
static void super_round(ts_hint_state *s, int32_t grid, int32_t v)
{
    const int32_t period = (v & 0xC0) == 0x00 ? grid / 2 : (v & 0xC0) == 0x80 ? grid * 2 : grid;
    const int32_t phase = period * ((v >> 4) & 3) / 4;
    const int32_t threshold = v & 15 ? ((v & 15) - 4) * period / 8 : period - 1;
    s->period = period >> 8;
    s->phase = phase >> 8;
    s->threshold = threshold >> 8;
}

void ts_op_round_mode(ts_machine *m, uint8_t code)
{
    ts_hint_state *s = &m->state;
    switch (code) {
    case 0x18:
        s->round = TS_ROUND_GRID;
        break;
    case 0x19:
        s->round = TS_ROUND_HALF;
        break;
    case 0x3D:
        s->round = TS_ROUND_DOUBLE;
        break;
    case 0x7A:
        s->round = TS_ROUND_OFF;
        break;
    case 0x7C:
        s->round = TS_ROUND_UP;
        break;
    case 0x7D:
        s->round = TS_ROUND_DOWN;
        break;
    default: /* the grid of S45ROUND is the diagonal of half a pixel, 0x4000 / sqrt 2 */
        s->round = code == 0x76 ? TS_ROUND_SUPER : TS_ROUND_SUPER_45;
        super_round(s, code == 0x76 ? 0x4000 : 0x2D41, ts_hint_pop(m));
    }
}

/* (x, y) made as long as 0x4000; unchanged when there is no direction. */
static ts_hint_point direction(int32_t x, int32_t y, ts_hint_point otherwise)
{
    const double length = sqrt((double)x * x + (double)y * y);
    if (length == 0)
        return otherwise;
    return (ts_hint_point){(int32_t)nearbyint(x / length * 0x10000) / 4,
                           (int32_t)nearbyint(y / length * 0x10000) / 4};
}

/* SVTCA SPVTCA SFVTCA: an axis;  SPVFS SFVFS: x y -> ;  GPV GFV: -> x y;  SFVTPV */
void ts_op_vector(ts_machine *m, uint8_t code)
{
    ts_hint_state *s = &m->state;
    const ts_hint_point axis = code & 1 ? (ts_hint_point){0x4000, 0} : (ts_hint_point){0, 0x4000};
    if (code <= 0x05) {
        if (code <= 0x03)
            s->projection = s->dual = axis;
        if (code <= 0x01 || code >= 0x04)
            s->freedom = axis;
    } else if (code == 0x0A || code == 0x0B) {
        const int32_t y = (int16_t)ts_hint_pop(m), x = (int16_t)ts_hint_pop(m);
        ts_hint_point *v = code == 0x0A ? &s->projection : &s->freedom;
        *v = direction(x, y, *v);
        if (code == 0x0A)
            s->dual = *v;
    } else if (code == 0x0E) {
        s->freedom = s->projection;
    } else {
        const ts_hint_point v = code == 0x0C ? s->projection : s->freedom;
        ts_hint_push(m, v.x);
        ts_hint_push(m, v.y);
    }
}

/* The direction from a to b, turned by a quarter to the left when asked for; the x axis when the
 * points are the same. */
static ts_hint_point line(ts_hint_point a, ts_hint_point b, bool turned)
{
    const ts_hint_point x_axis = {0x4000, 0};
    const int32_t x = ts_minus(b.x, a.x), y = ts_minus(b.y, a.y);
    return turned ? direction(ts_minus(0, y), x, x_axis) : direction(x, y, x_axis);
}

/* SPVTL SFVTL SDPVTL: p2 p1 -> ; p1 of zone pointer 2, p2 of zone pointer 1 */
void ts_op_line_vector(ts_machine *m, uint8_t code)
{
    ts_hint_state *s = &m->state;
    const int32_t p1 = ts_hint_pop(m), p2 = ts_hint_pop(m);
    const ts_zone *z1 = ts_hint_zone(m, 2), *z2 = ts_hint_zone(m, 1);
    if (!ts_hint_has(z1, p1) || !ts_hint_has(z2, p2))
        return;
    bool turned = code & 1;
    if (code >= 0x86) {
        const ts_hint_point a = z1->original[p1], b = z2->original[p2];
        s->dual = line(a, b, turned);
        turned = turned && (a.x != b.x || a.y != b.y);
    }
    const ts_hint_point v = line(z1->now[p1], z2->now[p2], turned);
    if (code == 0x08 || code == 0x09)
        s->freedom = v;
    else
        s->projection = v;
    if (code <= 0x07)
        s->dual = v;
}

/* SRP0-2 SLOOP SMD SCVTCI SSWCI SSW SDB SDS: value -> */
void ts_op_number(ts_machine *m, uint8_t code)
{
    ts_hint_state *s = &m->state;
    const int32_t v = ts_hint_pop(m);
    switch (code) {
    case 0x17:
        if (v < 0)
            m->error = "a negative number of repetitions";
        s->loop = v > 0xFFFF ? 0xFFFF : v;
        break;
    case 0x1A:
        s->minimum = v;
        break;
    case 0x1D:
        s->cut_in = v;
        break;
    case 0x1E:
        s->single_cut_in = v;
        break;
    case 0x1F: /* in font units */
        s->single_width = ts_times_16(v, m->scale);
        break;
    case 0x5E:
        s->delta_base = v;
        break;
    case 0x5F:
        if (v < 0 || v > 6)
            m->error = "a delta shift outside of 0 to 6";
        else
            s->delta_shift = v;
        break;
    default:
        s->reference[code - 0x10] = v;
    }
}

/* SZP0 SZP1 SZP2 SZPS: zone -> */
void ts_op_zone(ts_machine *m, uint8_t code)
{
    const int32_t zone = ts_hint_pop(m);
    if (zone != 0 && zone != 1) {
        m->error = "a zone that is neither 0 nor 1";
        return;
    }
    for (int i = 0; i < 3; i++)
        if (code == 0x16 || code == 0x13 + i)
            m->state.zone[i] = zone;
}

/* SCANCTRL: when drop-outs are filled in. The conditions on rotated and stretched glyphs never
 * hold here. */
static void scan_control(ts_machine *m, int32_t v)
{
    const int32_t most = v & 0xFF;
    if (most == 0xFF)
        m->state.drop_out = true;
    else if (most == 0)
        m->state.drop_out = false;
    else if ((v & 0x100) && m->ppem <= most)
        m->state.drop_out = true;
    else if ((v & 0x800) && m->ppem > most)
        m->state.drop_out = false;
}

/* FLIPON FLIPOFF, SCANCTRL SCANTYPE: value -> ;  INSTCTRL: value selector -> */
void ts_op_control(ts_machine *m, uint8_t code)
{
    ts_hint_state *s = &m->state;
    if (code == 0x4D || code == 0x4E) {
        s->flip = code == 0x4D;
        return;
    }
    const int32_t v = ts_hint_pop(m);
    if (code == 0x85) {
        scan_control(m, v);
    } else if (code == 0x8D) {
        if (v >= 0)
            s->scan_type = v & 7;
    } else { /* the size's program alone may */
        const int32_t value = ts_hint_pop(m), bit = v >= 1 && v <= 3 ? 1 << (v - 1) : 0;
        if (bit && (value == 0 || value == bit) && m->running == TS_SIZE_PROGRAM)
            s->control = (s->control & ~bit) | value;
    }
}

/* MPPEM MPS: -> pixels per em;  GETINFO: what is asked -> answer: a rasteriser of version 35, black
 * and white, neither rotated nor stretched */
void ts_op_info(ts_machine *m, uint8_t code)
{
    if (code == 0x88)
        ts_hint_push(m, ts_hint_pop(m) & 1 ? 35 : 0);
    else
        ts_hint_push(m, m->ppem);
}
