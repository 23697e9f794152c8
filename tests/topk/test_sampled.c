#include "tests/support/topk.h"

#include "ref/topk/entries.h"
#include "ref/topk/exact.h"
#include "ref/topk/keys.h"
#include "ref/topk/sampled.h"

#include <math.h>
#include <string.h>

static void ascending(const ts_sparse *s, ts_tensor x)
{
    for (int64_t j = 0; j < s->count; j++) {
        assert_true(s->indices[j] < s->size && (j == 0 || s->indices[j] > s->indices[j - 1]));
        assert_true(ts_load(s->values.data, s->values.dtype, j) ==
                    ts_load(x.data, x.dtype, s->indices[j]));
    }
}

static void normal_quantiles(void **state)
{
    (void)state;
    assert_true(fabs(ts_normal_tail(0.05) - 1.959963984540054) < 1e-12);
    assert_true(fabs(ts_normal_tail(0.01) - 2.5758293035489004) < 1e-12);
    assert_true(fabs(ts_normal_tail(0.001) - 3.2905267314918945) < 1e-12);
    assert_true(ts_normal_tail(1.0) == 0.0);
}

/* Counts before any adjustment, by NumPy, of 65536 numbers that are nearly normal. */
static void gaussian_counts(void **state)
{
    (void)state;
    static const int64_t k[] = {65, 655}, want[] = {35, 528};
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F64, TOPK_GAUSS, 11, 65536);
    for (int i = 0; i < 2; i++) {
        ts_attempts a;
        ts_sparse s;
        assert_int_equal(ts_topk_gaussian(&ctx, &s, &a, x, k[i]), TS_OK);
        assert_int_equal(a.count[0], want[i]);
        assert_true(4 * s.count >= 3 * k[i] && 4 * s.count <= 5 * k[i]);
        ascending(&s, x);
        for (int64_t t = 1; t < a.tried; t++)
            assert_true(a.threshold[t] < a.threshold[t - 1] && a.count[t] >= a.count[t - 1]);
    }
    ts_ctx_close(&ctx);
}

/* Tails that are no normal ones: the steps end, and any count may be left. */
static void gaussian_fails(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_attempts a;
    ts_sparse s;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor spike = topk_vector(&ctx, TS_F32, TOPK_EQUAL, 1, 4096);
    for (int64_t i = 0; i < 4096; i++)
        ((float *)spike.data)[i] = 0.001f;
    ((float *)spike.data)[7] = 1000.0f;
    assert_int_equal(ts_topk_gaussian(&ctx, &s, &a, spike, 40), TS_OK);
    assert_int_equal(a.tried, 21);
    assert_int_equal(s.count, 1);
    ts_ctx_close(&ctx);
}

/* DGC's plan of the sample: every number by the published program's formula. */
static void dgc_plan(void **state)
{
    (void)state;
    static const struct {
        int64_t d, num, den, stride, samples;
    } row[] = {{1000, 1, 1000, 1, 1000},   {2000, 1, 1000, 1, 2000}, {2001, 1, 1000, 1, 2001},
               {100000, 1, 1000, 49, 2040}, {1000000, 1, 100, 97, 10309}};
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    for (int i = 0; i < 5; i++) {
        ts_attempts a;
        ts_sparse s;
        const ts_scope scope = ts_scope_open(&ctx);
        const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_CUBED, 1, row[i].d);
        const ts_density density = {row[i].num, row[i].den};
        const int64_t k = (row[i].d * row[i].num + row[i].den - 1) / row[i].den;
        assert_int_equal(ts_topk_dgc(&ctx, &s, &a, x, density, 0, 0), TS_OK);
        assert_int_equal(a.stride, row[i].stride);
        assert_int_equal(a.samples, row[i].samples);
        assert_true(s.count <= k && 10 * s.count >= 7 * k);
        ascending(&s, x);
        /* All large entries of a resampled selection are the exact ones. */
        if (a.resampled) {
            ts_sparse exact;
            ts_topk_exact(&ctx, &exact, x, k, TS_EXACT_SORT);
            ts_sparse_sort(&ctx, &exact);
            topk_same(&s, &exact);
        }
        ts_scope_close(&ctx, scope, NULL, 0);
    }
    ts_ctx_close(&ctx);
}

