/* Hinting programs that move single points. */
#include "tests/support/hint.h"

static void at(const hint_bench *b, int point, int32_t x, int32_t y)
{
    assert_int_equal(b->now[point].x, x);
    assert_int_equal(b->now[point].y, y);
}

static void run(hint_bench *b, const uint8_t *program, int32_t size)
{
    hint_bench_open(b);
    if (!hint_run(b, TS_GLYPH_PROGRAM, program, size))
        fail_msg("%s", b->m.error);
}

static void measuring(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0xB0, 1, 0x46, 0x00, 0xB0, 2, 0x46), HINT_NUMBERS(100, 200));
    /* moved by MDAP to 128: MD now and before */
    hint_stack_is(HINT_BYTES(0xB0, 1, 0x2F, 0xB0, 1, 0x46, 0xB0, 1, 0x47, 0xB1, 1, 0, 0x49, 0xB1, 1,
                             0, 0x4A), HINT_NUMBERS(128, 100, 128, 100));
    hint_stack_is(HINT_BYTES(0xB0, 99, 0x46, 0xB1, 0, 99, 0x49), HINT_NUMBERS(0, 0));
    hint_bench b;
    run(&b, HINT_BYTES(0xB1, 1, 7, 0x48));
    at(&b, 1, 7, 0);
    assert_int_equal(b.flags[1], TS_ON_CURVE | TS_TOUCHED_X);
}

static void absolute(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 1, 0x2E));
    at(&b, 1, 100, 0);
    assert_int_equal(b.flags[1], TS_ON_CURVE | TS_TOUCHED_X);
    run(&b, HINT_BYTES(0x00, 0xB0, 2, 0x2F));
    at(&b, 2, 100, 192);
    assert_int_equal(b.m.state.reference[0], 2);
    run(&b, HINT_BYTES(0xB1, 1, 3, 0x3F)); /* 140, near: rounded */
    at(&b, 1, 128, 0);
    run(&b, HINT_BYTES(0xB1, 1, 0, 0x3F)); /* 0, too far: the point rounded */
    at(&b, 1, 128, 0);
    run(&b, HINT_BYTES(0xB1, 1, 0, 0x3E)); /* 0 all the same */
    at(&b, 1, 0, 0);
    run(&b, HINT_BYTES(0xB0, 0, 0x13, 0xB1, 1, 3, 0x3E)); /* into the twilight zone */
    assert_int_equal(b.twilight[1][1].x, 140);
    assert_int_equal(b.twilight[2][1].x, 140);
}

static void relative(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 0, 0x10, 0xB0, 1, 0xC4)); /* MDRP, rounded */
    at(&b, 1, 128, 0);
    run(&b, HINT_BYTES(0xB0, 0, 0x10, 0xB0, 4, 0xD8)); /* at least 64; becomes the reference */
    at(&b, 4, 64, 50);
    assert_int_equal(b.m.state.reference[0], 4);
    assert_int_equal(b.m.state.reference[2], 4);
    run(&b, HINT_BYTES(0xB0, 0, 0x10, 0xB1, 1, 3, 0xE4)); /* MIRP: 140, rounded */
    at(&b, 1, 128, 0);
    run(&b, HINT_BYTES(0xB0, 0, 0x10, 0xB1, 1, 3, 0xE0));
    at(&b, 1, 140, 0);
    run(&b, HINT_BYTES(0xB0, 1, 0x10, 0xB1, 0, 3, 0xE0)); /* to the left: flipped */
    at(&b, 0, -40, 0);
    run(&b, HINT_BYTES(0x4E, 0xB0, 1, 0x10, 0xB1, 0, 3, 0xE0)); /* FLIPOFF */
    at(&b, 0, 240, 0);
    run(&b, HINT_BYTES(0xB0, 0, 0x10, 0xB1, 1, 77, 0x3B)); /* MSIRP */
    at(&b, 1, 77, 0);
    assert_int_equal(b.m.state.reference[0], 1);
}

static void aligning(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0xB0, 1, 0x10, 0xB0, 2, 0x17, 0xB1, 0, 3, 0x3C));
    at(&b, 0, 100, 0);
    at(&b, 3, 100, 200);
    run(&b, HINT_BYTES(0xB1, 0, 1, 0x27));
    at(&b, 0, 50, 0);
    at(&b, 1, 50, 0);
    run(&b, HINT_BYTES(0xB4, 4, 0, 2, 1, 3, 0x0F)); /* the middle of the rectangle */
    at(&b, 4, 50, 100);
    assert_int_equal(b.flags[4], TS_ON_CURVE | TS_TOUCHED_X | TS_TOUCHED_Y);
    run(&b, HINT_BYTES(0xB4, 4, 0, 1, 3, 2, 0x0F)); /* parallel: the mean of the four */
    at(&b, 4, 50, 100);
}

/* Freedom along x, projection along the diagonal: a point moves until it measures right. */
static void slanted(void **state)
{
    (void)state;
    hint_bench b;
    run(&b, HINT_BYTES(0x01, 0xB1, 1, 1, 0x0A, 0xB0, 1, 0x2F));
    at(&b, 1, 90, 0); /* 100 measures 71; 7 less along the diagonal are 7 sqrt 2 along x */
}

/* Points, control values and zones that do not exist: nothing is moved, nothing else is read. */
static void wild(void **state)
{
    (void)state;
    static const uint8_t codes[] = {0x2F, 0x3F, 0xC4, 0xE4, 0x3A, 0x3C, 0x27, 0x0F, 0x48, 0x49};
    for (size_t i = 0; i < sizeof codes; i++)
        for (int zone = 0; zone < 2; zone++) {
            const uint8_t p[] = {0xB0, (uint8_t)zone, 0x16, 0x41, 6, 0x7F, 0xFF, 0x80, 0,
                                 0x7F, 0xFF, 0x80, 0, 0x7F, 0xFF, 0xFF, 0xFF, codes[i]};
            hint_bench b, untouched;
            hint_bench_open(&untouched);
            run(&b, p, (int32_t)sizeof p);
            assert_memory_equal(b.now, untouched.now, sizeof b.now);
            assert_memory_equal(b.twilight, untouched.twilight, sizeof b.twilight);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measuring), cmocka_unit_test(absolute), cmocka_unit_test(relative),
        cmocka_unit_test(aligning),  cmocka_unit_test(slanted),  cmocka_unit_test(wild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
