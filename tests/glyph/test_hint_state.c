/* The graphics state of hinting programs. */
#include "tests/support/hint.h"

static void rounding(void **state)
{
    (void)state;
    static const struct {
        ts_round_mode mode;
        int32_t v, want;
    } known[] = {{TS_ROUND_GRID, 31, 0},   {TS_ROUND_GRID, 32, 64},  {TS_ROUND_GRID, -33, -64},
                 {TS_ROUND_HALF, 10, 32},  {TS_ROUND_HALF, -70, -96}, {TS_ROUND_DOUBLE, 47, 32},
                 {TS_ROUND_DOUBLE, 48, 64}, {TS_ROUND_DOWN, 63, 0},   {TS_ROUND_DOWN, -65, -64},
                 {TS_ROUND_UP, 1, 64},     {TS_ROUND_UP, -1, -64},   {TS_ROUND_OFF, 17, 17}};
    hint_bench b;
    hint_bench_open(&b);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        b.m.state.round = known[i].mode;
        assert_int_equal(ts_hint_round(&b.m, known[i].v), known[i].want);
    }
    /* period 1, phase 1/4, threshold 1/2: 16 above whole pixels */
    hint_stack_is(HINT_BYTES(0xB0, 0x58, 0x76, 0xB0, 70, 0x68, 0xB0, 0, 0x68, 0xB8, 0xFF, 0xBA,
                             0x68), HINT_NUMBERS(80, 16, -80));
    /* period of half the diagonal's 45/64 */
    hint_stack_is(HINT_BYTES(0xB0, 0x48, 0x77, 0xB0, 100, 0x68), HINT_NUMBERS(90));
    for (int op = 0; op < 6; op++) {
        static const uint8_t codes[6] = {0x18, 0x19, 0x3D, 0x7A, 0x7C, 0x7D};
        static const int32_t want[6] = {128, 96, 96, 100, 128, 64};
        const uint8_t p[] = {codes[op], 0xB0, 100, 0x68};
        hint_stack_is(p, 4, &want[op], 1);
    }
}

static void vectors(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0x00, 0x0C, 0x0D), HINT_NUMBERS(0, 0x4000, 0, 0x4000));
    hint_stack_is(HINT_BYTES(0x02, 0x0D, 0x0E, 0x0D), HINT_NUMBERS(0x4000, 0, 0, 0x4000));
    hint_stack_is(HINT_BYTES(0x04, 0x0C, 0x0D), HINT_NUMBERS(0x4000, 0, 0, 0x4000));
    hint_stack_is(HINT_BYTES(0xB1, 3, 4, 0x0A, 0x0C), HINT_NUMBERS(9830, 13107));
    hint_stack_is(HINT_BYTES(0xB1, 4, 3, 0x0B, 0x0D), HINT_NUMBERS(13107, 9830));
    hint_stack_is(HINT_BYTES(0xB1, 0, 0, 0x0B, 0x0D), HINT_NUMBERS(0x4000, 0));
    /* from point 0 to point 3 is up; turned by a quarter it is to the left */
    hint_stack_is(HINT_BYTES(0xB1, 3, 0, 0x06, 0x0C), HINT_NUMBERS(0, 0x4000));
    hint_stack_is(HINT_BYTES(0xB1, 3, 0, 0x09, 0x0D), HINT_NUMBERS(-0x4000, 0));
    hint_stack_is(HINT_BYTES(0xB1, 2, 2, 0x07, 0x0C), HINT_NUMBERS(0x4000, 0));
    hint_stack_is(HINT_BYTES(0xB1, 3, 0, 0x86, 0x0C), HINT_NUMBERS(0, 0x4000));
    hint_stack_is(HINT_BYTES(0xB1, 99, 0, 0x06, 0xB1, 99, 0, 0x87, 0x0C), HINT_NUMBERS(0x4000, 0));
}

static void numbers(void **state)
{
    (void)state;
    hint_bench b;
    hint_bench_open(&b);
    assert_true(hint_run(&b, TS_SIZE_PROGRAM,
                         HINT_BYTES(0xB0, 5, 0x10, 0xB0, 6, 0x11, 0xB0, 7, 0x12, 0xB0, 3, 0x17, 0xB0,
                                    65, 0x1A, 0xB0, 66, 0x1D, 0xB0, 67, 0x1E, 0xB0, 68, 0x1F, 0xB0,
                                    10, 0x5E, 0xB0, 4, 0x5F, 0x4E, 0xB0, 0, 0x14)));
    const ts_hint_state *s = &b.m.state;
    assert_int_equal(s->reference[0] * 100 + s->reference[1] * 10 + s->reference[2], 567);
    assert_int_equal(s->loop, 3);
    assert_int_equal(s->minimum, 65);
    assert_int_equal(s->cut_in, 66);
    assert_int_equal(s->single_cut_in, 67);
    assert_int_equal(s->single_width, 34);
    assert_int_equal(s->delta_base, 10);
    assert_int_equal(s->delta_shift, 4);
    assert_false(s->flip);
    assert_int_equal(s->zone[0] * 100 + s->zone[1] * 10 + s->zone[2], 101);
    hint_stops(HINT_BYTES(0xB0, 2, 0x13));
    hint_stops(HINT_BYTES(0xB0, 7, 0x5F));
    hint_stops(HINT_BYTES(0xB8, 0xFF, 0xFF, 0x17));
}

static void control(void **state)
{
    (void)state;
    hint_bench b;
    hint_bench_open(&b);
    assert_true(hint_run(&b, TS_SIZE_PROGRAM,
                         HINT_BYTES(0xB8, 1, 12, 0x85, 0xB0, 5, 0x8D, 0xB1, 1, 1, 0x8E)));
    assert_true(b.m.state.drop_out);
    assert_int_equal(b.m.state.scan_type, 5);
    assert_int_equal(b.m.state.control, 1);
    assert_true(hint_run(&b, TS_SIZE_PROGRAM, HINT_BYTES(0xB8, 8, 11, 0x85, 0xB1, 0, 1, 0x8E)));
    assert_false(b.m.state.drop_out);
    assert_int_equal(b.m.state.control, 0);
    assert_true(hint_run(&b, TS_GLYPH_PROGRAM, HINT_BYTES(0xB0, 255, 0x85, 0xB1, 1, 1, 0x8E)));
    assert_true(b.m.state.drop_out);
    assert_int_equal(b.m.state.control, 0); /* not for a glyph to say */
    hint_stack_is(HINT_BYTES(0x4B, 0x4C, 0xB0, 1, 0x88, 0xB0, 32, 0x88), HINT_NUMBERS(12, 12, 35, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding), cmocka_unit_test(vectors),
        cmocka_unit_test(numbers),  cmocka_unit_test(control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
