#include "tests/support/op.h"

#include "ref/ops/tape.h"

#include <math.h>
#include <string.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_batch_norm_train(ctx, in[0], in[1], in[2], 1e-5, NULL);
}

/* The moments, as the operation's result would be judged: they have gauges of their own. */
static ts_tensor moment(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    ts_tensor moments[2], x = in[0];
    x.grad = NULL;
    ts_batch_norm_train(ctx, x, (ts_tensor){0}, (ts_tensor){0}, 1e-5, moments);
    return ts_scale(ctx, moments[*(const int *)arg], 1.0);
}

static op_case case_of(int batch, int channels, int h, int w, bool affine)
{
    op_case c = {apply, .inputs = 3, .step = 1e-4,
                 .in = {op_tensor(0, 1, 0.5, 4, batch, channels, h, w)}};
    if (affine) {
        c.in[1] = op_tensor(100, 0.3, 1, 1, channels);
        c.in[2] = op_tensor(200, 1, 0, 1, channels);
    }
    return c;
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{2, 3, 3, 5}, {1, 2, 1, 2}, {2, 1, 1, 1}, {3, 5, 1, 7}, {5, 2, 4, 5}};
    for (int i = 0; i < 5; i++)
        for (int affine = 0; affine < 2; affine++) {
            op_case c = case_of(size[i][0], size[i][1], size[i][2], size[i][3], affine);
            op_all(&c);
        }
}

static void moments_judged(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        op_case c = {moment, &k, .inputs = 1, .in = {op_tensor(7, 1, 0.5, 4, 3, 4, 5, 3)}, .fixed = {true}};
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

/* 1, 3, 5, 7: mean 4, variance 5 over four and 20/3 over three; eps 11 makes the divisor 4. */
static void known_answer(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 3, 5, 7}, w = 2, b = 1;
    const int64_t size[3] = {2, 1, 2}, one = 1;
    ts_tensor moments[2];
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor y = ts_batch_norm_train(&ctx, ts_tensor_of(x, TS_F32, 3, size),
                                            ts_tensor_of(&w, TS_F32, 1, &one),
                                            ts_tensor_of(&b, TS_F32, 1, &one), 11.0, moments);
    static const float expected[4] = {-0.5f, 0.5f, 1.5f, 2.5f};
    assert_memory_equal(y.data, expected, sizeof expected);
    assert_true(*(float *)moments[0].data == 4.0f);
    assert_true(*(float *)moments[1].data == (float)(20.0 / 3.0));
    ts_ctx_close(&ctx);
}

/* With its own moments as given ones, evaluation gives the same picture. */
static void as_evaluation(void **state)
{
    (void)state;
    ts_ctx ctx;
    op_case c = case_of(3, 2, 4, 3, true);
    ts_tensor m[2];
    ts_ctx_open(&ctx, &ts_table_fast, TS_F64, 1);
    const ts_tensor y = ts_batch_norm_train(&ctx, c.in[0], c.in[1], c.in[2], 1e-5, m);
    const ts_tensor v = ts_scale(&ctx, m[1], 35.0 / 36.0);
    const ts_tensor z = ts_batch_norm(&ctx, c.in[0], c.in[1], c.in[2], m[0], v, 1e-5);
    assert_int_equal(ctx.status, TS_OK);
    for (int64_t i = 0; i < ts_numel(y); i++)
        assert_true(fabs(((double *)y.data)[i] - ((double *)z.data)[i]) < 1e-13);
    ts_ctx_close(&ctx);
    op_free(&c);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    op_case c = case_of(3, 4, 50, 83, true);
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case one = case_of(1, 3, 1, 1, true), none = case_of(0, 3, 2, 2, false);
    op_case other = case_of(2, 3, 2, 2, true), bare = case_of(2, 0, 2, 2, false);
    other.in[2].size[0] = 2;
    op_fails(&one, TS_ERROR_SHAPE);
    op_fails(&none, TS_ERROR_SHAPE);
    op_fails(&other, TS_ERROR_SHAPE);
    op_fails(&bare, TS_ERROR_SHAPE);
    op_free(&one);
    op_free(&none);
    op_free(&other);
    op_free(&bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),        cmocka_unit_test(moments_judged),
        cmocka_unit_test(known_answer), cmocka_unit_test(as_evaluation),
        cmocka_unit_test(pieces),       cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
