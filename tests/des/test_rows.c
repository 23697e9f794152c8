/* Known answers of every rule to all digits that were given; tables of rows against NumPy and torch
 * (scripts/golden/rows.py); float rows against double ones; settings that are refused. */
#include "tests/support/files.h"

#include "ref/des/rows.h"
#include "ref/io/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static ts_row_optimizer of(const char *name, double lr)
{
    ts_row_optimizer o;
    assert_true(ts_row_optimizer_named(&o, name));
    o.lr = lr;
    return o;
}

/* One value, five gradients. The answers have 12 digits. */
static void known_answers(void **state)
{
    (void)state;
    static const double g[5] = {0.5, -0.25, 0.125, -1, 0};
    struct {
        ts_row_optimizer o;
        double w, answer[5];
    } c[] = {
        {of("sgd", .1), .1, {.05, .075, .0625, .1625, .1625}},
        {of("adagrad", .1), .1,
         {2.00000016548e-11, .044721359562, .0228995705422, .109671753662, .109671753662}},
        {of("adagrad-tf", .1), .1,
         {.0154845745271, .0544095217352, .0353055037377, .118984582269, .118984582269}},
        {of("adam-tf", .1), .1,
         {6.32455131461e-08, -.0266336256482, -.0606765216595, -.0240803693933, .00685172420245}},
        {of("adam", .1), .1,
         {1.9999999018e-09, -.0266337012922, -.0606766150833, -.0240804534066, .00685164808379}},
        {of("ftrl", .1), 0,
         {-.0299800133245, -.0139545468775, -.0218969954536, .0198965405773, .0198965405773}},
        {of("ftrl-tf", .1), .1,
         {-.0294166847629, 0, -.0098307438891, .0653545979863, .0653545979863}},
    };
    c[5].o.l1 = c[6].o.l1 = .05;
    c[5].o.l2 = .01;
    c[6].o.l2 = .02; /* TensorFlow's 0.01, doubled */
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        double w = c[i].w, s[TS_ROW_STATES];
        const ts_row_layout layout = ts_row_layout_of(&c[i].o);
        ts_row_begin(s, TS_F64, 1, &layout);
        for (int t = 0; t < 5; t++) {
            ts_row_update(&w, s, &g[t], &c[i].o, TS_F64, 1, t + 1);
            /* Half a unit of the twelfth digit; what is left of 0.1 has ten roundings of 0.1. */
            if (fabs(w - c[i].answer[t]) > 5e-12 * fabs(c[i].answer[t]) + 1.4e-16)
                fail_msg("case %d, step %d: %.15g, not %.15g", (int)i, t, w, c[i].answer[t]);
        }
    }
}

/* Rules for whole rows: two values. */
static void known_rows(void **state)
{
    (void)state;
    static const double g[4][2] = {{.5, -.25}, {.125, 0}, {-1, .3}, {0, 0}};
    static const double group[4][2] = {{-.027730311597, .0159428048771},
                                       {-.035816245136, .0163890273963},
                                       {.00290592178577, -.000233783601494},
                                       {.00290592178577, -.000233783601494}};
    static const double mean[3][2] = {{-.0264911032067, -.136754448397},
                                      {-.0573517724372, -.136754448397},
                                      {.0614048223136, -.172381426822}};
    ts_row_optimizer o = of("ftrl-group", .1);
    o.l1 = .02;
    o.l2 = .01;
    o.group = .05;
    double w[2] = {0, 0}, s[4];
    ts_row_layout layout = ts_row_layout_of(&o);
    ts_row_begin(s, TS_F64, 2, &layout);
    for (int t = 0; t < 4; t++) {
        ts_row_update(w, s, g[t], &o, TS_F64, 2, t + 1);
        for (int j = 0; j < 2; j++)
            assert_true(fabs(w[j] - group[t][j]) < 5e-12 * fabs(group[t][j]));
    }
    o = of("adagrad-row", .1);
    layout = ts_row_layout_of(&o);
    w[0] = .1;
    w[1] = -.2;
    ts_row_begin(s, TS_F64, 2, &layout);
    for (int t = 0; t < 3; t++) {
        ts_row_update(w, s, g[t], &o, TS_F64, 2, t + 1);
        for (int j = 0; j < 2; j++)
            assert_true(fabs(w[j] - mean[t][j]) < 5e-12 * fabs(mean[t][j]));
    }
}

