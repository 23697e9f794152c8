/* hint_machine.h: the machine that runs a TrueType font's hinting programs; inside of this room.
 *
 * A program is bytes: an instruction, its operands on a stack of 32-bit numbers. It moves points of
 * a zone along the freedom vector until they measure right along the projection vector. Lengths are
 * 64ths of a pixel (26.6), vectors have length 0x4000 (2.14), scales are 16.16.
 *
 * Programs are untrusted. Every number of points, stack, storage, control values, functions, nested
 * calls and steps is bounded. What a program asks of a point, control value or storage place that
 * does not exist is not done (read: 0), and an empty stack gives zeros: published fonts rely on it.
 * Anything else that is wrong sets `error`, which ends the program.
 *
 * Source: OpenType specification 1.9, "The TrueType instruction set". */
#ifndef TS_GLYPH_HINT_MACHINE_H
#define TS_GLYPH_HINT_MACHINE_H

#include "ref/base/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t x, y;
} ts_hint_point;

enum { TS_ON_CURVE = 1, TS_TOUCHED_X = 2, TS_TOUCHED_Y = 4 };

typedef struct {
    ts_hint_point *units;    /* as designed, in font units */
    ts_hint_point *original; /* scaled */
    ts_hint_point *now;      /* as moved so far */
    uint8_t *flags;
    int32_t points;
    const int32_t *ends;     /* the last point of each contour */
    int32_t contours;
} ts_zone;

typedef enum {
    TS_ROUND_HALF, TS_ROUND_GRID, TS_ROUND_DOUBLE, TS_ROUND_DOWN, TS_ROUND_UP, TS_ROUND_OFF,
    TS_ROUND_SUPER, TS_ROUND_SUPER_45
} ts_round_mode;

/* The graphics state. */
typedef struct {
    ts_hint_point projection, freedom, dual;
    int32_t reference[3];
    int32_t zone[3]; /* 0 twilight, 1 glyph */
    int32_t loop;
    int32_t minimum, cut_in, single_width, single_cut_in;
    int32_t delta_base, delta_shift;
    bool flip;
    ts_round_mode round;
    int32_t period, phase, threshold;
    int32_t control;   /* INSTCTRL: 1 no glyph programs, 2 default state for them */
    bool drop_out;     /* SCANCTRL */
    int32_t scan_type; /* SCANTYPE */
} ts_hint_state;

typedef struct {
    const uint8_t *byte;
    int32_t size;
} ts_program;

typedef struct {
    int32_t program, begin; /* in which program, and where behind its FDEF or IDEF */
    bool defined;
} ts_function;

typedef struct {
    int32_t program, at;   /* where to go on */
    int32_t begin;         /* of the function */
    int32_t left;          /* how often it runs, this time included */
} ts_hint_call;

enum { TS_FONT_PROGRAM, TS_SIZE_PROGRAM, TS_GLYPH_PROGRAM };
enum { TS_HINT_CALLS = 32, TS_HINT_STEPS = 1000000 };

typedef struct ts_machine {
    ts_program program[3];
    int32_t running, at; /* which program, and the place of the next byte in it */
    int32_t *stack, depth, stack_size;
    int32_t *storage, storage_size;
    int32_t *control_value, control_values;
    ts_function *function;
    int32_t functions;
    ts_function *instruction; /* of 256, by IDEF */
    ts_hint_call call[TS_HINT_CALLS];
    int32_t calls;
    ts_zone zone[2];
    ts_hint_state state;
    int32_t ppem, scale; /* scale: of the control values, 16.16 */
    int32_t unit_scale;  /* from zone[1].units to pixels; 1 in a compound glyph */
    int64_t steps;       /* done; what works on many points counts as many */
    const char *error;
} ts_machine;

typedef void (*ts_operation)(ts_machine *m, uint8_t code);

extern const ts_hint_state ts_hint_default;

/* hint_run.c: runs program[which] from its beginning; false, and the machine's error, when it
 * cannot be run to its end. */
bool ts_hint_run(ts_machine *m, int32_t which);
void ts_op_flow(ts_machine *m, uint8_t code);
void ts_op_define(ts_machine *m, uint8_t code);
void ts_op_call(ts_machine *m, uint8_t code);

