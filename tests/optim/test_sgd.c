#include "tests/support/optim.h"

#include "tests/support/golden.h"

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/sgd.safetensors");
    golden_accepted("data/goldens/optim/sgd_plain.safetensors");
    golden_accepted("data/goldens/optim/sgd_dampening.safetensors");
    golden_accepted("data/goldens/optim/sgd_nesterov.safetensors");
    golden_accepted("data/goldens/optim/sgd_keras.safetensors");
    golden_accepted("data/goldens/optim/sgd_keras_nesterov.safetensors");
}

static void same_bits(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("sgd");
    optim_same_bits("sgd", &s);
    s.momentum = 0.9;
    s.nesterov = true;
    s.weight_decay = 0.1;
    optim_same_bits("sgd", &s);
}

/* Dyadic numbers: every form by hand, after one step with v = (1, -1). */
static void forms(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("sgd");
    s.lr = 0.5;
    s.momentum = 0.5;
    s.weight_decay = 0.25;
    /* g' = (2, -1); v = v / 2 + g' = (2.5, -1.5) */
    optim_vector x = {s, {4, 4}, {1, -2}, {1, -1}, {2.75, 4.75}, {2.5, -1.5}, 1};
    optim_vector_holds("sgd", &x);
    /* g' + v / 2 = (3.25, -1.75) */
    x.settings.nesterov = true;
    x.want_w[0] = 2.375;
    x.want_w[1] = 4.875;
    optim_vector_holds("sgd", &x);
    /* lr inside: v = v / 2 + g' / 2 = (1.5, -1) */
    x = (optim_vector){s, {4, 4}, {1, -2}, {1, -1}, {2.5, 5}, {1.5, -1}, 1};
    x.settings.lr_inside = true;
    optim_vector_holds("sgd", &x);
    /* g' / 2 + v / 2 = (1.75, -1) */
    x.settings.nesterov = true;
    x.want_w[0] = 2.25;
    optim_vector_holds("sgd", &x);
}

/* The two conventions are one while lr stays, and part when it falls. */
static void conventions(void **state)
{
    (void)state;
    uint64_t hash[2][2];
    for (int falls = 0; falls < 2; falls++)
        for (int inside = 0; inside < 2; inside++) {
            ts_optim_settings s = ts_optim_defaults("sgd");
            optim_trial t;
            s.lr = 0.25;
            s.momentum = 0.5;
            s.lr_inside = inside;
            optim_open(&t, "sgd", &s, &ts_table_plain, TS_F64, 1);
            optim_steps(&t, 0, 2);
            if (falls)
                ts_optim_group(t.o, 0)->lr = 0.125;
            optim_steps(&t, 2, 1);
            assert_int_equal(t.ctx.status, TS_OK);
            hash[falls][inside] = optim_hash(&t);
            optim_close(&t);
        }
    assert_true(hash[0][0] == hash[0][1]); /* powers of two: no rounding differs */
    assert_true(hash[1][0] != hash[1][1]);
}

static void refused(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("sgd");
    s.nesterov = true;
    optim_refuses("sgd", &s, "nesterov needs a momentum");
    s.momentum = 0.9;
    s.dampening = 0.1;
    optim_refuses("sgd", &s, "no dampening");
    s.nesterov = false;
    s.lr_inside = true;
    optim_refuses("sgd", &s, "lr_inside knows no dampening");
    s = ts_optim_defaults("sgd");
    s.momentum = -1.0;
    optim_refuses("sgd", &s, "momentum must not be negative");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(forms),
        cmocka_unit_test(conventions),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
