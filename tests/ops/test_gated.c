#include "tests/support/op.h"

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_gated(ctx, in[0], in[1], *(const ts_gate_kind *)arg);
}

static const ts_gate_kind kinds[] = {TS_GATE_GELU_TANH, TS_GATE_GELU, TS_GATE_SILU,
                                     TS_GATE_SIGMOID};

static void sizes(void **state)
{
    (void)state;
    static const int size[][2] = {{3, 5}, {1, 1}, {0, 4}, {7, 11}};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++) {
            op_case c = {apply, &kinds[k], .inputs = 2,
                         .in = {op_tensor(0, 1.5, 0, 2, size[i][0], size[i][1]),
                                op_tensor(70, 1, 0, 2, size[i][0], size[i][1])}};
            op_all(&c);
        }
}

/* The gate is the first, the value the second: a gate of 0 lets half through, or nothing. */
static void known_answers(void **state)
{
    (void)state;
    ts_ctx ctx;
    float gate[2] = {0, 100}, x[2] = {6, -2};
    const int64_t n = 2;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor g = ts_tensor_of(gate, TS_F32, 1, &n), v = ts_tensor_of(x, TS_F32, 1, &n);
    const float *half = ts_gated(&ctx, g, v, TS_GATE_SIGMOID).data;
    assert_true(half[0] == 3 && half[1] == -2);
    for (int k = 0; k < 3; k++) {
        const float *y = ts_gated(&ctx, g, v, kinds[k]).data;
        assert_true(y[0] == 0 && y[1] == -200);
    }
    ts_ctx_close(&ctx);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        op_case c = {apply, .arg = &kinds[k], .inputs = 2,
                     .in = {op_tensor(0, 1.5, 0, 1, 40001), op_tensor(70, 1, 0, 1, 40001)}};
        op_tables(&c);
        op_free(&c);
    }
}

static void errors(void **state)
{
    (void)state;
    op_case c = {apply, &kinds[0], .inputs = 2,
                 .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 1, 4)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
