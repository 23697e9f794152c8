#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

static void shards(void **state)
{
    (void)state;
    int64_t next = 0;
    for (int p = 0; p < 4; p++) { /* 11 over 4: 3, 3, 3, 2 */
        const ts_shard s = ts_shard_of(11, 4, p);
        assert_int_equal(s.begin, next);
        assert_int_equal(s.count, p < 3 ? 3 : 2);
        next += s.count;
    }
    assert_int_equal(next, 11);
    assert_int_equal(ts_shard_of(2, 4, 3).count, 0);
}

#define TRY(type, dtype, a, b, sum, max)                                                           \
    do {                                                                                           \
        type x[2] = {a, b}, y[2] = {b, a};                                                         \
        assert_int_equal(ts_reduce_into(&ctx, x, y, 2, dtype, TS_SUM), TS_OK);                     \
        assert_true(x[0] == (type)(sum) && x[1] == (type)(sum));                                   \
        x[0] = a;                                                                                  \
        ts_reduce_into(&ctx, x, y, 1, dtype, TS_MAX);                                              \
        assert_true(x[0] == (type)(max));                                                          \
    } while (0)

static void reduces(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    TRY(float, TS_F32, 1.5f, -2, -0.5f, 1.5f);
    TRY(double, TS_F64, 1e300, 2, 1e300, 1e300);
    TRY(int32_t, TS_I32, INT32_MAX, 1, INT32_MIN, INT32_MAX);
    TRY(int64_t, TS_I64, -5, 3, -2, 3);
    TRY(uint32_t, TS_U32, UINT32_MAX, 2, 1, UINT32_MAX);
    TRY(uint64_t, TS_U64, UINT64_MAX, 2, 1, UINT64_MAX);
    uint8_t bytes[1] = {0};
    assert_int_equal(ts_reduce_into(&ctx, bytes, bytes, 1, TS_U8, TS_SUM), TS_ERROR_UNSUPPORTED);
    assert_string_equal(ctx.message,
                        "sums over ranks of U8: expected F32, F64, I32, I64, U32 or U64");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards),
        cmocka_unit_test(reduces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
