#include "tests/support/optim.h"

#include "tests/support/golden.h"

#include <math.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/adamw.safetensors");
    golden_accepted("data/goldens/optim/adam_l2.safetensors");
    golden_accepted("data/goldens/optim/adam_amsgrad.safetensors");
    golden_accepted("data/goldens/optim/adamw_betas.safetensors");
    golden_accepted("data/goldens/optim/adamw_amsgrad.safetensors");
    golden_accepted("data/goldens/optim/adam_eps_hat.safetensors");
}

/* The first step moves by lr against the sign of the gradient, whatever its size. */
static void first_step(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("adam");
    optim_trial t;
    s.eps = 0.0;
    s.lr = 0.5;
    optim_open(&t, "adam", &s, &ts_table_plain, TS_F64, 1);
    double before[5];
    for (int i = 0; i < 5; i++)
        before[i] = ts_load(t.p[1].data, TS_F64, i);
    optim_steps(&t, 0, 1);
    assert_int_equal(t.ctx.status, TS_OK);
    for (int i = 0; i < 5; i++) {
        const double moved = ts_load(t.p[1].data, TS_F64, i) - before[i];
        const double sign = ts_load(t.g[1].data, TS_F64, i) > 0.0 ? -0.5 : 0.5;
        assert_true(fabs(moved - sign) < 1e-14);
    }
    optim_close(&t);
}

static void same_bits(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("adamw");
    s.amsgrad = true;
    optim_same_bits("adamw", &s);
    s.eps_hat = true;
    optim_same_bits("adam", &s);
}

static void refused(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("adam");
    s.beta1 = 1.0;
    optim_refuses("adam", &s, "[0, 1)");
    s = ts_optim_defaults("adamw");
    s.eps = -1.0;
    optim_refuses("adamw", &s, "eps must not be negative");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(first_step),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
