/* Flow of hinting programs, and programs that mean harm. */
#include "tests/support/hint.h"

static void branches(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0xB0, 1, 0x58, 0xB0, 7, 0x1B, 0xB0, 8, 0x59), HINT_NUMBERS(7));
    hint_stack_is(HINT_BYTES(0xB0, 0, 0x58, 0xB0, 7, 0x1B, 0xB0, 8, 0x59), HINT_NUMBERS(8));
    /* the skipped part holds a whole IF, and bytes that look like EIF */
    hint_stack_is(HINT_BYTES(0xB0, 0, 0x58, 0xB1, 0x59, 0x59, 0x58, 0x1B, 0x59, 0x40, 1, 0x59, 0x41,
                             1, 0x59, 0x59, 0x59, 0xB0, 9), HINT_NUMBERS(9));
    hint_stack_is(HINT_BYTES(0xB0, 3, 0x1C, 0xB0, 7, 0xB0, 8), HINT_NUMBERS(8));
    hint_stack_is(HINT_BYTES(0xB1, 3, 1, 0x78, 0xB0, 7, 0xB0, 8), HINT_NUMBERS(8));
    hint_stack_is(HINT_BYTES(0xB1, 3, 0, 0x78, 0xB0, 7, 0xB0, 8), HINT_NUMBERS(7, 8));
    hint_stack_is(HINT_BYTES(0xB1, 3, 0, 0x79, 0xB0, 7, 0xB0, 8), HINT_NUMBERS(8));
}

static void functions(void **state)
{
    (void)state;
    /* function 1 adds 5; instruction 0x91 pushes 6 */
    static const uint8_t font[] = {0xB0, 1, 0x2C, 0xB0, 5, 0x60, 0x2D, 0xB0, 0x91, 0x89, 0xB0, 6,
                                   0x2D};
    static const uint8_t glyph[] = {0xB2, 10, 3, 1, 0x2A, 0xB0, 1, 0x2B, 0x91};
    hint_bench b;
    hint_bench_open(&b);
    assert_true(hint_run(&b, TS_FONT_PROGRAM, font, (int32_t)sizeof font));
    assert_true(hint_run(&b, TS_GLYPH_PROGRAM, glyph, (int32_t)sizeof glyph));
    assert_int_equal(b.m.depth, 2);
    assert_int_equal(b.stack[0], 30);
    assert_int_equal(b.stack[1], 6);
    for (int32_t cut = 0; cut < (int32_t)sizeof font; cut++) { /* whole only between definitions */
        hint_bench_open(&b);
        const bool whole = cut == 0 || cut == 2 || cut == 7 || cut == 9;
        assert_int_equal(hint_run(&b, TS_FONT_PROGRAM, font, cut), whole);
    }
}

static void hostile(void **state)
{
    (void)state;
    hint_stops(HINT_BYTES(0xB8, 0xFF, 0xFD, 0x1C)); /* back to the beginning, for ever */
    hint_stops(HINT_BYTES(0xB0, 0, 0x1C));
    hint_stops(HINT_BYTES(0xB0, 99, 0x1C));
    hint_stops(HINT_BYTES(0xB8, 0x80, 0, 0x1C));
    hint_stops(HINT_BYTES(0xB0, 1, 0x2B));
    hint_stops(HINT_BYTES(0xB8, 0xFF, 0xFF, 0x2B));
    hint_stops(HINT_BYTES(0xB0, 1, 0x2C, 0x2D)); /* a glyph may not define */
    hint_stops(HINT_BYTES(0x2D));
    hint_stops(HINT_BYTES(0x91));
    hint_stops(HINT_BYTES(0x4F));
    hint_stops(HINT_BYTES(0xB0, 0, 0x58));
    hint_stops(HINT_BYTES(0xB0, 0, 0x58, 0x40));
    hint_stops(HINT_BYTES(0xB0, 1, 0x58, 0x1B));
    hint_bench b;
    hint_bench_open(&b); /* a function that calls itself; a definition in a definition */
    assert_false(hint_run(&b, TS_FONT_PROGRAM,
                          HINT_BYTES(0xB0, 0, 0x2C, 0xB0, 0, 0x2B, 0x2D, 0xB0, 0, 0x2B)));
    hint_bench_open(&b);
    assert_false(hint_run(&b, TS_FONT_PROGRAM, HINT_BYTES(0xB0, 0, 0x2C, 0x2C, 0x2D)));
    hint_bench_open(&b); /* 65535 times 65535 */
    assert_false(hint_run(&b, TS_FONT_PROGRAM,
                          HINT_BYTES(0xB0, 0, 0x2C, 0x30, 0x2D, 0xB0, 1, 0x2C, 0xB9, 0x7F, 0xFF, 0,
                                     0, 0x2A, 0x2D, 0xB9, 0x7F, 0xFF, 0, 1, 0x2A)));
}

/* Bytes by chance: whatever they do, they end, and stay in their bounds (which sanitizers see). */
static void chance(void **state)
{
    (void)state;
    uint32_t seed = 1;
    int ended = 0;
    for (int n = 0; n < 4000; n++) {
        uint8_t p[48];
        hint_bench b;
        hint_bench_open(&b);
        for (int i = 0; i < 48; i++) {
            seed = seed * 1664525u + 1013904223u;
            p[i] = (uint8_t)(seed >> 24);
        }
        p[0] = 0xB7; /* some numbers to begin with, small ones and wild ones */
        p[1] &= 7;
        p[2] &= 7;
        p[3] &= 7;
        ended += hint_run(&b, n % 3, p, 48);
        assert_true(b.m.depth >= 0 && b.m.depth <= 16 && b.m.calls <= TS_HINT_CALLS);
    }
    assert_true(ended < 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches), cmocka_unit_test(functions),
        cmocka_unit_test(hostile),  cmocka_unit_test(chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
