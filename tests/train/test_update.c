#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/training.h"

#include "ref/ops/table.h"

#include <math.h>

/* Warm-up, then the three curves. */
static void rates(void **state)
{
    (void)state;
    ts_update_rule r = {.optim.lr = 2, .last_rate = 0.5, .first_rate = 1, .warmup = 4};
    assert_true(ts_update_rate(&r, 0, 10) == 1);
    assert_true(ts_update_rate(&r, 2, 10) == 1.5);
    assert_true(ts_update_rate(&r, 4, 10) == 2);
    assert_true(ts_update_rate(&r, 9, 10) == 2);
    r.curve = TS_RATE_LINEAR;
    assert_true(ts_update_rate(&r, 7, 10) == 1.25);
    assert_true(ts_update_rate(&r, 10, 10) == 0.5);
    r.curve = TS_RATE_COSINE;
    assert_true(ts_update_rate(&r, 4, 10) == 2);
    assert_true(fabs(ts_update_rate(&r, 7, 10) - 1.25) < 1e-15);
    assert_true(fabs(ts_update_rate(&r, 10, 10) - 0.5) < 1e-15);
    assert_true(ts_update_rate(&r, 4, 4) == 2); /* nothing but a warm-up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
