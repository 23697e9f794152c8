#include "tests/support/optim.h"

#include "tests/support/golden.h"

#include "ref/optim/modules.h"

#include <string.h>

static void all_goldens(void **state)
{
    (void)state;
    assert_true(golden_corpus("data/goldens/optim", ts_optim_modules, golden_accepted) >= 33);
}

static void refuses(const char *path, const char *setting, const char *words)
{
    golden_run g;
    const char *const settings[] = {setting, NULL};
    golden_open(&g, path, settings, TS_F32);
    assert_int_not_equal(g.ran.ctx.status, TS_OK);
    if (!strstr(g.ran.ctx.message, words))
        fail_msg("%s: %s", setting, g.ran.ctx.message);
    golden_close(&g);
}

static void errors(void **state)
{
    (void)state;
    static const char lars[] = "data/goldens/optim/lars_you.safetensors";
    static const char adamw[] = "data/goldens/optim/adamw.safetensors";
    refuses(lars, "kind=larz", "you, tf, popular or larc");
    refuses(lars, "beta=3", "no setting");
    refuses(lars, "eta=0", "eta must be positive");
    refuses(adamw, "betas=[0.9]", "betas are two numbers");
    refuses(adamw, "betas=[0.9, 2]", "[0, 1)");
    refuses(adamw, "lr=-1", "lr must be a number");
}

/* A wrong variant is refused by the cases of the right one. */
static void planted(void **state)
{
    (void)state;
    golden_run g;
    static const struct {
        const char *path, *setting, *output;
    } wrong[] = {
        {"data/goldens/optim/lars_tf.safetensors", "kind=you", "weight"},
        {"data/goldens/optim/sgd_nesterov.safetensors", "nesterov=false", "p.0.step1"},
        {"data/goldens/optim/lamb_paper.safetensors", "bias_correction=false", "p.0.step0"},
        {"data/goldens/optim/prodigy_trainer.safetensors", "safeguard_warmup=false", "d.step49"},
        {"data/goldens/optim/adam_l2.safetensors", "weight_decay=0", "p.0.step3"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const settings[] = {wrong[i].setting, NULL};
        golden_open(&g, wrong[i].path, settings, TS_F64);
        if (g.ran.ctx.status)
            fail_msg("%s", g.ran.ctx.message);
        for (int64_t k = 0; k < g.c.count; k++)
            if (strcmp(g.c.targets[k].name, wrong[i].output) == 0 &&
                golden_distance(&g, TS_OUTPUT, wrong[i].output, g.c.targets[k].truth) < 1e-7)
                fail_msg("%s: nothing changes", wrong[i].setting);
        golden_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_goldens),
        cmocka_unit_test(errors),
        cmocka_unit_test(planted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