/* hint_stack.c */
void ts_hint_push(ts_machine *m, int32_t value);
int32_t ts_hint_pop(ts_machine *m);
void ts_op_push(ts_machine *m, uint8_t code);
void ts_op_stack(ts_machine *m, uint8_t code);
void ts_op_compare(ts_machine *m, uint8_t code);
void ts_op_arithmetic(ts_machine *m, uint8_t code);
void ts_op_storage(ts_machine *m, uint8_t code);
void ts_op_round(ts_machine *m, uint8_t code);

/* hint_state.c */
int32_t ts_hint_round(const ts_machine *m, int32_t v);
void ts_op_vector(ts_machine *m, uint8_t code);
void ts_op_line_vector(ts_machine *m, uint8_t code);
void ts_op_number(ts_machine *m, uint8_t code);
void ts_op_zone(ts_machine *m, uint8_t code);
void ts_op_round_mode(ts_machine *m, uint8_t code);
void ts_op_control(ts_machine *m, uint8_t code);
void ts_op_info(ts_machine *m, uint8_t code);

/* hint_move.c: single points. */
ts_zone *ts_hint_zone(ts_machine *m, int which);
bool ts_hint_has(const ts_zone *zone, int32_t point);
int32_t ts_hint_project(const ts_machine *m, ts_hint_point a, ts_hint_point b);
int32_t ts_hint_dual(const ts_machine *m, ts_hint_point a, ts_hint_point b);
int32_t ts_hint_along(const ts_machine *m); /* freedom times projection, 2.14 */
void ts_hint_move(ts_machine *m, ts_zone *zone, int32_t point, int32_t distance);
void ts_op_measure(ts_machine *m, uint8_t code);
void ts_op_set_coordinate(ts_machine *m, uint8_t code);
void ts_op_absolute(ts_machine *m, uint8_t code);
void ts_op_indirect_absolute(ts_machine *m, uint8_t code);
void ts_op_relative(ts_machine *m, uint8_t code);
void ts_op_indirect_relative(ts_machine *m, uint8_t code);
void ts_op_stack_relative(ts_machine *m, uint8_t code);
void ts_op_align(ts_machine *m, uint8_t code);
void ts_op_intersect(ts_machine *m, uint8_t code);

/* hint_shift.c: many points, and exceptions of one size. */
void ts_op_shift(ts_machine *m, uint8_t code);
void ts_op_shift_pixels(ts_machine *m, uint8_t code);
void ts_op_interpolate(ts_machine *m, uint8_t code);
void ts_op_untouch(ts_machine *m, uint8_t code);
void ts_op_flip(ts_machine *m, uint8_t code);
void ts_op_delta(ts_machine *m, uint8_t code);
void ts_op_interpolate_untouched(ts_machine *m, uint8_t code);

/* Numbers. Sums wrap around, products are rounded to the nearest (halves away from zero). */
static inline int32_t ts_wrap(int64_t v)
{
    return (int32_t)(uint32_t)(uint64_t)v;
}

static inline int32_t ts_minus(int32_t a, int32_t b)
{
    return ts_wrap((int64_t)a - b);
}

static inline int32_t ts_plus(int32_t a, int32_t b)
{
    return ts_wrap((int64_t)a + b);
}

static inline int32_t ts_shifted(int64_t v, int bits) /* v / 2^bits */
{
    const int64_t half = (int64_t)1 << (bits - 1);
    return ts_wrap((v >= 0 ? v + half : v + half - 1) >> bits);
}

static inline int32_t ts_times_16(int32_t a, int32_t b) /* b is 16.16 */
{
    return ts_shifted((int64_t)a * b, 16);
}

static inline int32_t ts_times_14(int32_t a, int32_t b) /* b is 2.14 */
{
    return ts_shifted((int64_t)a * b, 14);
}

static inline int32_t ts_times_over(int64_t a, int64_t b, int64_t c) /* a b / c; c = 0: greatest */
{
    const bool negative = (a < 0) != (b < 0) ? c >= 0 : c < 0;
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    c = c < 0 ? -c : c;
    const int64_t q = c ? (a * b + c / 2) / c : INT32_MAX;
    return ts_wrap(negative ? -q : q);
}

#ifdef __cplusplus
}
#endif
#endif
