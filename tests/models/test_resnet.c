#include "tests/support/models.h"

#include "ref/models/model.h"

/* The numbers of parameters that torchvision states, and those of the CIFAR networks (their paper
 * counts 0.27 M and 1.7 M; shortcuts with weights add a little). */
static void published_sizes(void **state)
{
    (void)state;
    has_numbers("{\"model\": \"resnet18\"}", 11689512);
    has_numbers("{\"model\": \"resnet34\"}", 21797672);
    has_numbers("{\"model\": \"resnet50\"}", 25557032);
    has_numbers("{\"model\": \"resnet101\"}", 44549160);
    has_numbers("{\"model\": \"resnet152\"}", 60192808);
    has_numbers("{\"model\": \"resnet20\"}", 272474);
}

static ts_tensor pictures(ts_ctx *ctx, int64_t b, int64_t c, int64_t side)
{
    const ts_tensor x = ts_new(ctx, TS_F32, 4, (int64_t[]){b, c, side, side});
    for (int64_t i = 0; i < ts_numel(x); i++)
        ((float *)x.data)[i] = (float)(i * 37 % 101) / 50.0f - 1.0f;
    return x;
}

static ts_model *model_of(ts_ctx *ctx, const char *json)
{
    ts_model_config config;
    json_t *object = json_loads(json, 0, NULL);
    ts_ctx_open(ctx, &ts_table_fast, TS_F32, 2);
    ts_model_config_read(ctx, &config, object, "resnet18", "test");
    ts_model *m = ts_model_new(ctx, &config, 3);
    json_decref(object);
    assert_non_null(m);
    return m;
}

/* Sizes of the stages' results under each stem. */
static void stages(void **state)
{
    (void)state;
    static const char *const json[] = {
        "{\"model\": \"resnet50\", \"width\": 2, \"layers\": [1, 1, 1]}",
        "{\"model\": \"resnet20\", \"width\": 2, \"layers\": [1, 1, 1]}",
        "{\"model\": \"odm_resnet\", \"width\": 2, \"layers\": [1, 1, 1]}"};
    static const int64_t side[] = {8, 32, 8}, channels[] = {8, 2, 8};
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        ts_tensor f[TS_RESNET_STAGES];
        ts_model *m = model_of(&ctx, json[i]);
        const ts_model_config *c = ts_model_config_of(m);
        ts_pass pass = ts_model_pass(c, ts_model_weights(m));
        ts_resnet_features(&ctx, &pass, &c->resnet, f, pictures(&ctx, 1, 3, 32));
        assert_int_equal(ctx.status, TS_OK);
        for (int k = 0; k < 3; k++) {
            assert_true(f[k].size[1] == channels[i] << k);
            assert_true(f[k].size[2] == side[i] >> k && f[k].size[3] == side[i] >> k);
        }
        ts_model_close(m);
        ts_ctx_close(&ctx);
    }
}

/* With the last norms at 0 every block without a shortcut is the identity after its ReLU. */
static void begins_as_identity(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model *m = model_of(&ctx, "{\"width\": 4, \"layers\": [2], \"zero_init_last\": true}");
    const ts_model_config *c = ts_model_config_of(m);
    ts_pass pass = ts_model_pass(c, ts_model_weights(m));
    pass.train = true;
    const ts_tensor x = ts_relu(&ctx, pictures(&ctx, 2, 4, 8));
    const ts_tensor y = ts_resnet_stage(&ctx, &pass, &c->resnet, 0, x);
    assert_int_equal(ctx.status, TS_OK);
    assert_memory_equal(y.data, x.data, (size_t)ts_numel(x) * sizeof(float));
    ts_model_close(m);
    ts_ctx_close(&ctx);
}

static void too_small(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model *m = model_of(&ctx, "{\"width\": 4, \"layers\": [1]}");
    const ts_model_config *c = ts_model_config_of(m);
    ts_pass pass = ts_model_pass(c, ts_model_weights(m));
    ts_resnet_forward(&ctx, &pass, &c->resnet, pictures(&ctx, 1, 1, 32));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    assert_non_null(strstr(ctx.message, "conv1.weight"));
    ts_model_close(m);
    ts_ctx_close(&ctx);
}

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/models/resnet50_train.safetensors");
    golden_accepted("data/goldens/models/resnet10_eval.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sizes), cmocka_unit_test(stages),
        cmocka_unit_test(begins_as_identity), cmocka_unit_test(too_small),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
