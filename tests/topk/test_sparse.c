#include "tests/support/topk.h"

#include <string.h>

/* Entries {index, value} of a vector of `size`. */
static ts_sparse of(ts_ctx *ctx, ts_dtype dtype, int64_t size, int64_t n, const double entry[][2])
{
    ts_sparse s;
    assert_int_equal(ts_sparse_new(ctx, &s, dtype, size, n), TS_OK);
    for (int64_t j = 0; j < n; j++) {
        s.indices[j] = (uint32_t)entry[j][0];
        ts_store(s.values.data, dtype, j, entry[j][1]);
    }
    return s;
}

static const double first[][2] = {{1, 2}, {3, -4}, {6, 0.5}}, second[][2] = {{0, 1}, {3, 4}, {7, 8}};

static void sums(void **state)
{
    (void)state;
    static const double want[][2] = {{0, 1}, {1, 2}, {3, 0}, {6, 0.5}, {7, 8}};
    for (int wide = 0; wide < 2; wide++) {
        ts_ctx ctx;
        ts_sparse sum;
        const ts_dtype dtype = wide ? TS_F64 : TS_F32;
        ts_ctx_open_plain(&ctx);
        const ts_sparse a = of(&ctx, dtype, 8, 3, first), b = of(&ctx, dtype, 8, 3, second);
        const ts_sparse expected = of(&ctx, dtype, 8, 5, want), none = of(&ctx, dtype, 8, 0, NULL);
        assert_int_equal(ts_sparse_sum(&ctx, &sum, &a, &b), TS_OK);
        topk_same(&sum, &expected);
        ts_sparse_sum(&ctx, &sum, &none, &b);
        topk_same(&sum, &b);
        ts_sparse_sum(&ctx, &sum, &a, &none);
        topk_same(&sum, &a);
        const ts_tensor dense = ts_sparse_dense(&ctx, &a);
        ts_sparse_add(dense, &b);
        static const double all[8] = {1, 2, 0, 0, 0, 0, 0.5, 8};
        for (int i = 0; i < 8; i++)
            assert_true(ts_load(dense.data, dtype, i) == all[i]);
        ts_sparse_gather(&sum, dense);
        assert_true(ts_load(sum.values.data, dtype, 1) == 0.0);
        ts_sparse_clear(&b, dense);
        assert_true(ts_load(dense.data, dtype, 7) == 0.0 && ts_load(dense.data, dtype, 1) == 2.0);
        ts_ctx_close(&ctx);
    }
}

static void sorting(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int64_t n = 0; n < 3000; n = 3 * n + 1)
        for (int wide = 0; wide < 2; wide++) {
            ts_sparse s;
            ts_sparse_new(&ctx, &s, wide ? TS_F64 : TS_F32, 70001 * n + 1, n);
            for (int64_t j = 0; j < n; j++) {
                s.indices[j] = (uint32_t)(j * 769 % (n + (n % 769 == 0)) * 70001);
                ts_store(s.values.data, s.values.dtype, j, (double)(s.indices[j] / 70001));
            }
            assert_int_equal(ts_sparse_sort(&ctx, &s), TS_OK);
            for (int64_t j = 0; j < n; j++) {
                assert_true(j == 0 || s.indices[j] >= s.indices[j - 1]);
                assert_true(ts_load(s.values.data, s.values.dtype, j) ==
                            (double)(s.indices[j] / 70001));
            }
        }
    ts_ctx_close(&ctx);
}

static void checks(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_sparse s = of(&ctx, TS_F32, 8, 3, first);
    assert_int_equal(ts_sparse_check(&ctx, &s, "packet"), TS_OK);
    s.indices[2] = 8;
    assert_int_equal(ts_sparse_check(&ctx, &s, "packet"), TS_ERROR_FORMAT);
    assert_string_equal(ctx.message, "packet: entry 2 has the index 8 of 8");
    ts_ctx_clear(&ctx);
    s.indices[2] = 1;
    assert_int_equal(ts_sparse_check(&ctx, &s, "packet"), TS_ERROR_FORMAT);
    assert_string_equal(ctx.message, "packet: the index 1 stands twice");
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_sparse_fits(&ctx, UINT32_MAX), TS_OK);
    assert_int_equal(ts_sparse_new(&ctx, &s, TS_F32, (int64_t)UINT32_MAX + 1, 1),
                     TS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "32 bits"));
    assert_true(ts_is_empty(ts_sparse_source(&ctx, (ts_tensor){0})));
    ts_ctx_close(&ctx);
}

/* No allocation may fail without a word. */
static void memory(void **state)
{
    (void)state;
    for (long n = 1; n < 8; n++) {
        ts_ctx ctx;
        ts_sparse s = {0};
        ts_ctx_open_plain(&ctx);
        ts_plant_fault(n);
        const ts_status status = ts_sparse_new(&ctx, &s, TS_F32, 400000, 400000);
        if (!status) {
            for (int64_t j = 0; j < s.count; j++)
                s.indices[j] = (uint32_t)(s.count - 1 - j);
            ts_sparse_sort(&ctx, &s);
            ts_sparse_check(&ctx, &s, "s");
            ts_sparse_dense(&ctx, &s);
        } else {
            assert_int_equal(s.count, 0);
        }
        ts_plant_fault(0);
        assert_true(!ctx.status || ctx.status == TS_ERROR_MEMORY);
        assert_true(n > 3 || ctx.status);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums), cmocka_unit_test(sorting),
                                       cmocka_unit_test(checks), cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
