/* Every golden case of these operations, on every table, in both storages, with gradients. */
#include "tests/support/golden.h"

#include "ref/cli/modules.h"
#include "ref/ops/table.h"

#include <stdio.h>
#include <string.h>

static const char folder[] = "data/goldens/ops";

static void goldens(void **state)
{
    (void)state;
    /* A floor: the corpus does not melt away. */
    assert_true(golden_corpus(folder, ts_ops_product_modules, golden_accepted) >= 33);
}

/* Settings that cannot be, and inputs that are missing, are refused with a sentence. */
static void refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"ops.linear", "{}"},
        {"ops.matmul", "{}"},
        {"ops.conv2d", "{\"stride\": [1, 2, 3]}"},
        {"ops.conv2d", "{\"stride\": [1]}"},
        {"ops.conv2d", "{\"stride\": \"two\"}"},
        {"ops.conv2d", "{\"padding\": [1, 2, 3]}"},
        {"ops.conv2d", "{\"padding\": [1, null]}"},
        {"ops.conv2d", "{\"groups\": 2}"},
        {"ops.conv2d", "{\"padding\": -1}"},
        {"ops.attention", "{\"is_causal\": 1}"},
        {"ops.attention", "{\"scale\": \"small\"}"},
        {"ops.attention", "{\"segments\": [0, 1]}"},
        {"ops.attention", "{\"segments\": 1, \"between\": [[0]]}"},
        {"ops.attention", "{\"segments\": [0, 1], \"between\": [[true]]}"},
        {"ops.attention", "{\"segments\": [0, 1], \"between\": [[0, 0]]}"},
        {"ops.attention", "{\"segments\": [0, 2], \"between\": [[0]]}"},
        {"ops.attention", "{\"segments\": [0], \"between\": []}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_call call = {.module = bad[i][0]};
        float x[4] = {0};
        ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
        json_t *json = json_loads(bad[i][1], 0, NULL);
        call.settings = json;
        const ts_module *m = ts_module_find(ts_ops_product_modules, call.module, &call);
        assert_non_null(m);
        static const char *const names[] = {"input", "weight", "query", "key", "value"};
        const bool bare = strcmp(bad[i][1], "{}") == 0; /* an input is missing, all else is right */
        for (size_t k = 0; k < 5; k++)
            if (!bare || k == 0)
                ts_items_add(&ctx, &call.inputs, names[k],
                             ts_tensor_of(x, TS_F32, 4, (const int64_t[]){1, 1, 1, 4}));
        assert_int_not_equal(m->run(&ctx, &call), TS_OK);
        assert_true(ctx.message[0] != '\0');
        ts_call_free(&call);
        json_decref(json);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
