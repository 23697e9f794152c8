#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/exact.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/residual.h"

#include <math.h>
#include <string.h>

static void equal(ts_tensor x, const json_t *list)
{
    assert_int_equal(ts_numel(x), json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_true(ts_load(x.data, x.dtype, (int64_t)i) ==
                    json_number_value(json_array_get(list, i)));
}

/* The three rows of vectors: gradient, sum, indices, values, residual of every step. */
static void vectors(void **state)
{
    (void)state;
    json_t *all = topk_vectors(), *list = json_object_get(all, "error_feedback");
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    assert_int_equal(json_array_size(list), 3);
    for (size_t c = 0; c < 3; c++) {
        const json_t *one = json_array_get(list, c), *steps = json_object_get(one, "steps"), *step;
        const int64_t k = json_integer_value(json_object_get(one, "k"));
        const ts_feedback how = {.feedback = true};
        const int64_t d = (int64_t)json_array_size(json_object_get(json_array_get(steps, 0), "g"));
        ts_residual r;
        size_t t;
        assert_int_equal(ts_residual_new(&ctx, &r, &how, TS_F32, d), TS_OK);
        json_array_foreach(steps, t, step)
        {
            const ts_tensor g = topk_numbers(&ctx, json_object_get(step, "g"), TS_F32);
            const ts_tensor u = ts_new(&ctx, TS_F32, 1, &d);
            const ts_mstopk_options o = {.k = k, .steps = 6, .start = 0};
            ts_sparse sent;
            ts_residual_add(&r, &how, u, (ts_tensor){0}, g);
            equal(u, json_object_get(step, "u"));
            if (c < 2) {
                ts_topk_exact(&ctx, &sent, u, k, TS_EXACT_SORT);
                ts_sparse_sort(&ctx, &sent); /* these rows have ascending indices */
            } else {
                ts_mstopk(&ctx, &sent, NULL, u, &o);
            }
            equal(ts_tensor_of(sent.indices, TS_U32, 1, &sent.count), json_object_get(step, "idx"));
            equal(sent.values, json_object_get(step, "sent"));
            ts_residual_keep(&r, &how, u, (ts_tensor){0}, &sent);
            equal(r.kept, json_object_get(step, "residual"));
        }
    }
    json_decref(all);
    ts_ctx_close(&ctx);
}

/* DGC's corrections on four entries, by hand: mu = 1/2, entry 0 is sent after the first step. */
static void momentum(void **state)
{
    (void)state;
    static const float g1[4] = {8, 4, 2, 0}, g2[4] = {2, 2, 2, 2};
    for (int mode = 0; mode < 3; mode++) { /* masked, not masked, Nesterov and masked */
        ts_ctx ctx;
        const ts_feedback how = {.feedback = true, .momentum = 0.5, .nesterov = mode == 2,
                                 .masking = mode != 1};
        ts_residual r;
        uint32_t first = 0;
        float value = 0;
        const int64_t four = 4, one = 1;
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_residual_new(&ctx, &r, &how, TS_F32, 4), TS_OK);
        const ts_tensor u = ts_new(&ctx, TS_F32, 1, &four), m = ts_new(&ctx, TS_F32, 1, &four);
        const ts_tensor g = ts_new(&ctx, TS_F32, 1, &four);
        memcpy(g.data, g1, sizeof g1);
        ts_residual_add(&r, &how, u, m, g);
        const float *uu = u.data, *mm = m.data;
        value = uu[0];
        assert_true(value == (mode == 2 ? 12.0f : 8.0f) && mm[0] == (mode == 2 ? 4.0f : 8.0f));
        assert_true(((float *)r.kept.data)[0] == 0.0f); /* not before ts_residual_keep */
        ts_sparse sent = {4, 1, &first, ts_tensor_of(&value, TS_F32, 1, &one)};
        ts_residual_keep(&r, &how, u, m, &sent);
        assert_true(((float *)r.kept.data)[0] == 0.0f && ((float *)r.kept.data)[1] == uu[1]);
        assert_true(((float *)r.momentum.data)[0] == (mode == 1 ? 8.0f : 0.0f));
        memcpy(g.data, g2, sizeof g2);
        ts_residual_add(&r, &how, u, m, g);
        /* m: 0.5 m + 2, Nesterov 0.5 (m + 2); u: kept + m (+ 2) */
        assert_true(mm[0] == (mode == 1 ? 6.0f : mode == 2 ? 1.0f : 2.0f));
        assert_true(uu[0] == (mode == 1 ? 6.0f : mode == 2 ? 3.0f : 2.0f));
        assert_true(mm[1] == (mode == 2 ? 2.0f : 4.0f) && uu[1] == (mode == 2 ? 10.0f : 8.0f));
        ts_ctx_close(&ctx);
    }
}

