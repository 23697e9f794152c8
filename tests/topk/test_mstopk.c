#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/mstopk.h"

#include <math.h>
#include <string.h>

static const char *text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static int64_t whole(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void same_path(const ts_mstopk_search *s, const json_t *c, bool counts)
{
    const json_t *trace = json_object_get(c, "trace"), *info = json_object_get(c, "info");
    assert_int_equal(s->tried, json_array_size(trace));
    for (int64_t i = 0; i < s->tried; i++) {
        const json_t *step = json_array_get(trace, (size_t)i);
        assert_true(s->thresholds[i] == number(step, "thr"));
        assert_true(!counts || s->counts[i] == whole(step, "nnz"));
    }
    const json_t *t1 = json_object_get(info, "thres1");
    assert_true(s->mean == number(info, "mean") && s->most == number(info, "max"));
    assert_true(json_is_null(t1) ? isinf(s->threshold1) : s->threshold1 == json_number_value(t1));
    assert_true(s->threshold2 == number(info, "thres2"));
    assert_int_equal(s->count1, whole(info, "k1"));
    assert_int_equal(s->count2, whole(info, "k2"));
    assert_int_equal(s->starts, whole(info, "n_starts"));
}

typedef ts_status select_function(ts_ctx *, ts_sparse *, ts_mstopk_search *, ts_tensor,
                                  const ts_mstopk_options *);

static void one_vector(ts_ctx *ctx, const json_t *c, select_function *mstopk, bool counts)
{
    const ts_tensor x = topk_numbers(ctx, json_object_get(c, "x"), TS_F64);
    const json_t *info = json_object_get(c, "info"), *selected = json_object_get(c, "selected");
    const ts_mstopk_options o = {.k = whole(c, "k"), .steps = whole(c, "N"),
                                 .start = whole(c, "start")};
    ts_sparse out;
    ts_mstopk_search s;
    if (strcmp(text_of(info, "case"), "nonfinite") == 0) {
        ((double *)x.data)[1] = (double)NAN;
        assert_int_equal(mstopk(ctx, &out, &s, x, &o), TS_ERROR_UNSUPPORTED);
        assert_non_null(strstr(ctx->message, "nonfinite value nan at index 1"));
        assert_int_equal(out.count, 0);
        ts_ctx_clear(ctx);
        return;
    }
    assert_int_equal(mstopk(ctx, &out, &s, x, &o), TS_OK);
    assert_int_equal(out.count, json_array_size(selected));
    for (int64_t j = 0; j < out.count; j++) {
        if (out.indices[j] != json_integer_value(json_array_get(selected, (size_t)j)))
            fail_msg("%s: entry %lld", text_of(c, "name"), (long long)j);
        assert_true(((double *)out.values.data)[j] == ((double *)x.data)[out.indices[j]]);
    }
    assert_int_equal(s.searched, strcmp(text_of(info, "case"), "search") == 0);
    if (s.searched)
        same_path(&s, c, counts);
}

/* Digit for digit: every threshold, every count, every index; on both tables. */
static void vectors(void **state)
{
    (void)state;
    json_t *all = topk_vectors(), *list = json_object_get(all, "mstopk");
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 2);
    assert_true(json_array_size(list) >= 22);
    for (size_t i = 0; i < json_array_size(list); i++) {
        one_vector(&ctx, json_array_get(list, i), ts_mstopk_published, true);
        one_vector(&ctx, json_array_get(list, i), ts_mstopk_fast, false);
        one_vector(&ctx, json_array_get(list, i), ts_mstopk, true); /* plain: as published */
    }
    json_decref(all);
    ts_ctx_close(&ctx);
}

/* What any selection must be, whatever the data: k entries, no index twice, l1 ascending and above
 * threshold 1, a slice of neighbours in the band. */