enum { ROWS = 3, WIDTH = 70, STEPS = 6, STATE = 2 * WIDTH + 1 };

static ts_row_optimizer of_golden(const char *name)
{
    static const struct {
        const char *golden, *name;
        double epsilon, decay, l1, l2, group, beta2;
        bool own;
    } cases[] = {
        {"sgd", "sgd", 0, 0, 0, 0, 0, 0, false},
        {"sgd_decay", "sgd", 0, .3, 0, 0, 0, 0, false},
        {"adagrad", "adagrad", 1e-10, 0, 0, 0, 0, 0, false},
        {"adagrad_tf", "adagrad-tf", 0, 0, 0, 0, 0, 0, false},
        {"adagrad_row", "adagrad-row", 1e-8, 0, 0, 0, 0, 0, false},
        {"adagrad_row_decay", "adagrad-row", 1e-8, .3, 0, 0, 0, 0, false},
        {"adam", "adam", 1e-3, 0, 0, 0, 0, .999, false},
        {"adam_always", "adam", 1e-3, 0, 0, 0, 0, .999, false},
        {"adam_tf", "adam-tf", 1e-3, 0, 0, 0, 0, .999, false},
        {"adam_own", "adam", 1e-2, 0, 0, 0, 0, .99, true},
        {"adam_tf_own", "adam-tf", 1e-2, 0, 0, 0, 0, .99, true},
        {"ftrl", "ftrl", 0, 0, .05, .01, 0, 0, false},
        {"ftrl_tf", "ftrl-tf", 0, 0, .05, .02, 0, 0, false},
        {"ftrl_group", "ftrl-group", 0, 0, .02, .01, .05, 0, false},
        {"ftrl_group_decay", "ftrl-group", 0, .3, .02, .01, .2, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].golden, name) == 0) {
            ts_row_optimizer o = of(cases[i].name, strstr(name, "ftrl") ? .1 : .05);
            o.epsilon = cases[i].epsilon;
            o.decay = cases[i].decay;
            o.l1 = cases[i].l1;
            o.l2 = cases[i].l2;
            o.group = cases[i].group;
            o.beta2 = cases[i].beta2;
            o.own_steps = cases[i].own;
            return o;
        }
    fail_msg("golden %s: not known here", name);
    return (ts_row_optimizer){0};
}

static void steps(void *w, ts_dtype dtype, const ts_row_optimizer *o, const double *g,
                  const unsigned char *touched)
{
    const size_t size = ts_dtype_size(dtype);
    const ts_row_layout layout = ts_row_layout_of(o);
    static double s[ROWS][STATE], gradient[WIDTH];
    for (int r = 0; r < ROWS; r++)
        ts_row_begin(s[r], dtype, WIDTH, &layout);
    for (int t = 0; t < STEPS; t++)
        for (int r = 0; r < ROWS; r++) {
            ts_convert(gradient, dtype, g + (t * ROWS + r) * WIDTH, TS_F64, WIDTH);
            if (!touched || touched[t * ROWS + r])
                ts_row_update((char *)w + (size_t)(r * WIDTH) * size, s[r], gradient, o, dtype, WIDTH,
                              t + 1);
        }
}

