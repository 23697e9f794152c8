#include "tests/support/golden.h"

#include "ref/models/model.h"

#include <math.h>
#include <string.h>

static int64_t choose(const double *z, ts_lm_choice how, double u)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const int64_t chosen = ts_lm_choose(&ctx, z, 4, how, u);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
    return chosen;
}

/* Probabilities 0.2, 0.4, 0.3, 0.1: bounds of the sum from a pencil. */
static void choices(void **state)
{
    (void)state;
    const double z[4] = {log(0.2), log(0.4), log(0.3), log(0.1)};
    const ts_lm_choice all = {.temperature = 1.0}, best = {.temperature = 0.0};
    const ts_lm_choice two = {.temperature = 1.0, .top = 2}, cold = {.temperature = 0.5};
    static const double u[] = {0.0, 0.19, 0.21, 0.59, 0.61, 0.89, 0.91, 0.999999};
    static const int64_t expected[] = {0, 0, 1, 1, 2, 2, 3, 3};
    for (int i = 0; i < 8; i++) {
        assert_true(choose(z, all, u[i]) == expected[i]);
        assert_true(choose(z, best, u[i]) == 1);
        assert_true(choose(z, two, u[i]) == (u[i] < 4.0 / 7.0 ? 1 : 2));
    }
    /* squares: 4, 16, 9, 1 of 30 */
    assert_true(choose(z, cold, 3.9 / 30) == 0 && choose(z, cold, 4.1 / 30) == 1);
    assert_true(choose(z, cold, 28.9 / 30) == 2 && choose(z, cold, 29.1 / 30) == 3);
    const double same[4] = {1, 1, 1, 1};
    assert_true(choose(same, (ts_lm_choice){.temperature = 1, .top = 1}, 0.99) == 0);
}

static ts_model *model_of(ts_ctx *ctx)
{
    ts_model_config config;
    json_t *object = json_loads("{\"vocabulary\": 11, \"context\": 6, \"width\": 8, \"heads\": 2,"
                                "\"layers\": 1}", 0, NULL);
    ts_ctx_open(ctx, &ts_table_fast, TS_F32, 1);
    ts_model_config_read(ctx, &config, object, "lm-tiny", "test");
    ts_model *m = ts_model_new(ctx, &config, 3);
    json_decref(object);
    assert_non_null(m);
    return m;
}

/* The same seed writes the same, past the context too; each greedy token is the likeliest after a
 * window that is computed here. */
static void writes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model *m = model_of(&ctx);
    const ts_model_config *c = ts_model_config_of(m);
    ts_pass pass = ts_model_pass(c, ts_model_weights(m));
    int64_t a[12] = {4, 1}, b[12] = {4, 1}, other[12] = {4, 1};
    const ts_lm_choice how = {.temperature = 2.0, .seed = 5}, else_ = {.temperature = 2.0, .seed = 6};
    ts_lm_generate(&ctx, &pass, &c->lm, a, 2, 12, how);
    ts_lm_generate(&ctx, &pass, &c->lm, b, 2, 12, how);
    ts_lm_generate(&ctx, &pass, &c->lm, other, 2, 12, else_);
    assert_int_equal(ctx.status, TS_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_true(memcmp(a, other, sizeof a) != 0);
    ts_lm_generate(&ctx, &pass, &c->lm, b, 2, 12, (ts_lm_choice){0});
    for (int n = 2; n < 12; n++) {
        const int seen = n < 6 ? n : 6;
        const ts_tensor z = ts_lm_forward(
            &ctx, &pass, &c->lm, ts_tensor_of(b + n - seen, TS_I64, 2, (int64_t[]){1, seen}));
        const float *last = (const float *)z.data + (seen - 1) * 11;
        for (int k = 0; k < 11; k++)
            assert_true(last[b[n]] >= last[k]);
    }
    ts_model_close(m);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model *m = model_of(&ctx);
    const ts_model_config *c = ts_model_config_of(m);
    ts_pass pass = ts_model_pass(c, ts_model_weights(m));
    int64_t ids[4] = {0};
    assert_int_equal(ts_lm_generate(&ctx, &pass, &c->lm, ids, 0, 4, (ts_lm_choice){0}),
                     TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_lm_generate(&ctx, &pass, &c->lm, ids, 1, 4,
                                    (ts_lm_choice){.temperature = (double)NAN}), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    const double bad[2] = {1, (double)NAN};
    ts_lm_choose(&ctx, bad, 2, (ts_lm_choice){0}, 0.5);
    assert_int_equal(ctx.status, TS_ERROR_MISMATCH);
    ts_model_close(m);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices),
        cmocka_unit_test(writes),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
