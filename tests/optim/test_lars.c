#include "tests/support/optim.h"

#include "tests/support/golden.h"

#include <math.h>
#include <stdio.h>

static void goldens(void **state)
{
    (void)state;
    static const char *const names[] = {"you", "tf", "zero_grad", "zero_weight", "torchlars", "larc",
                                        "tf_nesterov", "popular", "popular_nesterov", "skip_zero"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "data/goldens/optim/lars_%s.safetensors", names[i]);
        golden_accepted(path);
    }
}

static ts_optim_settings lars(ts_lars_kind kind, double lr, double eta, double decay, double mu)
{
    ts_optim_settings s = ts_optim_defaults("lars");
    s.lars = kind;
    s.lr = lr;
    s.eta = eta;
    s.weight_decay = decay;
    s.momentum = mu;
    return s;
}

/* Worked by hand: dyadic numbers, but for the square root of 2. */
static void vectors(void **state)
{
    (void)state;
    const double root = sqrt(2.0), eighth = 0.125;
    const optim_vector all[] = {
        /* |w| 5, |g| 5/8: 1/8 * 5 / (5/8) = 1 */
        {lars(TS_LARS_YOU, 1, 0.125, 0, 0.5), {3, 4}, {0, 0.625}, {0, 0}, {3, 3.375}, {0, 0.625}, 1},
        /* 1/4 * 5 / (5/8 + 5/8) = 1; g is parallel to w, so tf has the same */
        {lars(TS_LARS_YOU, 2, 0.25, eighth, 0.5), {3, 4}, {0.375, 0.5}, {1, -1}, {1, 2.5}, {2, 1.5},
         1},
        {lars(TS_LARS_TF, 2, 0.25, eighth, 0.5), {3, 4}, {0.375, 0.5}, {1, -1}, {1, 2.5}, {2, 1.5},
         1},
        /* g is at right angles to w: 1 and sqrt 2 */
        {lars(TS_LARS_YOU, 1, 0.25, eighth, 0.9), {3, 4}, {-0.5, 0.375}, {0, 0}, {3.125, 3.125},
         {-0.125, 0.875}, 1},
        {lars(TS_LARS_TF, 1, 0.25, eighth, 0.9), {3, 4}, {-0.5, 0.375}, {0, 0},
         {3 + eighth * root, 4 - 0.875 * root}, {-eighth * root, 0.875 * root}, root},
        /* weights of 0 */
        {lars(TS_LARS_YOU, 0.5, 0.001, 1e-4, 0.9), {0, 0}, {1, 1}, {0, 0}, {-0.5, -0.5}, {0.5, 0.5},
         1},
        /* popular, v = (0, 0): u = g' = (0.75, 1), |u| = 1.25, 1/4 * 5 / 1.25 = 1; v keeps no rate */
        {lars(TS_LARS_POPULAR, 2, 0.25, eighth, 0.5), {3, 4}, {0.375, 0.5}, {0, 0}, {1.5, 2},
         {0.75, 1}, 1},
        /* larc with clip: 1 / lr = 1/2; lr outside below */
        {lars(TS_LARS_LARC, 2, 0.25, eighth, 0.5), {3, 4}, {0.375, 0.5}, {0, 0}, {2.25, 3},
         {0.375, 0.5}, 0.5},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        optim_vector x = all[i];
        x.settings.clip = x.settings.lars == TS_LARS_LARC;
        x.settings.lr_inside = !x.settings.clip;
        optim_vector_holds("lars", &x);
    }
}

static void exclusions_and_zeros(void **state)
{
    (void)state;
    /* Excluded: neither ratio nor decay, nor the bounds of the ratio. */
    optim_vector x = {lars(TS_LARS_YOU, 0.5, 0.001, 0.5, 0.9), {1, 1}, {1, 1}, {0, 0}, {0.5, 0.5},
                      {0.5, 0.5}, 1};
    x.settings.exclude = true;
    x.settings.max_trust = 0.25;
    optim_vector_holds("lars", &x);
    /* No gradient: ratio 1 and a decay of lr/2 w, or the momentum alone. */
    x = (optim_vector){lars(TS_LARS_YOU, 0.5, 0.001, 0.5, 0.5), {4, 8}, {0, 0}, {2, 2}, {2, 5},
                       {2, 3}, 1};
    optim_vector_holds("lars", &x);
    x.settings.skip_zero_gradient = true;
    x.want_w[0] = 3;
    x.want_w[1] = 7;
    x.want_v[0] = x.want_v[1] = 1;
    optim_vector_holds("lars", &x);
    x.settings.lars = TS_LARS_TF;
    optim_vector_holds("lars", &x);
    /* larc: neither ratio nor decay where a norm is 0 */
    x.settings.skip_zero_gradient = false;
    x.settings.lars = TS_LARS_LARC;
    optim_vector_holds("lars", &x);
    /* bounds */
    x = (optim_vector){lars(TS_LARS_YOU, 1, 0.125, 0, 0), {3, 4}, {0, 0.625}, {0, 0}, {3, 3.6875},
                       {0, 0.3125}, 0.5};
    x.settings.max_trust = 0.5;
    optim_vector_holds("lars", &x);
}

static void same_bits(void **state)
{
    (void)state;
    for (int kind = TS_LARS_YOU; kind <= TS_LARS_LARC; kind++) {
        ts_optim_settings s = lars((ts_lars_kind)kind, 0.5, 0.02, 0.01, 0.9);
        s.nesterov = kind == TS_LARS_POPULAR;
        optim_same_bits("lars", &s);
    }
}

static void refused(void **state)
{
    (void)state;
    ts_optim_settings s = ts_optim_defaults("lars");
    s.eta = 0.0;
    optim_refuses("lars", &s, "eta must be positive");
    s = ts_optim_defaults("lars");
    s.min_trust = 2.0;
    s.max_trust = 1.0;
    optim_refuses("lars", &s, "between 0 and max_trust");
    s = ts_optim_defaults("lars");
    s.momentum = -0.5;
    optim_refuses("lars", &s, "momentum must not be negative");
    s = ts_optim_defaults("lars");
    s.lars = TS_LARS_LARC;
    s.clip = true;
    s.lr = 0.0;
    optim_refuses("lars", &s, "clip needs an lr above 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(vectors),
        cmocka_unit_test(exclusions_and_zeros),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