static void goldens(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *f = ts_safetensors_open(&ctx, "data/goldens/des/rows.safetensors");
    assert_non_null(f);
    const ts_tensor values = ts_safetensors_get(f, "values"), g = ts_safetensors_get(f, "gradients");
    const ts_tensor touched = ts_safetensors_get(f, "touched");
    int count = 0;
    for (int64_t i = 0; i < ts_safetensors_count(f); i++) {
        const char *name = ts_safetensors_name(f, i);
        if (strncmp(name, "out.", 4) != 0)
            continue;
        const double *answer = ts_safetensors_tensor(f, i).data;
        const ts_row_optimizer o = of_golden(name + 4);
        const unsigned char *at = strstr(name, "always") ? NULL : touched.data;
        double w[ROWS * WIDTH];
        float narrow[ROWS * WIDTH];
        memcpy(w, values.data, sizeof w);
        ts_convert(narrow, TS_F32, w, TS_F64, ROWS * WIDTH);
        steps(w, TS_F64, &o, g.data, at);
        steps(narrow, TS_F32, &o, g.data, at);
        for (int j = 0; j < ROWS * WIDTH; j++) {
            if (fabs(w[j] - answer[j]) > 1e-13)
                fail_msg("%s, value %d: %.17g, not %.17g", name, j, w[j], answer[j]);
            /* Values below 1, a few roundings a step, and slots whose roundings act on. */
            if (fabs((double)narrow[j] - answer[j]) > 2e-6)
                fail_msg("%s, value %d as a float: %.9g, not %.9g", name, j, (double)narrow[j],
                         answer[j]);
        }
        count++;
    }
    assert_int_equal(count, 15);
    ts_safetensors_close(f);
    ts_ctx_close(&ctx);
}

/* A gradient of 0 on a fresh row is 0 / 0 in several rules. */
static void nothing_from_nothing(void **state)
{
    (void)state;
    for (int i = 0; ts_row_optimizer_name(i); i++) {
        ts_row_optimizer o = of(ts_row_optimizer_name(i), .1);
        const ts_row_layout layout = ts_row_layout_of(&o);
        const double g[2] = {0, 0};
        double w[2] = {0, 0}, s[5];
        o.epsilon = o.beta = 0;
        ts_row_begin(s, TS_F64, 2, &layout);
        ts_row_update(w, s, g, &o, TS_F64, 2, 1);
        assert_true(w[0] == 0 && w[1] == 0);
        ts_row_update(w, s, g, &o, TS_F64, 0, 2); /* a row without columns */
    }
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_row_optimizer o;
    ts_ctx_open_plain(&ctx);
    assert_false(ts_row_optimizer_named(&o, "momentum"));
    for (int i = 0; ts_row_optimizer_name(i); i++) {
        o = of(ts_row_optimizer_name(i), .1);
        assert_int_equal(ts_row_optimizer_check(&ctx, &o), TS_OK);
    }
    o = of("adam", 0);
    ts_row_optimizer_check(&ctx, &o);
    files_failed(&ctx, TS_ERROR_USAGE, "lr is 0, expected above 0");
    o = of("adam", NAN);
    ts_row_optimizer_check(&ctx, &o);
    files_failed(&ctx, TS_ERROR_USAGE, "lr is nan");
    o = of("adam", .1);
    o.beta2 = 1;
    ts_row_optimizer_check(&ctx, &o);
    files_failed(&ctx, TS_ERROR_USAGE, "beta2 is 1, expected at least 0, below 1");
    o = of("ftrl", .1);
    o.l1 = -1;
    ts_row_optimizer_check(&ctx, &o);
    files_failed(&ctx, TS_ERROR_USAGE, "l1 is -1, expected at least 0");
    o.rule = TS_ROW_RULES;
    ts_row_optimizer_check(&ctx, &o);
    files_failed(&ctx, TS_ERROR_USAGE, "no rule");
    ts_fail(&ctx, TS_ERROR_IO, "before");
    assert_int_equal(ts_row_optimizer_check(&ctx, &o), TS_ERROR_IO);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers), cmocka_unit_test(known_rows), cmocka_unit_test(goldens),
        cmocka_unit_test(nothing_from_nothing), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
