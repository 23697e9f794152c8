#include "tests/support/golden.h"

#include "ref/optim/schedule.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/schedules.json");
}

static void by_hand(void **state)
{
    (void)state;
    ts_schedule s = {.kind = TS_SCHEDULE_LINEAR, .base = 8, .end = 2, .warmup_from = 4, .warmup = 4,
                     .total = 10};
    assert_true(ts_schedule_at(&s, 0) == 4 && ts_schedule_at(&s, 3) == 7);
    assert_true(ts_schedule_at(&s, 4) == 8 && ts_schedule_at(&s, 7) == 5);
    assert_true(ts_schedule_at(&s, 10) == 2 && ts_schedule_at(&s, 1000) == 2);
    s.kind = TS_SCHEDULE_COSINE;
    s.cycles = 0.5;
    assert_true(ts_schedule_at(&s, 4) == 8 && fabs(ts_schedule_at(&s, 7) - 5) < 1e-15);
    assert_true(ts_schedule_at(&s, 12) == 2);
    s.kind = TS_SCHEDULE_POLYNOMIAL;
    s.power = 2;
    assert_true(ts_schedule_at(&s, 7) == 3.5 && ts_schedule_at(&s, 99) == 2);
    s.kind = TS_SCHEDULE_CONSTANT;
    assert_true(ts_schedule_at(&s, 2) == 6 && ts_schedule_at(&s, 99) == 8);
    s = (ts_schedule){.kind = TS_SCHEDULE_KNOTS, .points = 2, .at = {2, 6}, .value = {1, 9}};
    assert_true(ts_schedule_at(&s, 0) == 1 && ts_schedule_at(&s, 2) == 1);
    assert_true(ts_schedule_at(&s, 5) == 7 && ts_schedule_at(&s, 6) == 9 &&
                ts_schedule_at(&s, 7) == 9);
    s.kind = TS_SCHEDULE_STEPS;
    s.base = 5;
    assert_true(ts_schedule_at(&s, 1) == 5 && ts_schedule_at(&s, 2) == 1 &&
                ts_schedule_at(&s, 6) == 9);
}

static void refuses(ts_schedule s, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_schedule_check(&ctx, &s), TS_ERROR_USAGE);
    if (!strstr(ctx.message, words))
        fail_msg("%s", ctx.message);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_schedule_kind kind;
    assert_true(ts_schedule_named("knots", &kind) && kind == TS_SCHEDULE_KNOTS);
    assert_false(ts_schedule_named("knot", &kind));
    refuses((ts_schedule){.base = (double)NAN}, "finite");
    refuses((ts_schedule){.warmup = -1}, "must not be negative");
    refuses((ts_schedule){.kind = TS_SCHEDULE_LINEAR, .warmup = 3, .total = 3}, "more than warmup");
    refuses((ts_schedule){.kind = TS_SCHEDULE_POLYNOMIAL, .total = 3}, "power");
    refuses((ts_schedule){.kind = TS_SCHEDULE_STEPS}, "1 to 32 points");
    refuses((ts_schedule){.kind = TS_SCHEDULE_KNOTS, .points = 2, .at = {4, 4}}, "must rise");
    refuses((ts_schedule){.kind = TS_SCHEDULE_KNOTS, .points = 1, .value = {(double)INFINITY}},
            "finite");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
