#include "tests/support/op.h"

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_rms_norm(ctx, in[0], in[1], 1e-6);
}

static void sizes(void **state)
{
    (void)state;
    static const int rows[] = {3, 1, 0, 5}, columns[] = {7, 1, 4, 131};
    for (int i = 0; i < 4; i++) {
        op_case c = {apply, .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 2, rows[i], columns[i]),
                            op_tensor(200, 0.1, 1, 1, columns[i])}};
        op_all(&c);
    }
}

/* The mean square of (2, -2, 2, 2) is 4, so r = 1/2 and every product is exact. */
static void known_answer(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {2, -2, 2, 2}, w[4] = {5, 2.5f, 1, -3};
    const int64_t size[2] = {1, 4};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor y = ts_rms_norm(&ctx, ts_tensor_of(x, TS_F32, 2, size),
                                    ts_tensor_of(w, TS_F32, 1, size + 1), 0.0);
    const float *v = y.data;
    assert_true(v[0] == 5.0f && v[1] == -2.5f && v[2] == 1.0f && v[3] == -3.0f);
    ts_ctx_close(&ctx);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 53, 700), op_tensor(9, 1, 0, 1, 700)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
    op_case bare = {apply, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 3, 7)}};
    op_all(&bare);
}

static void errors(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 1, 5)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
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
