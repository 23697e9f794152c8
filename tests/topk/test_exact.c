#include "tests/support/topk.h"

#include "ref/topk/exact.h"
#include "ref/topk/keys.h"

#include <math.h>
#include <string.h>

static const ts_exact_way ways[] = {TS_EXACT_SORT, TS_EXACT_HEAP, TS_EXACT_QUICKSELECT,
                                    TS_EXACT_RADIX};

/* From the definition: as many entries stand before entry j as j says. */
static void is_ordered(const ts_sparse *s, ts_tensor x)
{
    for (int64_t j = 0; j < s->count; j += s->count > 100 ? 37 : 1) {
        const double a = fabs(ts_load(x.data, x.dtype, s->indices[j]));
        int64_t before = 0;
        for (int64_t i = 0; i < ts_numel(x); i++) {
            const double b = fabs(ts_load(x.data, x.dtype, i));
            before += b > a || (b == a && i < s->indices[j]);
        }
        assert_int_equal(before, j);
    }
}

static void four_ways(ts_ctx *ctx, ts_tensor x, int64_t k)
{
    ts_sparse s[4];
    const ts_scope scope = ts_scope_open(ctx);
    for (int w = 0; w < 4; w++) {
        assert_int_equal(ts_topk_exact(ctx, &s[w], x, k, ways[w]), TS_OK);
        assert_int_equal(s[w].count, k < ts_numel(x) ? k : ts_numel(x));
        topk_same(&s[0], &s[w]);
    }
    is_ordered(&s[0], x);
    ts_scope_close(ctx, scope, NULL, 0);
}

static void small(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    for (int64_t d = 0; d < 70; d += 1 + d / 8)
        for (int shape = 0; shape < TOPK_SHAPES; shape++)
            for (int64_t k = 0; k <= d + 1; k += 1 + d / 20)
                for (int wide = 0; wide < 2; wide++)
                    four_ways(&ctx, topk_vector(&ctx, wide ? TS_F64 : TS_F32, (topk_shape)shape,
                                                (uint64_t)(d + k), d), k);
    ts_ctx_close(&ctx);
}

static void large(void **state)
{
    (void)state;
    static const int64_t sizes[] = {3000, 33000, 300000};
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 2);
    for (int s = 0; s < 3; s++)
        for (int shape = 0; shape < TOPK_SHAPES; shape += s + 1) {
            const ts_scope scope = ts_scope_open(&ctx);
            const ts_tensor x = topk_vector(&ctx, s == 1 ? TS_F64 : TS_F32, (topk_shape)shape, 2,
                                            sizes[s]);
            four_ways(&ctx, x, sizes[s] / 100);
            ts_scope_close(&ctx, scope, NULL, 0);
        }
    ts_ctx_close(&ctx);
}

/* ||C(x) - x||^2 <= (1 - k / d) ||x||^2, whatever x is. */
static void contraction(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    for (int shape = 0; shape < TOPK_SHAPES; shape++)
        for (int64_t k = 1; k < 1000; k *= 3) {
            const ts_tensor x = topk_vector(&ctx, TS_F64, (topk_shape)shape, (uint64_t)k, 1000);
            const double *v = x.data;
            ts_sparse s;
            double all = 0.0, kept = 0.0;
            ts_topk_exact(&ctx, &s, x, k, TS_EXACT_RADIX);
            for (int64_t i = 0; i < 1000; i++)
                all += v[i] * v[i];
            for (int64_t j = 0; j < k; j++)
                kept += v[s.indices[j]] * v[s.indices[j]];
            assert_true(all - kept <= (1.0 - (double)k / 1000.0) * all * (1.0 + 1e-12));
        }
    ts_ctx_close(&ctx);
}

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_exact_way way;
    ts_ctx_open_plain(&ctx);
    for (int w = 0; w < 4; w++) {
        assert_int_equal(ts_exact_from(&ctx, ts_exact_name(ways[w]), &way), TS_OK);
        assert_int_equal(way, ways[w]);
    }
    assert_int_equal(ts_exact_from(&ctx, "bubble", &way), TS_ERROR_USAGE);
    assert_string_equal(ctx.message,
                        "topk: unknown method \"bubble\": sort, heap, quickselect or radix");
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    float v[3] = {1, (float)NAN, 2};
    const int64_t three = 3;
    for (int w = 0; w < 4; w++) {
        ts_ctx ctx;
        ts_sparse s;
        ts_ctx_open(&ctx, NULL, TS_F32, 1);
        assert_int_equal(ts_topk_exact(&ctx, &s, ts_tensor_of(v, TS_F32, 1, &three), 5, ways[w]),
                         TS_ERROR_UNSUPPORTED);
        assert_non_null(strstr(ctx.message, "nonfinite value nan at index 1"));
        assert_int_equal(s.count, 0);
        ts_ctx_clear(&ctx);
        v[1] = 1;
        assert_int_equal(ts_topk_exact(&ctx, &s, ts_tensor_of(v, TS_F32, 1, &three), -2, ways[w]),
                         TS_ERROR_USAGE);
        v[1] = (float)NAN;
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small), cmocka_unit_test(large),
                                       cmocka_unit_test(contraction), cmocka_unit_test(names), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
