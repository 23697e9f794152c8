#include "tests/support/op.h"

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_linear(ctx, in[0], in[1], in[2]);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][3] = {{3, 5, 4}, {1, 1, 1}, {0, 3, 2}, {2, 0, 3}, {7, 13, 11}};
    for (int i = 0; i < 5; i++) {
        const int rows = size[i][0], k = size[i][1], n = size[i][2];
        op_case c = {apply, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 2, rows, k), op_tensor(50, 0.5, 0, 2, n, k),
                            op_tensor(90, 1, 0, 1, n)}};
        op_all(&c);
    }
}

/* Wide enough for several panels of the weight and several tiles. */
static void panels(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 2, 19, 67), op_tensor(50, 0.5, 0, 2, 1031, 67)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 5)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(panels),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
