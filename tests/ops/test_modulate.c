#include "tests/support/op.h"

static ts_tensor modulated(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_modulate(ctx, in[0], in[1], in[2]);
}

static ts_tensor gated(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_add_gated(ctx, in[0], in[1], in[2]);
}

static const int size[][3] = {{2, 3, 5}, {1, 1, 1}, {0, 2, 3}, {2, 0, 3}, {2, 3, 0}, {3, 7, 67}};

static void sizes(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        const int b = size[i][0], l = size[i][1], n = size[i][2];
        op_case c = {modulated, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 3, b, l, n), op_tensor(50, 1, 0, 2, b, n),
                            op_tensor(90, 1, 0, 2, b, n)}};
        op_all(&c);
        op_case d = {gated, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 3, b, l, n), op_tensor(50, 1, 0, 2, b, n),
                            op_tensor(90, 1, 0, 3, b, l, n)}};
        op_all(&d);
    }
}

/* The factors are parts of one projection, as models have them: strided views. */
static ts_tensor chunks(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    const ts_tensor y = ts_modulate(ctx, in[0], ts_slice(ctx, in[1], 1, 0, 4),
                                    ts_slice(ctx, in[1], 1, 4, 4));
    return ts_add_gated(ctx, in[0], ts_slice(ctx, in[1], 1, 8, 4), y);
}

static void strided(void **state)
{
    (void)state;
    op_case c = {chunks, .inputs = 2, .in = {op_tensor(0, 1, 0, 3, 2, 3, 4), op_tensor(7, 1, 0, 2, 2, 12)}};
    op_all(&c);
}

static void known_answers(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 2, 3, 4}, factor[2] = {0, 1}, shift[2] = {10, 20};
    const int64_t rows[3] = {1, 2, 2}, columns[2] = {1, 2};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor t = ts_tensor_of(x, TS_F32, 3, rows), f = ts_tensor_of(factor, TS_F32, 2, columns);
    const float *y = ts_modulate(&ctx, t, f, ts_tensor_of(shift, TS_F32, 2, columns)).data;
    const float *z = ts_add_gated(&ctx, t, f, t).data;
    assert_true(y[0] == 11 && y[1] == 24 && y[2] == 13 && y[3] == 28);
    assert_true(z[0] == 1 && z[1] == 4 && z[2] == 3 && z[3] == 8);
    ts_ctx_close(&ctx);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    op_case c = {modulated, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 3, 23, 701), op_tensor(50, 1, 0, 2, 3, 701),
                        op_tensor(90, 1, 0, 2, 3, 701)}};
    op_tables(&c);
    op_free(&c);
    op_case d = {gated, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 3, 23, 701), op_tensor(50, 1, 0, 2, 3, 701),
                        op_tensor(90, 1, 0, 3, 3, 23, 701)}};
    op_tables(&d);
    op_free(&d);
}

static void errors(void **state)
{
    (void)state;
    op_case c = {modulated, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 2, 3, 4), op_tensor(0, 1, 0, 2, 1, 4),
                        op_tensor(0, 1, 0, 2, 2, 4)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
    op_case d = {gated, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 4),
                        op_tensor(0, 1, 0, 3, 2, 2, 4)}};
    op_fails(&d, TS_ERROR_SHAPE);
    op_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(strided),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
