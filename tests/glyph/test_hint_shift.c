/* Hinting programs that move many points. */
#include "tests/support/hint.h"

static void run(hint_bench *b, const uint8_t *program, int32_t size)
{
    hint_bench_open(b);
    if (!hint_run(b, TS_GLYPH_PROGRAM, program, size))
        fail_msg("%s", b->m.error);
}

static void xs(const hint_bench *b, const int32_t want[6])
{
    for (int i = 0; i < 6; i++)
        assert_int_equal(b->now[i].x, want[i]);
}

/* Point 1 goes from 100 to 128, by MDAP; then others follow it. */
static void shifting(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 4, 0x33));
    xs(&b, (const int32_t[]){0, 128, 100, 0, 58, 70});
    assert_int_equal(b.flags[4], TS_ON_CURVE | TS_TOUCHED_X);
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 0, 0x35));
    xs(&b, (const int32_t[]){28, 128, 128, 28, 30, 70});
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 1, 0x35));
    xs(&b, (const int32_t[]){0, 128, 100, 0, 58, 98});
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 1, 0x37));
    xs(&b, (const int32_t[]){28, 128, 128, 28, 58, 98});
    assert_int_equal(b.flags[4], TS_ON_CURVE);
    assert_int_equal(b.now[7].x, 110); /* no phantoms */
    run(&b, HINT_BYTES(0xB0, 2, 0x17, 0xB2, 2, 3, 10, 0x38));
    xs(&b, (const int32_t[]){0, 100, 110, 10, 30, 70});
}

/* Between point 0 (stays) and point 1 (100 to 128): 30 and 70 in proportion. */
static void interpolating(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 0, 0x11, 0xB0, 1, 0x12, 0xB0, 2, 0x17, 0xB1, 4, 5, 0x39));
    xs(&b, (const int32_t[]){0, 128, 100, 0, 38, 90});
    /* IUP: contour 0 has touched points 0 and 1; point 2 is where 1 was, 3 where 0 was; one touched
     * point in contour 1 takes the other along */
    run(&b, HINT_BYTES(0xB0, 0, 0x2F, 0xB0, 1, 0x2F, 0xB1, 4, 32, 0x38, 0x31));
    xs(&b, (const int32_t[]){0, 128, 128, 0, 62, 102});
    run(&b, HINT_BYTES(0x31)); /* nothing touched */
    xs(&b, (const int32_t[]){0, 100, 100, 0, 30, 70});
    run(&b, HINT_BYTES(0x00, 0xB0, 2, 0x2F, 0x30)); /* y: 200 to 192 */
    assert_int_equal(b.now[0].y, -8);
    assert_int_equal(b.now[3].y, 192);
    run(&b, HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 1, 0x29, 0x31)); /* UTP */
    xs(&b, (const int32_t[]){0, 128, 100, 0, 30, 70});
}

static void flipping(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 1, 0x80, 0xB1, 2, 3, 0x82));
    const uint8_t off[6] = {1, 0, 0, 0, 1, 1};
    assert_memory_equal(b.flags, off, 6);
    run(&b, HINT_BYTES(0xB1, 0, 5, 0x82, 0xB1, 3, 4, 0x81));
    const uint8_t on[6] = {0, 0, 0, 1, 1, 0};
    assert_memory_equal(b.flags, on, 6);
}

/* At 12 pixels, with base 9: argument 0x3n means this size. n = 7 is -1/8 pixel, 8 is 1/8. */
static void exceptions(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB4, 0x38, 1, 0x4F, 2, 2, 0x5D));
    xs(&b, (const int32_t[]){0, 108, 100, 0, 30, 70});
    run(&b, HINT_BYTES(0xB2, 0x30, 1, 1, 0x5D));
    assert_int_equal(b.now[1].x, 36); /* 8 steps back */
    b.m.ppem = 28;
    assert_true(hint_run(&b, TS_GLYPH_PROGRAM, HINT_BYTES(0xB2, 0x37, 1, 1, 0x71)));
    assert_int_equal(b.now[1].x, 28);
    b.m.ppem = 44;
    assert_true(hint_run(&b, TS_GLYPH_PROGRAM,
                         HINT_BYTES(0xB2, 0x3F, 1, 1, 0x72, 0xB2, 0x3F, 2, 1, 0x75)));
    assert_int_equal(b.now[1].x, 92);
    assert_int_equal(b.control_value[2], 164);
}

static void wild(void **state)
{
    (void)state;
    static const uint8_t codes[] = {0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x29,
                                    0x80, 0x81, 0x82, 0x5D, 0x71, 0x73, 0x75};
    for (size_t i = 0; i < sizeof codes; i++)
        for (int zone = 0; zone < 2; zone++) {
            const uint8_t p[] = {0xB0, (uint8_t)zone, 0x16, 0xB9, 0x7F, 0xFF, 0x7F, 0xFF, 0x11, 0x12,
                                 0xB8, 0x7F, 0xFF, 0x17, 0xBD, 0x7F, 0xFF, 0x80, 0, 0x7F, 0xFF,
                                 0x80, 0, 0x7F, 0xFF, 0xFF, 0xFF, codes[i]};
            hint_bench b, untouched;
            hint_bench_open(&untouched);
            run(&b, p, (int32_t)sizeof p);
            assert_memory_equal(b.now, untouched.now, sizeof b.now);
            assert_memory_equal(b.flags, untouched.flags, sizeof b.flags);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shifting),   cmocka_unit_test(interpolating), cmocka_unit_test(flipping),
        cmocka_unit_test(exceptions), cmocka_unit_test(wild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
