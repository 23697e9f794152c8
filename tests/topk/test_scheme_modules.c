#include "tests/support/golden.h"
#include "tests/support/topk.h"
#include "tests/support/trial.h"

#include "ref/topk/modules.h"

#include <math.h>
#include <string.h>

static void accept(const char *path)
{
    for (int t = 0; ts_table_name(t); t++)
        for (int p = 0; p < 2; p++)
            golden_accepted_on(path, p ? "f64" : "f32", ts_table_name(t));
}

static void corpus(void **state)
{
    (void)state;
    assert_true(golden_corpus("data/goldens/topk", ts_topk_scheme_modules, accept) >= 11);
}

#define CASE "data/goldens/topk/hi_4x2_residual.safetensors"

/* Settings that change what comes out. */
static void settings(void **state)
{
    (void)state;
    static const char *const all[][2] = {{"selector=exact", NULL}, {"density=0.5", NULL},
                                         {"steps=1", NULL}, {"nodes=2", "ranks_per_node=4"}};
    for (int i = 0; i < 3; i++) {
        const char *const one[] = {all[i][0], NULL};
        golden_run g;
        golden_open(&g, CASE, one, TS_F32);
        if (g.ran.ctx.status)
            fail_msg("%s", g.ran.ctx.message);
        assert_false(ts_is_empty(ts_ran_get(&g.ran, TS_TRACE, "packets.values")));
        assert_false(ts_is_empty(ts_ran_get(&g.ran, TS_TRACE, "accumulated")));
        golden_close(&g);
    }
}

/* With half values the sum is made of halves, and the residual holds the rest. */
static void halves(void **state)
{
    (void)state;
    static const char *const half[] = {"wire=f16", NULL};
    golden_run g, whole;
    golden_open(&g, CASE, half, TS_F32);
    golden_open(&whole, CASE, NULL, TS_F32);
    const ts_tensor a = ts_ran_get(&g.ran, TS_OUTPUT, "sum");
    const ts_tensor b = ts_ran_get(&whole.ran, TS_OUTPUT, "sum");
    assert_false(ts_is_empty(a) || ts_is_empty(b));
    for (int64_t i = 0; i < ts_numel(a); i++) /* small whole numbers are halves */
        assert_true(((float *)a.data)[i] == ((float *)b.data)[i]);
    golden_close(&g);
    golden_close(&whole);
}

static void refuses(const char *assignment, ts_status status, const char *words)
{
    trial t;
    trial_open(&t, CASE, NULL);
    trial_set(&t, assignment);
    trial_refused(&t, status, words);
}

static void errors(void **state)
{
    (void)state;
    refuses("nodes=3", TS_ERROR_SHAPE, "grad: expected (6, *)");
    refuses("nodes=0", TS_ERROR_USAGE, "0 nodes of 2 ranks");
    refuses("ranks_per_node=200", TS_ERROR_USAGE, "4 nodes of 200 ranks");
    refuses("wire=f8", TS_ERROR_USAGE, "wire is f32 or f16");
    refuses("selector=best", TS_ERROR_USAGE, "unknown selector");
    refuses("start=1000", TS_ERROR_USAGE, "not at 1000");
    refuses("density=7", TS_ERROR_USAGE, "density 7/1");
    trial t;
    trial_open(&t, CASE, NULL);
    trial_input(&t, "residual", ts_new_zero(&t.ctx, TS_F32, 2, (int64_t[]){8, 64}));
    trial_refused(&t, TS_ERROR_SHAPE, "residual: expected (4, 64)");
    trial_open(&t, CASE, "topk.oktopk");
    trial_input(&t, "residual", (ts_tensor){0});
    trial_input(&t, "thresholds", ts_new_zero(&t.ctx, TS_F64, 2, (int64_t[]){8, 4}));
    trial_set(&t, "steps=null");
    trial_refused(&t, TS_ERROR_USAGE, "");
    /* One NaN: the step is left out, and the module says so. */
    trial_open(&t, CASE, NULL);
    const ts_tensor given = trial_given(&t, "grad");
    const ts_tensor bad = ts_new(&t.ctx, TS_F32, 2, given.size);
    memcpy(bad.data, given.data, (size_t)ts_numel(given) * sizeof(float));
    ((float *)bad.data)[100] = (float)NAN;
    trial_input(&t, "grad", bad);
    trial_refused(&t, TS_ERROR_UNSUPPORTED, "nonfinite");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus), cmocka_unit_test(settings),
                                       cmocka_unit_test(halves), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
