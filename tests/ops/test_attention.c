#include "tests/support/op.h"

#include "ref/ops/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* in: q, k, v, and a mask that may be missing; arg: the rest of the bias. */
static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    ts_attention_bias bias = {.segments = 0};
    if (arg)
        bias = *(const ts_attention_bias *)arg;
    bias.mask = in[3];
    return ts_attention(ctx, in[0], in[1], in[2], 0.7, &bias);
}

typedef struct {
    int b, h, lq, lk, d, dv;
} sizes;

static op_case case_of(sizes n)
{
    op_case c = {apply, .inputs = 4,
                 .in = {op_tensor(0, 0.6, 0, 4, n.b, n.h, n.lq, n.d),
                        op_tensor(50, 0.5, 0, 4, n.b, n.h, n.lk, n.d),
                        op_tensor(90, 1, 0, 4, n.b, n.h, n.lk, n.dv)}};
    return c;
}

/* A choice of pairs by a rule without pattern; the first query of each matrix sees nothing. */
static ts_tensor choice(int b, int h, int lq, int lk)
{
    const int64_t size[4] = {b, h, lq, lk};
    ts_tensor t = ts_tensor_of(NULL, TS_U8, 4, size);
    t.data = calloc((size_t)ts_numel(t) + 1, 1);
    assert_non_null(t.data);
    for (int64_t i = 0; i < ts_numel(t); i++)
        ((uint8_t *)t.data)[i] = i % (lq * lk) >= lk && op_value(i) > -0.5 ? 3 : 0;
    return t;
}

static void all_sizes(void **state)
{
    (void)state;
    static const sizes all[] = {{2, 2, 3, 5, 4, 3}, {1, 1, 1, 1, 1, 1}, {1, 2, 4, 0, 3, 2},
                                {1, 2, 0, 4, 3, 2}, {0, 1, 2, 2, 2, 2}, {1, 1, 2, 3, 0, 2},
                                {1, 1, 2, 3, 2, 0}, {1, 1, 7, 11, 5, 2}};
    for (int i = 0; i < 8; i++) {
        op_case c = case_of(all[i]);
        op_all(&c);
    }
}

static void no_bias(void **state)
{
    (void)state;
    ts_ctx ctx;
    op_case c = case_of((sizes){1, 1, 2, 3, 4, 5});
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const ts_tensor y = ts_attention(&ctx, c.in[0], c.in[1], c.in[2], 0.7, NULL);
    ts_tensor same = op_truth(&c);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    assert_memory_equal(y.data, same.data, 10 * sizeof(double));
    ts_ctx_close(&ctx);
    free(same.data);
    op_free(&c);
}

/* Masks that broadcast along every axis, both kinds. */
static void masks(void **state)
{
    (void)state;
    const sizes n = {2, 2, 3, 5, 4, 3};
    for (int kind = 0; kind < 16; kind++) {
        const int b = kind & 1 ? n.b : 1, h = kind & 2 ? n.h : 1;
        const int lq = kind & 4 ? n.lq : 1, lk = kind & 8 ? n.lk : 1;
        op_case may = case_of(n);
        may.in[3] = choice(b, h, lq, lk);
        op_all(&may);
        op_case added = case_of(n);
        added.in[3] = op_tensor(17, 0.8, 0, 4, b, h, lq, lk);
        op_all(&added);
    }
    op_case flat = case_of(n);
    flat.in[3] = op_tensor(17, 0.8, 0, 2, n.lq, n.lk);
    op_all(&flat);
}

static void causal_and_segments(void **state)
{
    (void)state;
    const ts_attention_bias all[] = {
        {.causal = true},
        {.segments = 2, .start = {0, 2, 5}, .between = {{0, -0.5}, {(double)-INFINITY, 0}}},
        {.causal = true, .segments = 3, .start = {0, 2, 2, 5},
         .between = {{0.1, 0, 1}, {0}, {0.3}}},
        {.segments = 1, .start = {0, 5}, .between = {{(double)-INFINITY}}},
    };
    for (int i = 0; i < 4; i++) {
        op_case c = case_of((sizes){2, 2, 5, 5, 4, 3});
        c.arg = &all[i];
        op_all(&c);
        op_case masked = case_of((sizes){2, 2, 5, 5, 4, 3});
        masked.arg = &all[i];
        masked.in[3] = i % 2 ? choice(1, 2, 5, 5) : op_tensor(17, 0.8, 0, 4, 2, 1, 5, 5);
        op_all(&masked);
    }
}

