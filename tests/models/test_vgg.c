#include "tests/support/models.h"

/* The numbers of parameters that torchvision states. */
static void published_sizes(void **state)
{
    (void)state;
    has_numbers("{\"model\": \"vgg11\"}", 132863336);
    has_numbers("{\"model\": \"vgg13\"}", 133047848);
    has_numbers("{\"model\": \"vgg16\"}", 138357544);
    has_numbers("{\"model\": \"vgg19\"}", 143667240);
    has_numbers("{\"model\": \"vgg19_bn\"}", 143678248);
}

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_layers list = {0};
    const ts_vgg_config c = {{1, 2, 1, 1, 1}, 4, 3, 5, 6, 1, true, 0, 1e-5, 0.1};
    static const char *const expected[] = {
        "features.0", "features.1", "features.4", "features.5", "features.7", "features.8",
        "features.11", "features.12", "features.15", "features.16", "features.19", "features.20",
        "classifier.0", "classifier.3", "classifier.6"};
    ts_ctx_open_plain(&ctx);
    ts_vgg_layers(&ctx, &list, &c);
    assert_true(list.count == 15);
    for (int i = 0; i < 15; i++)
        assert_string_equal(list.items[i].name, expected[i]);
    assert_true(list.items[8].out == 32 && list.items[10].out == 32); /* eight times at most */
    ts_layers_free(&list);
    ts_ctx_close(&ctx);
}

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/models/vgg19_train.safetensors");
    golden_accepted("data/goldens/models/vgg11_bn_train.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sizes),
        cmocka_unit_test(names),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
