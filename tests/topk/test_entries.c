#include "tests/support/topk.h"

#include "ref/topk/keys.h"
#include "ref/topk/entries.h"



#include <math.h>
#include <stdlib.h>
#include <string.h>

static int descending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* Sizes below and above a piece (32768), the quickselect's limit (2048), and that up to which a bin's
 * keys are taken out (1048576). */
static const int64_t sizes[] = {1, 50, 2048, 2049, 32768, 40000, 300000, 1200000};

static void kth_is_that_of_sorting(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    for (int s = 0; s < 8; s++)
        for (int shape = 0; shape < TOPK_SHAPES; shape += s == 7 ? 3 : 1)
            for (int wide = 0; wide < 2; wide++) {
                const int64_t n = sizes[s];
                const ts_dtype dtype = wide ? TS_F64 : TS_F32;
                const ts_scope scope = ts_scope_open(&ctx);
                const ts_tensor x = topk_vector(&ctx, dtype, (topk_shape)shape, 8, n);
                uint64_t *keys = ts_take(&ctx, (size_t)n * sizeof *keys);
                for (int64_t i = 0; i < n; i++)
                    keys[i] = ts_passes_of(dtype)->key(x.data, i);
                qsort(keys, (size_t)n, sizeof *keys, descending);
                const int64_t ks[] = {1, 2, n / 100 + 1, n / 2 + 1, n};
                const ts_entries pool = ts_entries_of(x);
                for (int i = 0; i < 5; i++)
                    if (ks[i] <= n)
                        assert_true(ts_entries_kth(&ctx, &pool, ks[i]) == keys[ks[i] - 1]);
                assert_true(ts_entries_most(&ctx, x) == keys[0]);
                ts_scope_close(&ctx, scope, NULL, 0);
            }
    ts_ctx_close(&ctx);
}

/* What is collected is what a loop finds, however full the pieces are; sum and maximum with it. */
static void collecting(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    for (int s = 0; s < 7; s++)
        for (int level = 0; level < 4; level++) {
            static const double bounds[] = {0.0, 0.1, 0.49, 0.75};
            const int64_t n = sizes[s];
            const ts_scope scope = ts_scope_open(&ctx);
            const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_UNIFORM, 3, n);
            /* One piece that is full of large entries. */
            for (int64_t i = 0; n > 40000 && i < 20000; i++)
                ((float *)x.data)[70000 + i] = 0.499f;
            const uint64_t bound = ts_key_at_least(bounds[level], TS_F32);
            ts_entries pool;
            ts_total total;
            assert_int_equal(ts_entries_collect(&ctx, &pool, &total, x, bound), TS_OK);
            int64_t found = 0;
            for (int64_t i = 0; i < n; i++)
                if (ts_key_f32(((float *)x.data)[i]) >= bound) {
                    assert_true(found < pool.n && pool.map[found] == i);
                    assert_true(((const float *)pool.x)[found] == ((float *)x.data)[i]);
                    found++;
                }
            assert_int_equal(found, pool.n);
            assert_true(total.most == ts_entries_most(&ctx, x));
            ts_scope_close(&ctx, scope, NULL, 0);
        }
    ts_ctx_close(&ctx);
}

/* The bits of the sum do not depend on the number of threads. */
static void threads(void **state)
{
    (void)state;
    double sum[3];
    for (int t = 0; t < 3; t++) {
        ts_ctx ctx;
        ts_entries pool;
        ts_total total;
        ts_ctx_open(&ctx, NULL, TS_F32, (int[]){1, 2, 5}[t]);
        const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 200000);
        assert_int_equal(ts_entries_collect(&ctx, &pool, &total, x, UINT64_MAX), TS_OK);
        assert_null(pool.map);
        sum[t] = total.sum;
        ts_ctx_close(&ctx);
    }
    assert_true(sum[0] == sum[1] && sum[1] == sum[2] && sum[0] > 0.0);
}

/* A guess leaves more than k entries above it, and not many more. */
static void guesses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 6, 1 << 20);
    const ts_entries pool = ts_entries_of(x);
    for (int64_t k = 1000; k < 50000; k *= 3) {
        const uint64_t bound = ts_entries_guess(&ctx, x, k);
        const int64_t above = ts_entries_survey(&ctx, &pool, bound, 0).high;
        assert_true(above >= k && above < 2 * k + 2000);
    }
    assert_true(ts_entries_guess(&ctx, x, 1 << 19) == UINT64_MAX);
    const ts_tensor small = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 6, 1000);
    assert_true(ts_entries_guess(&ctx, small, 3) == UINT64_MAX);
    const ts_tensor zeros = topk_vector(&ctx, TS_F32, TOPK_SPARSE, 6, 1 << 19);
    memset(zeros.data, 0, (size_t)4 << 19);
    assert_true(ts_entries_guess(&ctx, zeros, 30) == UINT64_MAX);
    ts_ctx_close(&ctx);
}

static void nonfinite(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_entries pool;
    ts_total total;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 100000);
    assert_int_equal(ts_entries_finite(&ctx, x), TS_OK);
    ((float *)x.data)[77777] = (float)-INFINITY;
    assert_int_equal(ts_entries_finite(&ctx, x), TS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "nonfinite value -inf at index 77777"));
    ts_ctx_clear(&ctx);
    ((float *)x.data)[5] = (float)NAN;
    assert_int_equal(ts_entries_collect(&ctx, &pool, &total, x, UINT64_MAX), TS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "at index 5"));
    ts_ctx_clear(&ctx);
    const ts_tensor big = topk_vector(&ctx, TS_F64, TOPK_GAUSS, 3, 10);
    for (int i = 0; i < 10; i++)
        ((double *)big.data)[i] = 1.7e308;
    assert_int_equal(ts_entries_collect(&ctx, &pool, &total, big, UINT64_MAX), TS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "nonfinite sum of 10"));
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kth_is_that_of_sorting), cmocka_unit_test(collecting),
        cmocka_unit_test(threads), cmocka_unit_test(guesses), cmocka_unit_test(nonfinite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
