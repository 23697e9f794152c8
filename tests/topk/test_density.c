#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/topk/density.h"

static void parses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t num, den;
    } row[] = {{"0.01", 1, 100}, {"1e-3", 1, 1000}, {"1/16", 1, 16}, {"1", 1, 1}, {"0.29", 29, 100},
               {".5", 1, 2},     {"0", 0, 1},       {"2/8", 1, 4},   {"5e-1", 1, 2}};
    ts_ctx ctx;
    ts_density x;
    ts_ctx_open_plain(&ctx);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(ts_density_parse(&ctx, &x, row[i].text), TS_OK);
        assert_int_equal(x.num, row[i].num);
        assert_int_equal(x.den, row[i].den);
    }
    static const char *const bad[] = {"",     "x",      "-0.1", "2",  "1/0", "0.1.2", "1e-99", "3/2",
                                      "0x1",  "1 / 2",  "nan",  "1/", "e-3", "0.",
                                      "12345678901234567890"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ts_density_parse(&ctx, &x, bad[i]) != TS_ERROR_USAGE)
            fail_msg("\"%s\" is a density", bad[i]);
        ts_ctx_clear(&ctx);
    }
    ts_density_parse(&ctx, &x, "rho");
    assert_string_equal(ctx.message, "topk: the density \"rho\" is no fraction: 0.01, 1e-3, 1/16");
    ts_ctx_close(&ctx);
}

/* In doubles 0.29 * 100 would be 28. */
static void counts(void **state)
{
    (void)state;
    assert_int_equal(ts_density_k((ts_density){29, 100}, 100), 29);
    assert_int_equal(ts_density_k((ts_density){1, 100}, 25557032), 255570);
    assert_int_equal(ts_density_k((ts_density){1, 1000}, 5), 1);
    assert_int_equal(ts_density_k((ts_density){1, 1}, 7), 7);
    assert_int_equal(ts_density_k((ts_density){1, 2}, 0), 0);
    assert_int_equal(ts_density_k((ts_density){999999999, 1000000000}, INT64_C(4000000000)), 3999999996);
}

static double rho(ts_density x)
{
    return (double)x.num / (double)x.den;
}

static void warms_up(void **state)
{
    (void)state;
    static const double program[] = {0.316227766, 0.1, 0.031622777, 0.01, 0.003162278, 0.001};
    static const double paper[] = {0.25, 0.0625, 0.015625, 0.004, 0.001, 0.001};
    for (int e = 0; e < 6; e++) {
        const ts_density base = {1, 1000};
        assert_true(rho(ts_density_at(base, TS_WARMUP_NONE, 5, e)) == 0.001);
        const double a = rho(ts_density_at(base, TS_WARMUP_EXPONENTIAL, 5, e));
        assert_true(a > program[e] - 1e-9 && a < program[e] + 1e-9);
        const double b = rho(ts_density_at(base, TS_WARMUP_PUBLISHED, 5, e));
        assert_true(b > paper[e] - 1e-9 && b < paper[e] + 1e-9);
    }
    assert_true(rho(ts_density_at((ts_density){1, 10}, TS_WARMUP_PUBLISHED, 5, 1)) == 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(counts),
        cmocka_unit_test(warms_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