/* Without feedback nothing is kept. */
static void no_feedback(void **state)
{
    (void)state;
    ts_ctx ctx;
    const ts_feedback how = {.feedback = false};
    ts_residual r;
    ts_ctx_open_plain(&ctx);
    ts_residual_new(&ctx, &r, &how, TS_F32, 100);
    const ts_tensor g = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 1, 100);
    const ts_sparse none = {.size = 100, .values = {.dtype = TS_F32}};
    for (int step = 0; step < 3; step++) {
        ts_residual_add(&r, &how, g, (ts_tensor){0}, g); /* u may be g */
        ts_residual_keep(&r, &how, g, (ts_tensor){0}, &none);
    }
    const ts_tensor same = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 1, 100);
    assert_memory_equal(g.data, same.data, 400);
    ts_ctx_close(&ctx);
}

/* Halves on the way: what is sent and what is kept are u exactly, clamped values too. */
static void halves(void **state)
{
    (void)state;
    ts_ctx ctx;
    const ts_feedback how = {.feedback = true};
    ts_residual r;
    ts_sparse sent;
    ts_ctx_open_plain(&ctx);
    ts_residual_new(&ctx, &r, &how, TS_F32, 1000);
    const ts_tensor u = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 1, 1000);
    ((float *)u.data)[5] = 1e6f;
    ((float *)u.data)[6] = -70000.0f;
    ts_topk_exact(&ctx, &sent, u, 100, TS_EXACT_SORT);
    ts_residual_round_f16(&sent);
    assert_true(((float *)sent.values.data)[0] == 65504.0f);
    assert_true(((float *)sent.values.data)[1] == -65504.0f);
    ts_residual_keep(&r, &how, u, (ts_tensor){0}, &sent);
    const ts_tensor gone = ts_sparse_dense(&ctx, &sent);
    for (int i = 0; i < 1000; i++)
        assert_true((double)((float *)gone.data)[i] + (double)((float *)r.kept.data)[i] ==
                    (double)((float *)u.data)[i]);
    ts_ctx_close(&ctx);
}

/* sum of gradients = sum of what was sent + residual, bit for bit on whole numbers; f64 as well. */
static void conservation(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        ts_ctx ctx;
        const ts_feedback how = {.feedback = true};
        const ts_dtype dtype = wide ? TS_F64 : TS_F32;
        const int64_t d = 500;
        double given[500] = {0};
        ts_residual r;
        ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
        ts_residual_new(&ctx, &r, &how, dtype, d);
        const ts_tensor out = ts_new_zero(&ctx, dtype, 1, &d), u = ts_new(&ctx, dtype, 1, &d);
        for (uint64_t step = 0; step < 40; step++) {
            const ts_tensor g = topk_vector(&ctx, dtype, TOPK_TIES, step, d);
            const ts_mstopk_options o = {.k = 30, .steps = 20, .start = 0};
            ts_sparse sent;
            for (int64_t i = 0; i < d; i++)
                given[i] += ts_load(g.data, dtype, i);
            ts_residual_add(&r, &how, u, (ts_tensor){0}, g);
            ts_mstopk(&ctx, &sent, NULL, u, &o);
            ts_residual_keep(&r, &how, u, (ts_tensor){0}, &sent);
            ts_sparse_add(out, &sent);
        }
        for (int64_t i = 0; i < d; i++)
            assert_true(given[i] == ts_load(out.data, dtype, i) + ts_load(r.kept.data, dtype, i));
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(momentum),
                                       cmocka_unit_test(no_feedback), cmocka_unit_test(halves),
                                       cmocka_unit_test(conservation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