static void holds(const ts_sparse *out, const ts_mstopk_search *s, ts_tensor x, int64_t k)
{
    int64_t place = 0, next = s->start;
    assert_int_equal(out->count, k);
    assert_true(s->threshold1 > s->threshold2 && s->count1 <= k && k < s->count2);
    assert_true(s->count2 - s->count1 >= k - s->count1);
    for (int64_t j = 0, i = 0; j < s->count1; j++, i++) {
        while (fabs(ts_load(x.data, x.dtype, i)) < s->threshold1)
            i++;
        assert_int_equal(out->indices[j], i);
    }
    int64_t j = s->count1;
    for (int64_t i = 0; i < ts_numel(x); i++) {
        const double a = fabs(ts_load(x.data, x.dtype, i));
        if (a >= s->threshold1 || a < s->threshold2)
            continue;
        if (place++ == next && j < k) {
            assert_int_equal(out->indices[j++], i);
            next++;
        }
    }
    assert_int_equal(j, k);
}

/* Every small size and k, every shape, several N; the bound on the lost energy as well. */
static void properties(void **state)
{
    (void)state;
    static const int64_t steps[] = {0, 1, 2, 5, 30};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    for (int64_t d = 1; d <= 257; d += d < 20 ? 1 : 79)
        for (int64_t k = 1; k < d; k += d < 20 ? 1 : 17)
            for (int n = 0; n < 5; n++)
                for (int shape = 0; shape < TOPK_SHAPES; shape++) {
                    const ts_scope scope = ts_scope_open(&ctx);
                    const uint64_t seed = (uint64_t)(d * 1000 + k * 10 + n);
                    const ts_tensor x = topk_vector(&ctx, n % 2 ? TS_F64 : TS_F32,
                                                    (topk_shape)shape, seed, d);
                    const ts_mstopk_options o = {.k = k, .steps = steps[n], .start = -1,
                                                 .bits = seed * 0x9E3779B97F4A7C15u};
                    ts_sparse out;
                    ts_mstopk_search s;
                    assert_int_equal(ts_mstopk_published(&ctx, &out, &s, x, &o), TS_OK);
                    holds(&out, &s, x, k);
                    ts_scope_close(&ctx, scope, NULL, 0);
                }
    ts_ctx_close(&ctx);
}

/* Ranking below the mean, which the published form cannot do. */
static void below_the_mean(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse out;
    ts_mstopk_search s;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F64, TOPK_CUBED, 4, 1000);
    ts_mstopk_options o = {.k = 600, .steps = 30, .start = 0};
    ts_mstopk_published(&ctx, &out, &s, x, &o);
    const int64_t before = s.count1;
    assert_true(s.count2 == 1000 && before < 400 && s.tried == 30);
    o.below_mean = true;
    o.steps = 40;
    ts_mstopk_published(&ctx, &out, &s, x, &o);
    assert_true(s.tried == 80 && s.count2 == 601 && s.count1 == 600 && out.count == 600);
    o.steps = 0;
    ts_mstopk_published(&ctx, &out, &s, x, &o);
    assert_true(s.tried == 0 && out.count == 600);
    ts_ctx_close(&ctx);
}

/* Half precision: the same entries as of the widened vector. */
static void narrow(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse a, b;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    for (int t = 0; t < 2; t++) {
        const ts_tensor x = topk_vector(&ctx, t ? TS_BF16 : TS_F16, TOPK_GAUSS, 4, 5000);
        const ts_tensor wide = ts_new(&ctx, TS_F32, 1, x.size);
        const ts_mstopk_options o = {.k = 50, .steps = 30, .start = 0};
        ts_convert(wide.data, TS_F32, x.data, x.dtype, 5000);
        assert_int_equal(ts_mstopk(&ctx, &a, NULL, x, &o), TS_OK);
        assert_int_equal(ts_mstopk(&ctx, &b, NULL, wide, &o), TS_OK);
        topk_same(&a, &b);
    }
    ts_ctx_close(&ctx);
}

static void refused(ts_tensor x, int64_t k, int64_t steps, int64_t start, ts_status status,
                    const char *words)
{
    select_function *const both[] = {ts_mstopk_published, ts_mstopk_fast};
    for (int i = 0; i < 2; i++) {
        ts_ctx ctx;
        ts_sparse out;
        const ts_mstopk_options o = {.k = k, .steps = steps, .start = start};
        ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
        assert_int_equal(both[i](&ctx, &out, NULL, x, &o), status);
        if (!strstr(ctx.message, words))
            fail_msg("\"%s\" where \"%s\" is expected", ctx.message, words);
        assert_int_equal(both[i](&ctx, &out, NULL, x, &o), status); /* and stays so */
        ts_ctx_close(&ctx);
    }
}

