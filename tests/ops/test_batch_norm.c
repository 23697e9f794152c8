#include "tests/support/op.h"

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_batch_norm(ctx, in[0], in[1], in[2], in[3], in[4], 1e-5);
}

static op_case case_of(int batch, int channels, int h, int w, bool affine)
{
    op_case c = {apply, .inputs = 5,
                 .in = {op_tensor(0, 1, 0.5, 4, batch, channels, h, w),
                        [3] = op_tensor(300, 0.5, 0, 1, channels),
                        [4] = op_tensor(400, 0.2, 1, 1, channels)}};
    if (affine) {
        c.in[1] = op_tensor(100, 0.3, 1, 1, channels);
        c.in[2] = op_tensor(200, 1, 0, 1, channels);
    }
    return c;
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{2, 3, 3, 5}, {1, 1, 1, 1}, {0, 2, 2, 2}, {2, 2, 0, 3}, {3, 5, 1, 7}};
    for (int i = 0; i < 5; i++)
        for (int affine = 0; affine < 2; affine++) {
            op_case c = case_of(size[i][0], size[i][1], size[i][2], size[i][3], affine);
            op_all(&c);
        }
}

/* mean 1, variance 16 - eps: every product is exact. */
static void known_answer(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[2] = {9, -3}, w = 2, b = 5, mean = 1, var = 12;
    const int64_t size[2] = {2, 1}, one = 1;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor y = ts_batch_norm(
        &ctx, ts_tensor_of(x, TS_F32, 2, size), ts_tensor_of(&w, TS_F32, 1, &one),
        ts_tensor_of(&b, TS_F32, 1, &one), ts_tensor_of(&mean, TS_F32, 1, &one),
        ts_tensor_of(&var, TS_F32, 1, &one), 4.0);
    const float *v = y.data;
    assert_true(v[0] == 9.0f && v[1] == 3.0f);
    ts_ctx_close(&ctx);
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
    op_case none = case_of(2, 3, 2, 2, true), other = case_of(2, 3, 2, 2, true);
    op_case missing = none;
    missing.in[4] = (ts_tensor){0};
    other.in[1].size[0] = 2;
    op_fails(&missing, TS_ERROR_SHAPE);
    op_fails(&other, TS_ERROR_SHAPE);
    op_free(&none);
    op_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(known_answer),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