/* Around the edges of blocks of queries and of keys. */
static void edges(void **state)
{
    (void)state;
    static const sizes all[] = {{1, 2, 67, 131, 17, 19}, {2, 1, 131, 65, 9, 33},
                                {1, 1, 5, 257, 64, 1}};
    for (int i = 0; i < 3; i++) {
        op_case c = case_of(all[i]);
        if (i)
            c.in[3] = i == 1 ? choice(2, 1, 131, 65) : op_tensor(3, 0.5, 0, 4, 1, 1, 1, 257);
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

/* Equal scores: the mean of the keys that are seen. */
static void known_answer(void **state)
{
    (void)state;
    const ts_attention_bias causal = {.causal = true};
    op_case c = case_of((sizes){1, 1, 4, 4, 2, 1});
    c.arg = &causal;
    memset(c.in[0].data, 0, 8 * sizeof(double));
    for (int i = 0; i < 4; i++)
        ((double *)c.in[2].data)[i] = 2 * i + 2;
    static const double expected[4] = {2, 3, 4, 5};
    op_exact(&c, expected);
    op_free(&c);
}

/* A query without keys is 0; a key that is masked out does not exist, whatever stands there. */
static void masked_out(void **state)
{
    (void)state;
    op_case c = case_of((sizes){1, 1, 3, 4, 2, 2});
    memset(c.in[0].data, 0, 6 * sizeof(double));
    c.in[3] = choice(1, 1, 3, 4);
    static const uint8_t may[12] = {0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1};
    memcpy(c.in[3].data, may, sizeof may);
    double *k = c.in[1].data, *v = c.in[2].data;
    static const double values[8] = {1, 2, 3, 4, (double)NAN, (double)INFINITY, 5, -6};
    memcpy(v, values, sizeof values);
    k[4] = k[5] = (double)NAN;
    static const double expected[6] = {0, 0, 2, 3, 4, -1};
    op_exact(&c, expected);
    op_tables(&c);
    op_free(&c);
}

/* Where a NaN or an infinity is seen it spreads to that query alone. */
static void seen(void **state)
{
    (void)state;
    op_case c = case_of((sizes){1, 1, 2, 2, 1, 2});
    memset(c.in[0].data, 0, 2 * sizeof(double));
    c.in[3] = choice(1, 1, 2, 2);
    static const uint8_t may[4] = {1, 0, 1, 1};
    memcpy(c.in[3].data, may, sizeof may);
    static const double values[4] = {1, 2, (double)NAN, (double)INFINITY};
    memcpy(c.in[2].data, values, sizeof values);
    op_exact(&c, values);
    op_free(&c);
}

static void huge_scores(void **state)
{
    (void)state;
    op_case c = case_of((sizes){1, 1, 1, 3, 1, 1});
    double *q = c.in[0].data, *k = c.in[1].data, *v = c.in[2].data;
    q[0] = 1e18;
    k[0] = 1e18, k[1] = -1e18, k[2] = 1e17;
    v[0] = 3, v[1] = 5, v[2] = 7;
    static const double expected[1] = {3};
    op_exact(&c, expected);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    const sizes q = {2, 2, 3, 3, 4, 3};
    for (int i = 0; i < 4; i++) {
        op_case c = case_of(q);
        op_case other = case_of((sizes){i == 0 ? 1 : 2, i == 1 ? 1 : 2, 3, i == 2 ? 4 : 3,
                                        i == 3 ? 5 : 4, 3});
        const ts_tensor k = c.in[1];
        c.in[1] = other.in[1];
        op_fails(&c, TS_ERROR_SHAPE);
        c.in[1] = k;
        op_free(&c);
        op_free(&other);
    }
    op_case rank = case_of(q);
    rank.in[0].rank = 3;
    op_fails(&rank, TS_ERROR_SHAPE);
    op_free(&rank);
    op_case mask = case_of(q);
    mask.in[3] = op_tensor(0, 1, 0, 2, 3, 2);
    op_fails(&mask, TS_ERROR_SHAPE);
    op_free(&mask);
    op_case ids = case_of(q);
    ids.in[3] = op_integers(2, 3, 3);
    op_fails(&ids, TS_ERROR_SHAPE);
    op_free(&ids);
}

static void segment_errors(void **state)
{
    (void)state;
    const ts_attention_bias all[] = {{.segments = 2, .start = {0, 2, 4}},
                                     {.segments = 2, .start = {1, 2, 5}},
                                     {.segments = 2, .start = {0, 6, 5}},
                                     {.segments = TS_MAX_SEGMENTS + 1},
                                     {.segments = -1}};
    for (int i = 0; i < 5; i++) {
        op_case c = case_of((sizes){1, 1, 5, 5, 2, 2});
        c.arg = &all[i];
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    const ts_attention_bias fine = {.segments = 1, .start = {0, 5}};
    op_case unequal = case_of((sizes){1, 1, 5, 4, 2, 2});
    unequal.arg = &fine;
    op_fails(&unequal, TS_ERROR_SHAPE);
    op_free(&unequal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes),          cmocka_unit_test(no_bias),
        cmocka_unit_test(masks),              cmocka_unit_test(causal_and_segments),
        cmocka_unit_test(edges),              cmocka_unit_test(known_answer),
        cmocka_unit_test(masked_out),         cmocka_unit_test(seen),
        cmocka_unit_test(huge_scores),        cmocka_unit_test(errors),
        cmocka_unit_test(segment_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
