#include "tests/support/files.h"

#include "ref/io/items.h"

#include <stdio.h>
#include <string.h>

static void items(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_items list = {0};
    double values[20];
    char name[16];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(
            ts_items_add(&ctx, &list, name, ts_tensor_of(&values[i], TS_F64, 0, NULL)), TS_OK);
    }
    assert_int_equal(list.count, 20);
    assert_string_equal(list.items[7].name, "n7");
    assert_ptr_equal(ts_items_get(&list, "n19").data, &values[19]);
    assert_true(ts_is_empty(ts_items_get(&list, "n20")));
    ts_items_add(&ctx, &list, "n3", (ts_tensor){0});
    files_failed(&ctx, TS_ERROR_USAGE, "two tensors are named n3");
    ts_fail(&ctx, TS_ERROR_IO, "before");
    assert_int_equal(ts_items_add(&ctx, &list, "later", (ts_tensor){0}), TS_ERROR_IO);
    assert_int_equal(list.count, 20);
    ts_items_free(&list);
    assert_int_equal(list.count, 0);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(items)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
