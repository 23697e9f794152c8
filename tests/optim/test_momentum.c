#include "tests/support/optim.h"

#include "ref/optim/momentum.h"

#include "ref/base/judge.h"

#include <stdlib.h>

/* The gauge of a step accepts the same step in f32 on every table, and refuses one that leaves the
 * decay out. */
static double worst(const ts_table *table, bool without_decay)
{
    ts_ctx ctx;
    const int64_t n = 1000;
    float p[1000], v[1000], g[1000];
    double y[1000];
    ts_ctx_open(&ctx, table, TS_F32, 1);
    for (int64_t i = 0; i < n; i++) {
        p[i] = (float)((double)((i * 37) % 101) / 50.5 - 1.0);
        v[i] = (float)((double)((i * 53) % 103) / 51.5 - 1.0);
        g[i] = (float)((double)((i * 71) % 107) / 53.5 - 1.0);
    }
    ts_optim_parameter x = {.name = (char *)"w", .value = ts_tensor_of(p, TS_F32, 1, &n),
                            .gradient = ts_tensor_of(g, TS_F32, 1, &n)};
    x.state[0] = ts_tensor_of(v, TS_F32, 1, &n);
    const ts_momentum_args args = {.decay = without_decay ? 0.0 : 0.05, .scale = 0.3,
                                   .momentum = 0.9, .keep = 1.0, .rate = 0.7, .nesterov = true};
    ts_optim_momentum(&ctx, &x, &args, 0.0);
    for (int64_t i = 0; i < n; i++)
        y[i] = (double)p[i];
    /* the truth, and its gauge */
    ts_ctx wide;
    double pd[1000], vd[1000], gd[1000];
    ts_ctx_open(&wide, &ts_table_plain, TS_F64, 1);
    wide.gauges = true;
    for (int64_t i = 0; i < n; i++) {
        pd[i] = (double)(float)((double)((i * 37) % 101) / 50.5 - 1.0);
        vd[i] = (double)(float)((double)((i * 53) % 103) / 51.5 - 1.0);
        gd[i] = (double)g[i];
    }
    ts_optim_parameter r = {.name = x.name, .value = ts_tensor_of(pd, TS_F64, 1, &n),
                            .gradient = ts_tensor_of(gd, TS_F64, 1, &n)};
    r.state[0] = ts_tensor_of(vd, TS_F64, 1, &n);
    const ts_momentum_args true_args = {.decay = 0.05, .scale = 0.3, .momentum = 0.9, .keep = 1.0,
                                        .rate = 0.7, .nesterov = true};
    ts_optim_momentum(&wide, &r, &true_args, 0.0);
    assert_non_null(r.value.gauge);
    assert_non_null(r.state[0].gauge);
    const ts_verdict verdict =
        ts_judge_rounded(y, pd, r.value.gauge, n, wide.gauge_terms, TS_F32, TS_F32);
    ts_ctx_close(&wide);
    ts_ctx_close(&ctx);
    return verdict.ratio;
}

static void gauge(void **state)
{
    (void)state;
    assert_true(worst(&ts_table_plain, false) <= 1.0);
    assert_true(worst(&ts_table_fast, false) <= 1.0);
    assert_true(worst(&ts_table_honest, false) <= 1.0);
    assert_true(worst(&ts_table_paired, false) <= 1.0);
    assert_true(worst(&ts_table_plain, true) > 100.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gauge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
