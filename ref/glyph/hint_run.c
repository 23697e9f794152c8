/* hint_run.c: hinting programs: one instruction after the other, jumps and functions.
 *
 * Instructions are a table of functions, by their code. Forward skips (IF, FDEF) step over whole
 * instructions, so that bytes to be pushed are not taken for instructions.
 *
 * Source: OpenType specification, "The TrueType instruction set": managing the flow of control,
 * defining and using functions and instructions. Test: tests/glyph/test_hint_run.c. */
#include "ref/glyph/hint_machine.h"

#include <stddef.h>

enum { ELSE = 0x1B, FDEF = 0x2C, ENDF = 0x2D, IF = 0x58, EIF = 0x59, IDEF = 0x89 };

static const ts_operation operation[256] = {
    [0x00] = ts_op_vector, ts_op_vector, ts_op_vector, ts_op_vector, ts_op_vector, ts_op_vector,
    [0x06] = ts_op_line_vector, ts_op_line_vector, ts_op_line_vector, ts_op_line_vector,
    [0x0A] = ts_op_vector, ts_op_vector, ts_op_vector, ts_op_vector, ts_op_vector,
    [0x0F] = ts_op_intersect,
    [0x10] = ts_op_number, ts_op_number, ts_op_number,
    [0x13] = ts_op_zone, ts_op_zone, ts_op_zone, ts_op_zone,
    [0x17] = ts_op_number, ts_op_round_mode, ts_op_round_mode, ts_op_number,
    [0x1B] = ts_op_flow, ts_op_flow, ts_op_number, ts_op_number, ts_op_number,
    [0x20] = ts_op_stack, ts_op_stack, ts_op_stack, ts_op_stack, ts_op_stack, ts_op_stack,
    [0x26] = ts_op_stack, ts_op_align, NULL, ts_op_untouch, ts_op_call, ts_op_call,
    [0x2C] = ts_op_define, ts_op_call, ts_op_absolute, ts_op_absolute,
    [0x30] = ts_op_interpolate_untouched, ts_op_interpolate_untouched,
    [0x32] = ts_op_shift, ts_op_shift, ts_op_shift, ts_op_shift, ts_op_shift, ts_op_shift,
    [0x38] = ts_op_shift_pixels, ts_op_interpolate, ts_op_stack_relative, ts_op_stack_relative,
    [0x3C] = ts_op_align, ts_op_round_mode, ts_op_indirect_absolute, ts_op_indirect_absolute,
    [0x40] = ts_op_push, ts_op_push, ts_op_storage, ts_op_storage, ts_op_storage, ts_op_storage,
    [0x46] = ts_op_measure, ts_op_measure, ts_op_set_coordinate, ts_op_measure, ts_op_measure,
    [0x4B] = ts_op_info, ts_op_info, ts_op_control, ts_op_control, NULL,
    [0x50] = ts_op_compare, ts_op_compare, ts_op_compare, ts_op_compare, ts_op_compare,
    [0x55] = ts_op_compare, ts_op_compare, ts_op_compare, ts_op_flow, ts_op_flow,
    [0x5A] = ts_op_compare, ts_op_compare, ts_op_compare, ts_op_delta, ts_op_number, ts_op_number,
    [0x60] = ts_op_arithmetic, ts_op_arithmetic, ts_op_arithmetic, ts_op_arithmetic,
    [0x64] = ts_op_arithmetic, ts_op_arithmetic, ts_op_arithmetic, ts_op_arithmetic,
    [0x68] = ts_op_round, ts_op_round, ts_op_round, ts_op_round,
    [0x6C] = ts_op_round, ts_op_round, ts_op_round, ts_op_round,
    [0x70] = ts_op_storage, ts_op_delta, ts_op_delta, ts_op_delta, ts_op_delta, ts_op_delta,
    [0x76] = ts_op_round_mode, ts_op_round_mode, ts_op_flow, ts_op_flow, ts_op_round_mode,
    [0x7C] = ts_op_round_mode, ts_op_round_mode, ts_op_stack, ts_op_stack,
    [0x80] = ts_op_flip, ts_op_flip, ts_op_flip,
    [0x85] = ts_op_control, ts_op_line_vector, ts_op_line_vector, ts_op_info, ts_op_define,
    [0x8A] = ts_op_stack, ts_op_arithmetic, ts_op_arithmetic, ts_op_control, ts_op_control,
};

static ts_operation operation_of(uint8_t code)
{
    if (code >= 0xE0)
        return ts_op_indirect_relative;
    if (code >= 0xC0)
        return ts_op_relative;
    return code >= 0xB0 ? ts_op_push : operation[code];
}

