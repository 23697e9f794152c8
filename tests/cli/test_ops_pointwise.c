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
    assert_true(golden_corpus(folder, ts_ops_pointwise_modules, golden_accepted) >= 90);
}

/* Settings that cannot be, and inputs that are missing, are refused with a sentence. */
static void refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"ops.gated", "{\"function\": \"swish\"}"},     {"ops.gated", "{\"function\": 1}"},
        {"ops.rope_tables", "{}"},                      {"ops.rope_tables", "{\"axes_dim\": [2, 3]}"},
        {"ops.rope_tables", "{\"axes_dim\": [\"a\"]}"}, {"ops.rope_tables", "{\"axes_dim\": [2]}"},
        {"ops.group_norm", "{\"num_groups\": 3}"},      {"ops.clamp", "{\"min\": 2, \"max\": 1}"},
        {"ops.add", "{}"},                              {"ops.layer_norm", "{\"eps\": \"small\"}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_call call = {.module = bad[i][0]};
        float x[4] = {0};
        ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
        json_t *json = json_loads(bad[i][1], 0, NULL);
        call.settings = json;
        const ts_module *m = ts_module_find(ts_ops_pointwise_modules, call.module, &call);
        assert_non_null(m);
        const ts_tensor t = ts_tensor_of(x, TS_F32, 2, (const int64_t[]){2, 2});
        ts_items_add(&ctx, &call.inputs, "input", t);
        ts_items_add(&ctx, &call.inputs, "gate", t);
        ts_items_add(&ctx, &call.inputs, "ids", t);
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
