#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/ids.h"

static void grows_and_pads(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(ts_ids_add(&ctx, &ids, 3 * i), TS_OK);
    assert_int_equal(ts_ids_pad(&ctx, &ids, 1003, 7), TS_OK);
    assert_int_equal(ts_ids_pad(&ctx, &ids, 10, 8), TS_OK);
    assert_int_equal(ids.count, 1003);
    assert_int_equal(ids.at[999], 2997);
    assert_int_equal(ids.at[1002], 7);
    const ts_tensor t = ts_ids_tensor(&ctx, &ids);
    assert_int_equal(t.rank, 2);
    assert_int_equal(t.size[0], 1);
    assert_int_equal(t.size[1], 1003);
    assert_int_equal(((const int64_t *)t.data)[500], 1500);
    ts_ids_free(&ids);
    ts_ids_free(&ids);
    assert_int_equal(ids.count, 0);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_pads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
