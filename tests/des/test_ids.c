#include "tests/support/des.h"

#include "ref/des/ids.h"

static void finds_every_id(void **state)
{
    (void)state;
    uint64_t id[1000];
    ts_ctx ctx;
    ts_ids index;
    ts_ctx_open_plain(&ctx);
    for (uint64_t i = 0; i < 1000; i++) /* 0 and 2^64 - 1 are ids as any other */
        id[i] = i == 500 ? 0 : i == 501 ? UINT64_MAX : (i + 1) * (i % 2 ? 1 : UINT64_C(1) << 40);
    assert_int_equal(ts_ids_of(&ctx, &index, id, 1000), TS_OK);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(*ts_ids_place(&index, id[i]), i);
    assert_true(*ts_ids_place(&index, 77777777777) < 0);
    assert_int_equal(ts_ids_of(&ctx, &index, id, 0), TS_OK);
    assert_true(*ts_ids_place(&index, 0) < 0);
    ts_ctx_close(&ctx);
}

static void refuses_an_id_twice(void **state)
{
    (void)state;
    static const uint64_t id[3] = {UINT64_MAX, 4, UINT64_MAX};
    ts_ctx ctx;
    ts_ids index;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_ids_of(&ctx, &index, id, 3), TS_ERROR_FORMAT);
    assert_string_equal(ctx.message, "id 18446744073709551615 stands twice, as rows 0 and 2");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_id),
        cmocka_unit_test(refuses_an_id_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
