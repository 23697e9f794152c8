#include "tests/support/optim.h"

#include "ref/optim/moments.h"

#include <math.h>

static void corrections(void **state)
{
    (void)state;
    assert_true(fabs(ts_bias_correction(0.9, 1) - 0.1) < 1e-16);
    assert_true(fabs(ts_bias_correction(0.5, 3) - 0.875) == 0.0);
    assert_true(ts_bias_correction(0.0, 1) == 1.0);
    assert_true(ts_bias_correction(0.999, 100000) == 1.0 - pow(0.999, 100000));
}

/* Two pieces are one tensor: moments, direction and norm of 70001 numbers against a loop. */
static void pieces(void **state)
{
    (void)state;
    static double p[OPTIM_LARGEST], g[OPTIM_LARGEST], m[OPTIM_LARGEST], v[OPTIM_LARGEST];
    const int64_t n = OPTIM_LARGEST;
    double part[4], sum = 0.0;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F64, 2);
    for (int64_t i = 0; i < n; i++) {
        p[i] = (double)(i % 17) - 8.0;
        g[i] = (double)(i % 13) - 6.0;
        m[i] = v[i] = 0.0;
    }
    ts_optim_parameter x = {.value = ts_tensor_of(p, TS_F64, 1, &n),
                            .gradient = ts_tensor_of(g, TS_F64, 1, &n)};
    x.state[0] = ts_tensor_of(m, TS_F64, 1, &n);
    x.state[1] = ts_tensor_of(v, TS_F64, 1, &n);
    const ts_moments_args moments = {.decay = 0.5, .b1 = 0.5, .f1 = 0.5, .b2 = 0.75, .f2 = 0.25};
    const ts_adam_args adam = {.first = 0.5, .root = 0.5, .eps = 1.0, .decay = 0.25, .shrink = 0.5,
                               .rate = 2.0};
    ts_optim_moments(&ctx, &x, &moments);
    for (int64_t i = 0; i < n; i++) {
        const double d = g[i] + 0.5 * p[i];
        assert_true(m[i] == 0.5 * d && v[i] == 0.25 * d * d);
        const double u = m[i] / 0.5 / (sqrt(v[i]) / 0.5 + 1.0) + 0.25 * p[i];
        sum += u * u;
    }
    assert_true(fabs(ts_optim_step_norm(&ctx, part, &x, &adam) - sqrt(sum)) < 1e-10 * sqrt(sum));
    const double last = p[n - 1];
    ts_optim_descend(&ctx, &x, x.state[1], &adam);
    const double u = m[n - 1] / 0.5 / (sqrt(v[n - 1]) / 0.5 + 1.0) + 0.25 * last;
    assert_true(p[n - 1] == 0.5 * last - 2.0 * u);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrections),
        cmocka_unit_test(pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
