#include "tests/support/op.h"

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_rotate(ctx, in[0], in[1], in[2]);
}

/* Tables that are no sines and cosines: every element of them is seen, and its gradient. */
static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{2, 3, 5, 4}, {1, 1, 1, 2}, {0, 2, 3, 4}, {2, 2, 0, 4}, {1, 2, 3, 0},
                                  {1, 3, 7, 10}};
    for (int i = 0; i < 6; i++) {
        op_case c = {apply, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 4, size[i][0], size[i][1], size[i][2], size[i][3]),
                            op_tensor(60, 1, 0, 2, size[i][2], size[i][3]),
                            op_tensor(90, 1, 0, 2, size[i][2], size[i][3])}};
        op_all(&c);
    }
}

static ts_tensor of_heads(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_rotate(ctx, ts_transpose(ctx, in[0], 1, 2), in[1], in[2]);
}

static void strided(void **state)
{
    (void)state;
    op_case c = {of_heads, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 4, 2, 5, 3, 4), op_tensor(60, 1, 0, 2, 5, 4),
                        op_tensor(90, 1, 0, 2, 5, 4)}};
    op_all(&c);
}

/* A quarter turn of (1, 2) is (-2, 1); a turn by the 3-4-5 angle of (5, 10) is (-5, 10). */
static void known_answer(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 2, 5, 10}, cos[4] = {0, 0, 0.6f, 0.6f}, sin[4] = {1, 1, 0.8f, 0.8f};
    const int64_t size[2] = {1, 4};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor y = ts_rotate(&ctx, ts_tensor_of(x, TS_F32, 2, size),
                                  ts_tensor_of(cos, TS_F32, 2, size),
                                  ts_tensor_of(sin, TS_F32, 2, size));
    const float *v = y.data;
    assert_true(v[0] == -2 && v[1] == 1 && v[2] == -5 && v[3] == 10);
    ts_ctx_close(&ctx);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 4, 2, 3, 250, 34), op_tensor(60, 1, 0, 2, 250, 34),
                        op_tensor(90, 1, 0, 2, 250, 34)}};
    op_tables(&c);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case odd = {apply, .inputs = 3,
                   .in = {op_tensor(0, 1, 0, 2, 3, 5), op_tensor(0, 1, 0, 2, 3, 5),
                          op_tensor(0, 1, 0, 2, 3, 5)}};
    op_case other = {apply, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 4),
                            op_tensor(0, 1, 0, 2, 2, 4)}};
    op_fails(&odd, TS_ERROR_SHAPE);
    op_fails(&other, TS_ERROR_SHAPE);
    op_free(&odd);
    op_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(strided),
        cmocka_unit_test(known_answer),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