/* A sample of small entries: more than 1.3 k pass, an exact top-k among them remains. A sample of large
 * ones: the threshold goes down by factors of 0.8. */
static void dgc_adapts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse s, exact;
    ts_attempts a;
    const ts_density density = {1, 100};
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_UNIFORM, 1, 100000);
    float *v = x.data;
    for (int64_t i = 5; i < 100000; i += 97) /* stride 97 is what this size gets */
        v[i] *= 0.001f;
    assert_int_equal(ts_topk_dgc(&ctx, &s, &a, x, density, 5, 0), TS_OK);
    assert_true(a.stride == 97 && a.resampled && s.count == 1000);
    ts_topk_exact(&ctx, &exact, x, 1000, TS_EXACT_SORT);
    ts_sparse_sort(&ctx, &exact);
    topk_same(&s, &exact);
    for (int64_t i = 5; i < 100000; i += 97)
        v[i] *= 1e6f;
    assert_int_equal(ts_topk_dgc(&ctx, &s, &a, x, density, 5, 0), TS_OK);
    assert_true(a.tried > 3 && !a.resampled && s.count <= 1000);
    for (int64_t t = 1; t < a.tried; t++)
        assert_true(a.threshold[t] == a.threshold[t - 1] * 0.8);
    ascending(&s, x);
    ts_ctx_close(&ctx);
}

/* Exact every 32 selections, then the rule: strict >, one step of 1.012 a selection. */
static void reuse(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_reused kept = {0};
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 5000);
    const ts_entries all = ts_entries_of(x);
    const double kth = ts_key_magnitude(ts_entries_kth(&ctx, &all, 50), TS_F32);
    for (int step = 0; step < 70; step++) {
        ts_sparse s;
        if (step == 3)
            kept.threshold = 100.0; /* too high: nothing is kept, and it goes down */
        const double before = step % 32 ? kept.threshold : kth;
        assert_int_equal(ts_topk_reused(&ctx, &s, &kept, x, 50, &ts_reuse_local), TS_OK);
        assert_int_equal(kept.age, step + 1);
        for (int64_t i = 0, j = 0; i < 5000; i++)
            if (fabs((double)((float *)x.data)[i]) > before)
                assert_true(j < s.count && s.indices[j++] == i);
        ascending(&s, x);
        if (step % 32 == 0)
            assert_int_equal(s.count, 49); /* the k-th itself is not above itself */
        assert_true(kept.threshold == (3 * s.count < 100 ? before / 1.012 : before));
    }
    kept = (ts_reused){1e-9, 1};
    ts_sparse s;
    ts_topk_reused(&ctx, &s, &kept, x, 50, &ts_reuse_global);
    assert_true(s.count > 4000 && kept.threshold == 1e-9 * 1.008);
    ts_ctx_close(&ctx);
}

static void random_k(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse a, b;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 500);
    assert_int_equal(ts_topk_random(&ctx, &a, x, 20, 5), TS_OK);
    assert_int_equal(ts_topk_random(&ctx, &b, x, 20, 5), TS_OK);
    topk_same(&a, &b);
    ascending(&a, x);
    assert_int_equal(a.count, 20);
    ts_topk_random(&ctx, &b, x, 20, 6);
    assert_true(memcmp(a.indices, b.indices, 80) != 0);
    ts_topk_random(&ctx, &b, x, 900, 6);
    assert_int_equal(b.count, 500);
    ts_ctx_close(&ctx);
}

/* The distance of what is left, over many draws, is (1 - k / d) of the whole: 4 deviations. */
static void random_contracts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F64, TOPK_UNIFORM, 3, 200);
    double all = 0.0, kept = 0.0;
    for (int64_t i = 0; i < 200; i++)
        all += ts_load(x.data, TS_F64, i) * ts_load(x.data, TS_F64, i);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        const ts_scope scope = ts_scope_open(&ctx);
        ts_sparse s;
        ts_topk_random(&ctx, &s, x, 20, seed * 0x9E3779B97F4A7C15u);
        for (int64_t j = 0; j < 20; j++)
            kept += ts_load(s.values.data, TS_F64, j) * ts_load(s.values.data, TS_F64, j);
        ts_scope_close(&ctx, scope, NULL, 0);
    }
    assert_true(fabs(kept / 2000 / all - 0.1) < 0.003);
    ts_ctx_close(&ctx);
}

