#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The honest arithmetic: floats, one after another. */
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

/* 2^24 + 1 + 1 + ...: one float after another stays at 2^24, as a float program's sum would. */
static void one_after_another(void **state)
{
    (void)state;
    accumulator s = {0};
    accumulate(&s, 0x1p24f);
    for (int i = 0; i < 1000; i++)
        accumulate(&s, 1.0f);
    assert_true(total(&s) == 0x1p24f);
    accumulate(&s, 2.0f);
    assert_true(total(&s) == 0x1p24f + 2.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(one_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
