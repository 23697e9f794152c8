#include "tests/support/op.h"

#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const int *to = arg;
    return ts_adaptive_avg_pool(ctx, in[0], to[0], to[1]);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{5, 7, 3, 2}, {2, 3, 4, 7}, {6, 4, 3, 2}, {1, 1, 7, 7}, {3, 5, 3, 4}};
    for (int i = 0; i < 5; i++) {
        op_case c = {apply, &size[i][2], .inputs = 1,
                     .in = {op_tensor(i, 1, 0, 4, 2, 3, size[i][0], size[i][1])}};
        op_all(&c);
    }
}

/* 1 .. 5 in a row to 3: windows 0 1, 1 2 3, 3 4. */
static void known(void **state)
{
    (void)state;
    static const int to[2] = {1, 3};
    op_case c = {apply, to, .inputs = 1, .in = {op_tensor(0, 0, 0, 4, 1, 1, 1, 5)}};
    for (int i = 0; i < 5; i++)
        ((double *)c.in[0].data)[i] = i + 1;
    const ts_tensor y = op_truth(&c);
    const double *v = y.data;
    assert_true(v[0] == 1.5 && v[1] > 3 - 1e-15 && v[1] < 3 + 1e-15 && v[2] == 4.5);
    free(y.data);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const int bad[][2] = {{0, 1}, {1, -1}};
    for (int i = 0; i < 2; i++) {
        op_case c = {apply, bad[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 2, 2)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const int to[2] = {1, 1};
    op_case flat = {apply, to, .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 1, 2, 2)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
    op_case none = {apply, to, .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 0, 2)}};
    op_fails(&none, TS_ERROR_SHAPE);
    op_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(known),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
