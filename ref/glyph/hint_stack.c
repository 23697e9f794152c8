/* hint_stack.c: hinting programs: the stack, arithmetic and storage.
 *
 * Numbers are 32 bits that wrap around; lengths among them are 26.6. Stack diagrams: the top is at
 * the right.
 *
 * Source: OpenType specification, "The TrueType instruction set": pushing data onto the interpreter
 * stack, managing the storage area, managing the control value table, stack management, logical
 * functions, arithmetic. Test: tests/glyph/test_hint_stack.c. */
#include "ref/glyph/hint_machine.h"

void ts_hint_push(ts_machine *m, int32_t value)
{
    if (m->depth >= m->stack_size)
        m->error = "the stack is full";
    else
        m->stack[m->depth++] = value;
}

int32_t ts_hint_pop(ts_machine *m)
{
    return m->depth > 0 ? m->stack[--m->depth] : 0;
}

/* NPUSHB NPUSHW PUSHB[n] PUSHW[n]: ... -> ... v1 v2 ... vn */
void ts_op_push(ts_machine *m, uint8_t code)
{
    const ts_program p = m->program[m->running];
    const bool counted = code < 0xB0, words = counted ? code == 0x41 : code >= 0xB8;
    int32_t n = (code & 7) + 1;
    if (counted)
        n = m->at < p.size ? p.byte[m->at++] : -1;
    if (n < 0 || m->at + n * (words ? 2 : 1) > p.size) {
        m->error = "the program ends in numbers to push";
        return;
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t v = p.byte[m->at++];
        if (words) {
            v = v << 8 | p.byte[m->at++];
            v = v >= 0x8000 ? v - 0x10000 : v;
        }
        ts_hint_push(m, v);
    }
}

/* MINDEX: the k-th from the top (1: the top) comes to the top. */
static void bring_up(ts_machine *m, int32_t k)
{
    if (k < 1 || k > m->depth)
        return;
    const int32_t v = m->stack[m->depth - k];
    for (int32_t i = m->depth - k; i + 1 < m->depth; i++)
        m->stack[i] = m->stack[i + 1];
    m->stack[m->depth - 1] = v;
    m->steps += k;
}

void ts_op_stack(ts_machine *m, uint8_t code)
{
    int32_t a;
    switch (code) {
    case 0x20: /* DUP */
        a = ts_hint_pop(m);
        ts_hint_push(m, a);
        ts_hint_push(m, a);
        break;
    case 0x22: /* CLEAR */
        m->depth = 0;
        break;
    case 0x23: /* SWAP */
        bring_up(m, 2);
        break;
    case 0x24: /* DEPTH */
        ts_hint_push(m, m->depth);
        break;
    case 0x25: /* CINDEX */
        a = ts_hint_pop(m);
        ts_hint_push(m, a >= 1 && a <= m->depth ? m->stack[m->depth - a] : 0);
        break;
    case 0x26: /* MINDEX */
        bring_up(m, ts_hint_pop(m));
        break;
    case 0x8A: /* ROLL: a b c -> b c a */
        bring_up(m, 3);
        break;
    default: /* POP, and AA and SANGW, which do nothing any more */
        ts_hint_pop(m);
    }
}

static int32_t compared(const ts_machine *m, uint8_t code, int32_t a, int32_t b)
{
    switch (code) {
    case 0x50:
        return a < b;
    case 0x51:
        return a <= b;
    case 0x52:
        return a > b;
    case 0x53:
        return a >= b;
    case 0x54:
        return a == b;
    case 0x55:
        return a != b;
    case 0x56: /* ODD, of whole pixels */
        return (ts_hint_round(m, b) & 127) == 64;
    case 0x57: /* EVEN */
        return (ts_hint_round(m, b) & 127) == 0;
    case 0x5A:
        return a && b;
    case 0x5B:
        return a || b;
    default: /* NOT */
        return !b;
    }
}

/* LT LTEQ GT GTEQ EQ NEQ AND OR: a b -> truth;  ODD EVEN NOT: b -> truth */
void ts_op_compare(ts_machine *m, uint8_t code)
{
    const bool one = code == 0x56 || code == 0x57 || code == 0x5C;
    const int32_t b = ts_hint_pop(m), a = one ? 0 : ts_hint_pop(m);
    ts_hint_push(m, compared(m, code, a, b));
}

static int32_t computed(ts_machine *m, uint8_t code, int32_t a, int32_t b)
{
    switch (code) {
    case 0x60:
        return ts_plus(a, b);
    case 0x61:
        return ts_minus(a, b);
    case 0x62: /* DIV: cut, not rounded */
        if (!b)
            m->error = "a division by zero";
        return b ? ts_wrap((int64_t)a * 64 / b) : 0;
    case 0x63:
        return ts_times_over(a, b, 64);
    case 0x64:
        return b < 0 ? ts_minus(0, b) : b;
    case 0x65:
        return ts_minus(0, b);
    case 0x66: /* FLOOR */
        return ts_wrap((int64_t)b & -64);
    case 0x67: /* CEILING */
        return ts_wrap(((int64_t)b + 63) & -64);
    case 0x8B:
        return a > b ? a : b;
    default: /* MIN */
        return a < b ? a : b;
    }
}

/* ADD SUB DIV MUL MAX MIN: a b -> c;  ABS NEG FLOOR CEILING: b -> c */
void ts_op_arithmetic(ts_machine *m, uint8_t code)
{
    const bool one = code >= 0x64 && code <= 0x67;
    const int32_t b = ts_hint_pop(m), a = one ? 0 : ts_hint_pop(m);
    ts_hint_push(m, computed(m, code, a, b));
}

/* ROUND[ ] (by the round state) and NROUND[ ] (engine compensation alone: none here). */
void ts_op_round(ts_machine *m, uint8_t code)
{
    const int32_t v = ts_hint_pop(m);
    ts_hint_push(m, code < 0x6C ? ts_hint_round(m, v) : v);
}

/* WS RS WCVTP WCVTF RCVT: at value -> ; at -> value. WCVTF's value is in font units. */
void ts_op_storage(ts_machine *m, uint8_t code)
{
    const bool write = code != 0x43 && code != 0x45, control = code >= 0x44;
    const int32_t value = write ? ts_hint_pop(m) : 0, at = ts_hint_pop(m);
    int32_t *place = control ? m->control_value : m->storage;
    const bool there = at >= 0 && at < (control ? m->control_values : m->storage_size);
    if (!write)
        ts_hint_push(m, there ? place[at] : 0);
    else if (there)
        place[at] = code == 0x70 ? ts_times_16(value, m->scale) : value;
}
