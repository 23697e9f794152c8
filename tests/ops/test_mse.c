#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor mse(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_mse(ctx, in[0], in[1], in[2]);
}

static void sizes(void **state)
{
    (void)state;
    op_case plain = {mse, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 3, 7), op_tensor(50, 1, 0, 2, 3, 7)}};
    op_all(&plain);
    op_case one = {mse, .inputs = 2, .in = {op_tensor(0, 1, 0, 0), op_tensor(5, 1, 0, 0)}};
    op_all(&one);
    op_case same = {mse, .inputs = 3, .in = {op_tensor(0, 1, 0, 2, 3, 5), op_tensor(50, 1, 0, 2, 3, 5),
                                             op_tensor(90, 1, 0, 2, 3, 5)}};
    op_all(&same);
    op_case row = {mse, .inputs = 3, .in = {op_tensor(0, 1, 0, 3, 2, 3, 5), op_tensor(50, 1, 0, 3, 2, 3, 5),
                                            op_tensor(90, 1, 0, 2, 3, 1)}};
    op_all(&row);
    op_case number = {mse, .inputs = 3, .in = {op_tensor(0, 1, 0, 2, 11, 13), op_tensor(50, 1, 0, 2, 11, 13),
                                               op_tensor(90, 1, 0, 0)}};
    op_all(&number);
}

static void known(void **state)
{
    (void)state;
    op_case c = {mse, .inputs = 3, .in = {op_tensor(0, 0, 1, 2, 2, 2), op_tensor(0, 0, 3, 2, 2, 2),
                                          op_tensor(0, 0, 0, 1, 2)}};
    ((double *)c.in[2].data)[1] = 3; /* differences 0 6 0 6 */
    const ts_tensor y = op_truth(&c);
    assert_true(*(double *)y.data == 18.0);
    free(y.data);
    op_free(&c);
    op_case none = {mse, .inputs = 2, .in = {op_tensor(0, 0, 1, 1, 0), op_tensor(0, 0, 3, 1, 0)}};
    const ts_tensor nothing = op_truth(&none);
    assert_true(isnan(*(double *)nothing.data));
    free(nothing.data);
    op_free(&none);
}

static void errors(void **state)
{
    (void)state;
    op_case sizes_differ = {mse, .inputs = 2, .in = {op_tensor(0, 1, 0, 1, 3), op_tensor(0, 1, 0, 1, 4)}};
    op_fails(&sizes_differ, TS_ERROR_SHAPE);
    op_free(&sizes_differ);
    op_case wide = {mse, .inputs = 3, .in = {op_tensor(0, 1, 0, 1, 3), op_tensor(0, 1, 0, 1, 3),
                                             op_tensor(0, 1, 0, 2, 1, 3)}};
    op_fails(&wide, TS_ERROR_SHAPE);
    op_free(&wide);
    op_case misfit = {mse, .inputs = 3, .in = {op_tensor(0, 1, 0, 2, 2, 3), op_tensor(0, 1, 0, 2, 2, 3),
                                               op_tensor(0, 1, 0, 1, 2)}};
    op_fails(&misfit, TS_ERROR_SHAPE);
    op_free(&misfit);
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
