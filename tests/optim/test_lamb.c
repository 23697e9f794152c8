#include "tests/support/optim.h"

#include "tests/support/golden.h"

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/lamb_paper.safetensors");
    golden_accepted("data/goldens/optim/lamb_pytorch.safetensors");
    golden_accepted("data/goldens/optim/lamb_apex.safetensors");
    golden_accepted("data/goldens/optim/lamb_nvlamb.safetensors");
    golden_accepted("data/goldens/optim/lamb_trust_clip.safetensors");
}

/* Excluded tensors take Adam's own step: without eps, of length lr in the first step. */
static void excluded(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("lamb");
    optim_trial t;
    s.exclude = true;
    s.eps = 0.0;
    s.lr = 0.25;
    s.weight_decay = 0.5;
    optim_open(&t, "lamb", &s, &ts_table_plain, TS_F64, 1);
    const double before = ts_load(t.p[1].data, TS_F64, 0);
    optim_steps(&t, 0, 1);
    const double moved = ts_load(t.p[1].data, TS_F64, 0) - before;
    assert_true(moved * moved > 0.0624999 && moved * moved < 0.0625001);
    assert_true(ts_optim_trust(t.o, 1) == 1.0);
    optim_close(&t);
}

static void same_bits(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("lamb");
    s.max_gradient_norm = 1.0;
    optim_same_bits("lamb", &s);
}

static void refused(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("lamb");
    s.min_norm = 2.0;
    s.max_norm = 1.0;
    optim_refuses("lamb", &s, "min_norm must be between 0 and max_norm");
    s = ts_optim_defaults("lamb");
    s.min_trust = -1.0;
    optim_refuses("lamb", &s, "min_trust");
    s = ts_optim_defaults("lamb");
    s.max_gradient_norm = -1.0;
    optim_refuses("lamb", &s, "max_gradient_norm");
    s = ts_optim_defaults("lamb");
    s.beta2 = -0.1;
    optim_refuses("lamb", &s, "[0, 1)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(excluded),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
