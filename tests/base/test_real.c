#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The honest arithmetic: floats in blocks of 64. */
#define TS_REAL_BITS 32
#define TS_HONEST
#define TS_TABLE honest
#include "ref/base/real.h"

static int TS_NAME(answer)(void)
{
    return 42;
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(ts_honest_answer_f32(), 42);
    assert_int_equal(sizeof(real), 4);
    assert_int_equal(sizeof(wide), 4);
}

/* 2^24 + 1 + 1 + ...: one float after another would stay at 2^24. In blocks the first 63 ones are
 * lost to the block that begins with 2^24, and every later block of 64 ones arrives whole. */
static void blocks(void **state)
{
    (void)state;
    for (int n = 1; n <= 1000; n++) {
        accumulator s = {0};
        accumulate(&s, 0x1p24f);
        for (int i = 1; i < n; i++)
            accumulate(&s, 1.0f);
        const int late = n > 64 ? n - 64 : 0, last = late % 64;
        const float done = 0x1p24f + (float)(late - last); /* even: exact */
        assert_true(total(&s) == done + (float)last);
        assert_int_equal(s.count, n % 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
