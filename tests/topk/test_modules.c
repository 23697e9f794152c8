#include "tests/support/golden.h"
#include "tests/support/topk.h"
#include "tests/support/trial.h"

#include "ref/topk/modules.h"

#include <stdlib.h>
#include <string.h>

static void accept(const char *path)
{
    static const char *const precisions[] = {"f32", "f64", "bf16"};
    for (int t = 0; ts_table_name(t); t++)
        for (int p = 0; p < 3; p++)
            golden_accepted_on(path, precisions[p], ts_table_name(t));
}

/* Every case, on every table; the precision of the run changes nothing about a selection. */
static void corpus(void **state)
{
    (void)state;
    assert_true(golden_corpus("data/goldens/topk", ts_topk_modules, accept) >= 28);
}

#define CASE "data/goldens/topk/ms_gauss_n3.safetensors"

/* A density is k; `any` draws; another start is another slice. */
static void settings(void **state)
{
    (void)state;
    static const char *const by_density[] = {"k=null", "density=[41,4096]", NULL};
    static const char *const as_text[] = {"k=null", "density=41/4096", NULL};
    static const char *const other[] = {"start=1", NULL}, *const any[] = {"start=any", "seed=3", NULL};
    const char *const *const all[] = {by_density, as_text, other, any};
    for (int i = 0; i < 4; i++) {
        golden_run g;
        golden_open(&g, CASE, all[i], TS_F32);
        if (g.ran.ctx.status)
            fail_msg("%s", g.ran.ctx.message);
        double worst = 0.0;
        for (int64_t t = 0; t < g.c.count; t++)
            if (strcmp(g.c.targets[t].name, "indices") == 0)
                worst = golden_distance(&g, TS_OUTPUT, "indices", g.c.targets[t].published);
        assert_int_equal(worst == 0.0, i < 2);
        golden_close(&g);
    }
}

static void refuses(const char *path, const char *const *assignments, ts_status status,
                    const char *words)
{
    trial t;
    trial_open(&t, path, NULL);
    for (int i = 0; assignments[i]; i++)
        trial_set(&t, assignments[i]);
    trial_refused(&t, status, words);
}

static void errors(void **state)
{
    (void)state;
    static const char *const none[] = {"k=null", NULL}, *const both[] = {"density=0.1", NULL};
    static const char *const far[] = {"start=100000", NULL}, *const minus[] = {"start=-1", NULL};
    static const char *const bad[] = {"k=null", "density=true", NULL};
    static const char *const large[] = {"k=null", "density=1.5", NULL};
    static const char *const method[] = {"method=bogo", NULL}, *const rule[] = {"rule=both", NULL};
    static const char *const zero[] = {"k=0", NULL}, *const steps[] = {"steps=49", NULL};
    refuses(CASE, none, TS_ERROR_USAGE, "give k or density");
    refuses(CASE, both, TS_ERROR_USAGE, "give k or density");
    refuses(CASE, far, TS_ERROR_USAGE, "not at 100000");
    refuses(CASE, minus, TS_ERROR_USAGE, "start is -1");
    refuses(CASE, bad, TS_ERROR_USAGE, "density is a number, a text or [num, den]");
    refuses(CASE, large, TS_ERROR_USAGE, "density 3/2");
    refuses(CASE, steps, TS_ERROR_USAGE, "49 steps");
    refuses("data/goldens/topk/exact.safetensors", method, TS_ERROR_USAGE, "unknown method \"bogo\"");
    refuses("data/goldens/topk/reused_kept.safetensors", rule, TS_ERROR_USAGE, "local or global");
    refuses("data/goldens/topk/gaussian.safetensors", zero, TS_ERROR_USAGE, "k is 0 of 2000");
}

/* Whichever allocation fails, it is said. */
static ts_status work(ts_ctx *ctx, const void *arg)
{
    ts_how how = {.table = &ts_table_fast, .compute = TS_F32, .threads = 1, .trace = true};
    ts_case c;
    ts_ran ran = {0};
    (void)arg;
    if (!ts_case_open(ctx, &c, CASE) && ts_run(&ran, &how, &c.job))
        ts_fail(ctx, ran.ctx.status, "%s", ran.ctx.message);
    if (!ctx->status || c.job.module)
        ts_ran_free(&ran);
    ts_case_close(&c);
    return ctx->status;
}

static void memory(void **state)
{
    (void)state;
    assert_true(trial_faults(work, NULL, getenv("TS_QUICK") ? 5 : 1) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus), cmocka_unit_test(settings),
                                       cmocka_unit_test(errors), cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
