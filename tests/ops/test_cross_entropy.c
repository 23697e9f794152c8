#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor entropy(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_cross_entropy(ctx, in[0], in[1]);
}

static op_case of(int rows, int classes, double scale)
{
    op_case c = {entropy, .inputs = 2, .in = {op_tensor(3, scale, 0, 2, rows, classes), op_integers(1, rows)}};
    for (int i = 0; i < rows; i++)
        ((int64_t *)c.in[1].data)[i] = i * 7 % classes;
    return c;
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][2] = {{1, 1}, {3, 5}, {1, 13}, {7, 2}, {2, 131}};
    for (int i = 0; i < 5; i++) {
        op_case c = of(size[i][0], size[i][1], 1.0);
        op_all(&c);
    }
    op_case far = of(3, 11, 300.0); /* logits that would overflow without the shift */
    op_tables(&far);
    op_gauge(&far);
    op_free(&far);
}

static void known(void **state)
{
    (void)state;
    op_case c = of(2, 4, 0.0);
    ts_tensor y = op_truth(&c);
    assert_true(fabs(*(double *)y.data - log(4.0)) < 1e-15);
    free(y.data);
    op_free(&c);
    /* The right class has nearly all the weight: the loss is the rest, to full precision. */
    op_case sure = of(1, 2, 0.0);
    ((double *)sure.in[0].data)[0] = 60.0;
    y = op_truth(&sure);
    assert_true(fabs(*(double *)y.data / exp(-60.0) - 1.0) < 1e-14);
    free(y.data);
    op_free(&sure);
}

static void errors(void **state)
{
    (void)state;
    static const int64_t bad[] = {5, -1, -100, INT64_MAX};
    for (int i = 0; i < 4; i++) {
        op_case c = of(3, 5, 1.0);
        ((int64_t *)c.in[1].data)[1] = bad[i];
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case count = {entropy, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 3, 5), op_integers(1, 2)}};
    op_fails(&count, TS_ERROR_SHAPE);
    op_free(&count);
    op_case floats = {entropy, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 3, 5), op_tensor(0, 1, 0, 1, 3)}};
    op_fails(&floats, TS_ERROR_SHAPE);
    op_free(&floats);
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