/* Steps over the operands in the program of the instruction just read. */
static void skip_operands(ts_machine *m, uint8_t code)
{
    const ts_program p = m->program[m->running];
    int32_t n = 0;
    if (code == 0x40 || code == 0x41) {
        n = m->at < p.size ? p.byte[m->at] : 0;
        n = 1 + (code == 0x41 ? 2 * n : n);
    } else if (code >= 0xB0 && code < 0xC0) {
        n = ((code & 7) + 1) * (code >= 0xB8 ? 2 : 1);
    }
    m->at += n;
}

/* Goes behind the next `wanted` or `other` instruction, over nested IFs; returns which it was. */
static uint8_t skip_to(ts_machine *m, uint8_t wanted, uint8_t other)
{
    const ts_program p = m->program[m->running];
    int nested = 0;
    while (m->at < p.size) {
        const uint8_t code = p.byte[m->at++];
        m->steps++;
        if (!nested && (code == wanted || code == other))
            return code;
        skip_operands(m, code);
        if (wanted == EIF)
            nested += code == IF ? 1 : code == EIF ? -1 : 0;
        else if (code == FDEF || code == IDEF)
            break; /* a definition inside of a definition */
    }
    m->error = "the program ends inside of an IF or a definition";
    return 0;
}

static void jump(ts_machine *m, int32_t from, int32_t offset)
{
    const int64_t to = (int64_t)from + offset;
    if (to < 0 || to > m->program[m->running].size || offset == 0)
        m->error = "a jump out of the program, or on the spot";
    else
        m->at = (int32_t)to;
}

/* IF ELSE EIF, JMPR JROT JROF */
void ts_op_flow(ts_machine *m, uint8_t code)
{
    const int32_t here = m->at - 1;
    bool truth = true;
    switch (code) {
    case IF:
        if (!ts_hint_pop(m))
            skip_to(m, EIF, ELSE);
        break;
    case ELSE: /* the IF before it was true */
        skip_to(m, EIF, EIF);
        break;
    case EIF:
        break;
    default:
        if (code != 0x1C)
            truth = (ts_hint_pop(m) != 0) == (code == 0x78);
        const int32_t offset = ts_hint_pop(m);
        if (truth)
            jump(m, here, offset);
    }
}

/* FDEF: number -> ; IDEF: code -> . Only the font's and the size's program define. */
void ts_op_define(ts_machine *m, uint8_t code)
{
    const int32_t n = ts_hint_pop(m);
    ts_function *all = code == FDEF ? m->function : m->instruction;
    const bool there = n >= 0 && n < (code == FDEF ? m->functions : 256);
    const int32_t begin = m->at;
    if (m->running == TS_GLYPH_PROGRAM || !there || m->calls) {
        m->error = "a definition in the wrong place, or with a number that is too great";
        return;
    }
    skip_to(m, ENDF, ENDF);
    all[n] = (ts_function){m->running, begin, true};
}

static void enter(ts_machine *m, const ts_function *f, int32_t times)
{
    if (m->calls >= TS_HINT_CALLS) {
        m->error = "calls are nested too deep";
        return;
    }
    m->call[m->calls++] = (ts_hint_call){m->running, m->at, f->begin, times};
    m->running = f->program;
    m->at = f->begin;
}

/* LOOPCALL: times number -> ; CALL: number -> ; ENDF returns, or begins once more. */
void ts_op_call(ts_machine *m, uint8_t code)
{
    if (code == ENDF) {
        if (!m->calls) {
            m->error = "an ENDF outside of a function";
            return;
        }
        ts_hint_call *c = &m->call[m->calls - 1];
        if (--c->left > 0) {
            m->at = c->begin;
            return;
        }
        m->calls--;
        m->running = c->program;
        m->at = c->at;
        return;
    }
    const int32_t n = ts_hint_pop(m), times = code == 0x2A ? ts_hint_pop(m) : 1;
    if (n < 0 || n >= m->functions || !m->function[n].defined)
        m->error = "a call of a function that is not defined";
    else if (times > 0)
        enter(m, &m->function[n], times);
}

static void step(ts_machine *m)
{
    const uint8_t code = m->program[m->running].byte[m->at++];
    const ts_operation known = operation_of(code);
    if (known)
        known(m, code);
    else if (m->instruction[code].defined)
        enter(m, &m->instruction[code], 1);
    else
        m->error = "an unknown instruction";
    if (++m->steps > TS_HINT_STEPS)
        m->error = "it takes too many steps";
}

bool ts_hint_run(ts_machine *m, int32_t which)
{
    m->running = which;
    m->at = m->depth = m->calls = 0;
    m->error = NULL;
    while (!m->error && m->at < m->program[m->running].size)
        step(m);
    if (!m->error && m->calls)
        m->error = "the program ends inside of a function";
    return !m->error;
}
