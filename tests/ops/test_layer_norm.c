#include "tests/support/op.h"

#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_layer_norm(ctx, in[0], in[1], in[2], 1e-5);
}

/* With w and b, without b, without either; a row of one number is b. */
static void sizes(void **state)
{
    (void)state;
    static const int rows[] = {3, 1, 0, 5, 2, 2}, columns[] = {7, 1, 4, 131, 16, 17};
    for (int i = 0; i < 6; i++)
        for (int given = 1; given <= 3; given++) {
            op_case c = {apply, .inputs = given,
                         .in = {op_tensor(0, 1, 0.5, 2, rows[i], columns[i])}};
            if (given > 1)
                c.in[1] = op_tensor(200, 0.1, 1, 1, columns[i]);
            if (given > 2)
                c.in[2] = op_tensor(400, 1, 0, 1, columns[i]);
            c.step = columns[i] == 1 ? 1e-3 : 1e-4;
            op_all(&c);
        }
}

/* (1, 3, 5, 7) has mean 4 and variance 5; with eps 4 the root is 3. */
static void known_answer(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 3, 5, 7}, w[4] = {3, 3, 3, 6}, b[4] = {0, 10, 0, -1};
    const int64_t size[2] = {1, 4};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor y = ts_layer_norm(&ctx, ts_tensor_of(x, TS_F32, 2, size),
                                      ts_tensor_of(w, TS_F32, 1, size + 1),
                                      ts_tensor_of(b, TS_F32, 1, size + 1), 4.0);
    const float *v = y.data;
    assert_true(v[0] == -3.0f && v[1] == 9.0f && v[2] == 1.0f && v[3] == 5.0f);
    ts_ctx_close(&ctx);
}

/* Numbers that differ in their last bits only: mean x^2 - mean^2 would lose all of the variance. */
static void far_from_zero(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 1, .in = {op_tensor(0, 1, 4096, 2, 3, 50)}};
    ts_tensor near = op_tensor(0, 1, 4096, 2, 3, 50);
    for (int i = 0; i < 150; i++)
        ((double *)near.data)[i] -= 4096;
    op_case moved = {apply, .inputs = 1, .in = {near}};
    const ts_tensor a = op_truth(&c), b = op_truth(&moved);
    for (int i = 0; i < 150; i++) {
        const double d = ((double *)a.data)[i] - ((double *)b.data)[i];
        assert_true(d < 1e-11 && d > -1e-11);
    }
    op_tables(&c);
    op_gauge(&c);
    free(a.data);
    free(b.data);
    op_free(&c);
    op_free(&moved);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 2, 53, 700), op_tensor(9, 1, 0, 1, 700),
                        op_tensor(5, 1, 0, 1, 700)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case w = {apply, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 1, 5)}};
    op_case b = {apply, .inputs = 3, .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 1, 4),
                                            op_tensor(0, 1, 0, 2, 1, 4)}};
    op_fails(&w, TS_ERROR_SHAPE);
    op_fails(&b, TS_ERROR_SHAPE);
    op_free(&w);
    op_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(known_answer),
        cmocka_unit_test(far_from_zero),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
