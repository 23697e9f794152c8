#include "tests/support/chain.h"

#include "ref/models/modules.h"

#include <stdio.h>
#include <string.h>

static void resnet_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"resnet.conv1", {{"input", "in.x"}}, {{"output", "conv1.output"}}},
        {"resnet.bn1", {{"input", "conv1.output"}}, {{"output", "bn1.output"}}},
        {"resnet.layer1", {{"x", "maxpool.output"}}, {{"output", "layer1.output"}}},
        {"resnet.layer2.0", {{"x", "layer1.output"}}, {{"output", "layer2.0.output"}}},
        {"resnet.layer2.0.conv1", {{"input", "layer1.output"}}, {{"output", "layer2.0.conv1.output"}}},
        {"resnet.layer3.0.downsample.0",
         {{"input", "layer2.output"}}, {{"output", "layer3.0.downsample.0.output"}}},
        {"resnet.layer4.0.conv2",
         {{"input", "layer4.0.relu.output"}}, {{"output", "layer4.0.conv2.output"}}},
    };
    chain_holds("data/goldens/models/resnet10_eval.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

static void vgg_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"vgg.features", {{"input", "in.x"}}, {{"output", "features.output"}}},
        {"vgg.features.2", {{"input", "features.1.output"}}, {{"output", "features.2.output"}}},
        {"vgg.features.5", {{"input", "features.4.output"}}, {{"output", "features.5.output"}}},
        {"vgg.classifier.3", {{"input", "classifier.2.output"}}, {{"output", "classifier.3.output"}}},
    };
    static const chain_link normed[] = {
        {"vgg.features.1", {{"input", "features.0.output"}}, {{"output", "features.1.output"}}},
        {"vgg.features.4", {{"input", "features.3.output"}}, {{"output", "features.4.output"}}},
    };
    chain_holds("data/goldens/models/vgg19_train.safetensors", NULL, links, 4);
    chain_holds("data/goldens/models/vgg11_bn_train.safetensors", NULL, normed, 2);
}

static void lm_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"lm.wte", {{"input", "in.idx"}}, {{"output", "wte.output"}}},
        {"lm.h.0", {{"x", "drop.output"}}, {{"output", "h.0.output"}}},
        {"lm.h.1", {{"x", "h.0.output"}}, {{"output", "h.1.output"}}},
        {"lm.h.1.attn", {{"x", "h.1.ln_1.output"}}, {{"output", "h.1.attn.output"}}},
        {"lm.h.1.mlp", {{"x", "h.1.ln_2.output"}}, {{"output", "h.1.mlp.output"}}},
        {"lm.h.1.mlp.c_fc", {{"x", "h.1.ln_2.output"}}, {{"output", "h.1.mlp.c_fc.output"}}},
        {"lm.ln_f", {{"x", "h.1.output"}}, {{"output", "ln_f.output"}}},
    };
    chain_holds("data/goldens/models/lm_tanh.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

static void refuses(const char *path, const char *module, const char *word)
{
    golden_run g;
    ts_ctx_open_plain(&g.ctx);
    ts_case_open(&g.ctx, &g.c, path);
    ts_job job = g.c.job;
    ts_how how = {.table = &ts_table_fast, .compute = TS_F32, .threads = 1};
    job.module = module;
    job.cotangents = (ts_items){0};
    job.grads = job.param_grads = false;
    assert_int_not_equal(ts_run(&g.ran, &how, &job), TS_OK);
    if (!strstr(g.ran.ctx.message, word))
        fail_msg("%s: %s", module, g.ran.ctx.message);
    golden_close(&g);
}

static void errors(void **state)
{
    (void)state;
    static const char resnet[] = "data/goldens/models/resnet10_eval.safetensors";
    refuses(resnet, "resnet.layer5", "no such module");
    refuses(resnet, "resnet.layer1.7", "no such module");
    refuses(resnet, "resnet.nothing", "no such module");
    refuses(resnet, "vgg", "another kind");
    refuses(resnet, "vgg.features", "another kind");
    refuses(resnet, "lm", "no setting");
}

/* The cases of operations that only training needs. */
static void operations(void **state)
{
    (void)state;
    static const char *const names[] = {"batch_norm_train_1", "batch_norm_train_3", "batch_norm_train_7",
                                        "cross_entropy_smooth", "adaptive_avg_pool_5x7",
                                        "adaptive_avg_pool_2x3", "adaptive_avg_pool_6x4"};
    for (int i = 0; i < 7; i++) {
        char path[128];
        snprintf(path, sizeof path, "data/goldens/models/%s.safetensors", names[i]);
        golden_accepted(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resnet_parts), cmocka_unit_test(vgg_parts), cmocka_unit_test(lm_parts),
        cmocka_unit_test(errors),       cmocka_unit_test(operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