static void errors(void **state)
{
    (void)state;
    float v[8] = {1, 1, 1, 1, 2, 2, 2, 6}, bad[3] = {1, (float)INFINITY, 2};
    int32_t whole_numbers[3] = {1, 2, 3};
    const int64_t eight = 8, three = 3, rows[2] = {2, 4}, huge = (int64_t)1 << 32;
    const ts_tensor x = ts_tensor_of(v, TS_F32, 1, &eight);
    refused(x, -1, 4, 0, TS_ERROR_USAGE, "k is -1");
    refused(x, 3, 49, 0, TS_ERROR_USAGE, "49 steps: 0 to 48");
    refused(x, 3, -1, 0, TS_ERROR_USAGE, "-1 steps");
    refused(x, 3, 6, 6, TS_ERROR_USAGE, "may start at 0 to 5 of its band, not at 6");
    refused(ts_tensor_of(bad, TS_F32, 1, &three), 3, 4, 0, TS_ERROR_UNSUPPORTED, "nonfinite");
    refused(ts_tensor_of(bad, TS_F32, 1, &three), 0, 4, 0, TS_ERROR_UNSUPPORTED, "nonfinite");
    refused(ts_tensor_of(whole_numbers, TS_I32, 1, &three), 1, 4, 0, TS_ERROR_SHAPE, "I32");
    refused(ts_tensor_of(v, TS_F32, 2, rows), 1, 4, 0, TS_ERROR_SHAPE, "(2, 4) F32");
    refused(ts_tensor_of(v, TS_F32, 1, &huge), 1, 4, 0, TS_ERROR_UNSUPPORTED, "32 bits");
}

/* k of 0 entries, k beyond d: as many as there are. */
static void degenerate(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse out;
    float v[3] = {3, -1, 2};
    const int64_t none = 0, three = 3;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_mstopk_options o = {.k = 9, .steps = 4, .start = -1};
    assert_int_equal(ts_mstopk(&ctx, &out, NULL, ts_tensor_of(v, TS_F32, 1, &none), &o), TS_OK);
    assert_int_equal(out.count, 0);
    assert_int_equal(ts_mstopk(&ctx, &out, NULL, ts_tensor_of(v, TS_F32, 1, &three), &o), TS_OK);
    assert_int_equal(out.count, 3);
    for (int j = 0; j < 3; j++)
        assert_true(out.indices[j] == (uint32_t)j && ((float *)out.values.data)[j] == v[j]);
    ts_ctx_close(&ctx);
}

/* ||C(x) - x||^2 <= (1 - k / d) ||x||^2 on the vectors of the specification's own check. */
static void contraction(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    for (uint64_t seed = 0; seed < 60; seed++) {
        const ts_scope scope = ts_scope_open(&ctx);
        const int64_t d = 4096, k = 41;
        const ts_tensor x = ts_new(&ctx, TS_F64, 1, &d);
        double *v = x.data, all = 0.0;
        for (int64_t i = 0; i < d; i++) {
            const double g = topk_gauss(9000 + seed, i);
            v[i] = seed % 2 ? g : g * g * g;
            all += v[i] * v[i];
        }
        for (int64_t steps = 4; steps <= 20; steps += 16) {
            const ts_mstopk_options o = {.k = k, .steps = steps, .start = -1, .bits = seed << 32};
            ts_sparse out;
            double rest = all;
            assert_int_equal(ts_mstopk_published(&ctx, &out, NULL, x, &o), TS_OK);
            for (int64_t j = 0; j < k; j++)
                rest -= v[out.indices[j]] * v[out.indices[j]];
            assert_true(rest <= (1.0 - (double)k / (double)d) * all);
        }
        ts_scope_close(&ctx, scope, NULL, 0);
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),    cmocka_unit_test(properties),
        cmocka_unit_test(below_the_mean), cmocka_unit_test(narrow),
        cmocka_unit_test(errors),     cmocka_unit_test(degenerate),
        cmocka_unit_test(contraction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