/* What a threshold leaves is at most (1 - count / d) of the whole, as the count largest are kept. */
static void thresholds_contract(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    for (int shape = 0; shape < TOPK_SHAPES; shape++)
        for (int which = 0; which < 3; which++) {
            const int64_t d = 3000;
            const ts_tensor x = topk_vector(&ctx, TS_F64, (topk_shape)shape, 9, d);
            const double *v = x.data;
            ts_attempts a = {.resampled = false};
            ts_reused kept = {0};
            ts_sparse s;
            double all = 0.0, energy = 0.0;
            if (which == 0)
                ts_topk_dgc(&ctx, &s, &a, x, (ts_density){1, 30}, 0, 0);
            else if (which == 1)
                ts_topk_gaussian(&ctx, &s, NULL, x, 100);
            else
                ts_topk_reused(&ctx, &s, &kept, x, 100, &ts_reuse_local);
            assert_int_equal(ctx.status, TS_OK);
            for (int64_t i = 0; i < d; i++)
                all += v[i] * v[i];
            for (int64_t j = 0; j < s.count; j++)
                energy += v[s.indices[j]] * v[s.indices[j]];
            const bool cut = which == 0 && !a.resampled && a.count[a.tried - 1] > s.count;
            if (!cut) /* DGC's first ones by index are not the largest */
                assert_true(all - energy <=
                            (1.0 - (double)s.count / (double)d) * all * (1.0 + 1e-12));
        }
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse s;
    ts_reused kept = {0};
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 50);
    const ts_density none = {0, 1}, some = {1, 10};
    const struct {
        ts_status status;
        const char *words;
    } want[] = {{TS_ERROR_USAGE, "k is 0 of 50"}, {TS_ERROR_USAGE, "k is 51 of 50"},
                {TS_ERROR_USAGE, "density above 0"}, {TS_ERROR_USAGE, "at 0 to 0, not at 1"},
                {TS_ERROR_USAGE, "k is -1"}, {TS_ERROR_UNSUPPORTED, "nonfinite"},
                {TS_ERROR_UNSUPPORTED, "nonfinite"}, {TS_ERROR_UNSUPPORTED, "nonfinite"},
                {TS_ERROR_UNSUPPORTED, "nonfinite"}};
    for (int i = 0; i < 9; i++) {
        if (i == 5)
            ((float *)x.data)[49] = (float)NAN;
        const ts_status got = i == 0   ? ts_topk_gaussian(&ctx, &s, NULL, x, 0)
                              : i == 1 ? ts_topk_reused(&ctx, &s, &kept, x, 51, &ts_reuse_local)
                              : i == 2 ? ts_topk_dgc(&ctx, &s, NULL, x, none, 0, 0)
                              : i == 3 ? ts_topk_dgc(&ctx, &s, NULL, x, some, 1, 0)
                              : i == 4 ? ts_topk_random(&ctx, &s, x, -1, 0)
                              : i == 5 ? ts_topk_gaussian(&ctx, &s, NULL, x, 5)
                              : i == 6 ? ts_topk_reused(&ctx, &s, &kept, x, 5, &ts_reuse_local)
                              : i == 7 ? ts_topk_dgc(&ctx, &s, NULL, x, some, 0, 0)
                                       : ts_topk_random(&ctx, &s, x, 5, 0);
        assert_int_equal(got, want[i].status);
        if (!strstr(ctx.message, want[i].words))
            fail_msg("\"%s\" where \"%s\" is expected", ctx.message, want[i].words);
        assert_int_equal(s.count, 0);
        ts_ctx_clear(&ctx);
    }
    assert_int_equal(kept.age, 0);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles), cmocka_unit_test(gaussian_counts),
        cmocka_unit_test(gaussian_fails),   cmocka_unit_test(dgc_plan),
        cmocka_unit_test(dgc_adapts),       cmocka_unit_test(reuse),
        cmocka_unit_test(random_k),         cmocka_unit_test(random_contracts),
        cmocka_unit_test(thresholds_contract), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
