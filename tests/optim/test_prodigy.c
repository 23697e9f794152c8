#include "tests/support/optim.h"

#include "tests/support/golden.h"

#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/prodigy.safetensors");
    golden_accepted("data/goldens/optim/prodigy_trainer.safetensors");
    golden_accepted("data/goldens/optim/prodigy_default.safetensors");
    golden_accepted("data/goldens/optim/prodigy_coupled.safetensors");
    golden_accepted("data/goldens/optim/prodigy_slice.safetensors");
    golden_accepted("data/goldens/optim/prodigy_no_momentum.safetensors");
}

static void same_bits(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("prodigy");
    s.d0 = 1e-4;
    optim_same_bits("prodigy", &s);
    s.slice = 3;
    s.bias_correction = s.safeguard_warmup = true;
    optim_same_bits("prodigy", &s);
}

/* Gradients of zero leave everything, d included, where it was. */
static void no_progress(void **state)
{
    (void)state;
    optim_trial t;
    optim_open(&t, "prodigy", NULL, &ts_table_plain, TS_F32, 1);
    const uint64_t before = optim_hash(&t);
    for (int i = 0; i < OPTIM_TENSORS; i++)
        memset(t.g[i].data, 0, (size_t)ts_numel(t.g[i]) * 4);
    assert_int_equal(ts_optim_step(&t.ctx, t.o, t.g), TS_OK);
    assert_true(optim_hash(&t) == before && ts_optim_d(t.o) == 1e-6);
    optim_steps(&t, 0, 1);
    assert_true(optim_hash(&t) != before);
    optim_close(&t);
}

/* Groups with one lr or 0: other ones are refused, in the step. */
static void groups(void **state)
{
    (void)state;
    optim_trial t;
    ts_optim_settings s = ts_optim_defaults("prodigy");
    optim_open(&t, "prodigy", NULL, &ts_table_plain, TS_F64, 1);
    s.lr = 0.0;
    const int still = ts_optim_add_group(&t.ctx, t.o, &s);
    double own[2] = {1, 2}, slope[2] = {3, 4};
    const int64_t two = 2;
    assert_int_equal(ts_optim_add(&t.ctx, t.o, still, "d", ts_tensor_of(own, TS_F64, 1, &two)),
                     TS_OK);
    const ts_tensor g[4] = {t.g[0], t.g[1], t.g[2], ts_tensor_of(slope, TS_F64, 1, &two)};
    assert_int_equal(ts_optim_step(&t.ctx, t.o, g), TS_OK);
    assert_true(own[0] == 1.0 && own[1] == 2.0);
    ts_optim_group(t.o, still)->lr = 0.5;
    const uint64_t before = optim_hash(&t);
    assert_int_equal(ts_optim_step(&t.ctx, t.o, g), TS_ERROR_USAGE);
    assert_non_null(strstr(t.ctx.message, "one lr, or 0"));
    assert_true(optim_hash(&t) == before);
    optim_close(&t);
}

static void refused(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("prodigy");
    s.d0 = 0.0;
    optim_refuses("prodigy", &s, "d0 and eps must be positive");
    s = ts_optim_defaults("prodigy");
    s.growth_rate = 0.5;
    optim_refuses("prodigy", &s, "growth_rate at least 1");
    s = ts_optim_defaults("prodigy");
    s.slice = 0;
    optim_refuses("prodigy", &s, "slice must be at least 1");
    s = ts_optim_defaults("prodigy");
    s.beta1 = 2.0;
    optim_refuses("prodigy", &s, "[0, 1)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(no_progress),
        cmocka_unit_test(groups),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
