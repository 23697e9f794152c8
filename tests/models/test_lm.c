#include "tests/support/models.h"

#include "ref/models/model.h"

/* GPT-2's, which its paper's repository calls the 124 M model; without the tied head 38.6 M more. */
static void published_sizes(void **state)
{
    (void)state;
    has_numbers("{\"model\": \"gpt2\"}", 124439808);
    has_numbers("{\"model\": \"gpt2\", \"tied\": false}", 124439808 + 50257 * 768);
}

static ts_model *model_of(ts_ctx *ctx)
{
    ts_model_config config;
    json_t *object = json_loads("{\"model\": \"lm-tiny\", \"vocabulary\": 9, \"context\": 8, \"width\": 8,"
                                "\"heads\": 2, \"layers\": 2, \"tied\": false, \"bias\": false}", 0, NULL);
    ts_ctx_open(ctx, &ts_table_plain, TS_F64, 1);
    ts_model_config_read(ctx, &config, object, "lm-tiny", "test");
    ts_model *m = ts_model_new(ctx, &config, 3);
    json_decref(object);
    assert_non_null(m);
    return m;
}

/* What comes later changes nothing: logits of the first tokens are the same bits. */
static void causal(void **state)
{
    (void)state;
    ts_ctx ctx;
    int64_t ids[8] = {1, 5, 2, 8, 0, 3, 3, 7};
    ts_model *m = model_of(&ctx);
    const ts_model_config *c = ts_model_config_of(m);
    ts_pass pass = ts_model_pass(c, ts_model_weights(m));
    const ts_tensor all = ts_lm_forward(&ctx, &pass, &c->lm,
                                        ts_tensor_of(ids, TS_I64, 2, (int64_t[]){1, 8}));
    ids[4] = 6;
    const ts_tensor other = ts_lm_forward(&ctx, &pass, &c->lm,
                                          ts_tensor_of(ids, TS_I64, 2, (int64_t[]){1, 8}));
    assert_int_equal(ctx.status, TS_OK);
    assert_memory_equal(all.data, other.data, 4 * 9 * sizeof(double));
    assert_true(((double *)all.data)[4 * 9] != ((double *)other.data)[4 * 9]);
    ts_model_close(m);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{1, 9}, {1, 0}};
    int64_t ids[9] = {1, 5, 2, 9, 0, 3, 3, 7, 1};
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        ts_model *m = model_of(&ctx);
        const ts_model_config *c = ts_model_config_of(m);
        ts_pass pass = ts_model_pass(c, ts_model_weights(m));
        ts_lm_forward(&ctx, &pass, &c->lm,
                      ts_tensor_of(ids, TS_I64, 2, i < 2 ? sizes[i] : (int64_t[]){2, 4}));
        assert_int_equal(ctx.status, TS_ERROR_SHAPE);
        assert_non_null(strstr(ctx.message, i < 2 ? "1 to 8" : "id 9"));
        ts_model_close(m);
        ts_ctx_close(&ctx);
    }
}

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/models/lm_tanh.safetensors");
    golden_accepted("data/goldens/models/lm_exact.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sizes),
        cmocka_unit_test(causal),
        cmocka_unit_test(errors),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
