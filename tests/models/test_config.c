#include "tests/support/models.h"

static ts_status read(ts_ctx *ctx, ts_model_config *c, const char *json)
{
    json_t *object = json ? json_loads(json, 0, NULL) : NULL;
    ts_ctx_open_plain(ctx);
    const ts_status status = ts_model_config_read(ctx, c, object, "resnet50", "a file");
    json_decref(object);
    return status;
}

static void defaults(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model_config c;
    assert_int_equal(read(&ctx, &c, NULL), TS_OK);
    assert_true(c.kind == TS_MODEL_RESNET && c.resnet.bottleneck && c.resnet.stages == 4);
    assert_true(c.resnet.layers[2] == 6 && c.resnet.width == 64 && c.resnet.classes == 1000);
    assert_true(c.resnet.stem == TS_STEM_LARGE && !c.resnet.pooled && !c.resnet.zero_last);
    assert_true(c.resnet.eps == 1e-5 && c.resnet.momentum == 0.1);
    assert_int_equal(read(&ctx, &c, "{\"model\": \"resnet-digits\"}"), TS_OK);
    assert_true(c.resnet.channels == 1 && c.resnet.classes == 10 && c.resnet.stages == 2);
    assert_int_equal(read(&ctx, &c, "{\"model\": \"odm_resnet\"}"), TS_OK);
    assert_true(c.resnet.stem == TS_STEM_DEEP && c.resnet.pooled && c.resnet.classes == 0);
    assert_int_equal(read(&ctx, &c, "{\"model\": \"vgg19_bn\", \"dropout\": 0.25}"), TS_OK);
    assert_true(c.kind == TS_MODEL_VGG && c.vgg.batch_norm && c.vgg.dropout == 0.25);
    assert_int_equal(read(&ctx, &c, "{\"model\": \"gpt2\"}"), TS_OK);
    assert_true(c.kind == TS_MODEL_LM && c.lm.gelu_tanh && c.lm.tied && c.lm.context == 1024);
    for (int i = 0; ts_model_name(i); i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"model\": \"%s\"}", ts_model_name(i));
        assert_int_equal(read(&ctx, &c, json), TS_OK);
    }
    assert_null(ts_model_name(-1));
}

static void errors(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"model\": \"resnet51\"}", "resnet51"},
        {"{\"model\": 5}", "model"},
        {"{\"width\": 0}", "width is 0"},
        {"{\"width\": 65537}", "width"},
        {"{\"layers\": []}", "1 stages or more"},
        {"{\"layers\": [1, 0]}", "0 of a stage"},
        {"{\"layers\": [1, 1025]}", "1025"},
        {"{\"layers\": [1, 1, 1, 1, 1, 1, 1, 1, 1]}", "at most 8"},
        {"{\"model\": \"vgg11\", \"layers\": [1, 1]}", "5 stages, got 2"},
        {"{\"stem\": \"huge\"}", "large, small or deep"},
        {"{\"block\": \"huge\"}", "basic, bottleneck"},
        {"{\"stem\": \"deep\", \"width\": 1}", "width is 1"},
        {"{\"momentum\": 1}", "momentum is 1"},
        {"{\"eps\": -1}", "eps is -1"},
        {"{\"classes\": -1}", "classes"},
        {"{\"model\": \"vgg11\", \"dropout\": 1.0}", "dropout is 1"},
        {"{\"model\": \"gpt2\", \"heads\": 7}", "7 heads"},
        {"{\"model\": \"gpt2\", \"activation\": \"relu\"}", "gelu"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_model_config c;
        assert_int_equal(read(&ctx, &c, bad[i][0]), TS_ERROR_FORMAT);
        if (!strstr(ctx.message, bad[i][1]) || !strstr(ctx.message, "a file"))
            fail_msg("%s: %s", bad[i][0], ctx.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
