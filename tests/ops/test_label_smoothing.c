#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor smooth(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_cross_entropy_smooth(ctx, in[0], in[1], *(const double *)arg);
}

static op_case of(const double *smoothing, int rows, int classes)
{
    op_case c = {smooth, smoothing, .inputs = 2,
                 .in = {op_tensor(3, 1, 0, 2, rows, classes), op_integers(1, rows)}};
    for (int i = 0; i < rows; i++)
        ((int64_t *)c.in[1].data)[i] = i * 7 % classes;
    return c;
}

static void sizes(void **state)
{
    (void)state;
    static const double share[] = {0.1, 0.0, 1.0};
    static const int size[][2] = {{1, 1}, {3, 5}, {2, 131}};
    for (int i = 0; i < 9; i++) {
        op_case c = of(&share[i / 3], size[i % 3][0], size[i % 3][1]);
        op_all(&c);
    }
}

/* From the definition: -sum q log p with q written out. */
static void definition(void **state)
{
    (void)state;
    static const double share = 0.1;
    op_case c = of(&share, 3, 5);
    const double *z = c.in[0].data;
    const int64_t *target = c.in[1].data;
    double expected = 0.0;
    for (int i = 0; i < 3; i++) {
        double all = 0.0;
        for (int k = 0; k < 5; k++)
            all += exp(z[i * 5 + k]);
        for (int k = 0; k < 5; k++)
            expected -= ((k == target[i] ? 0.9 : 0.0) + 0.1 / 5) * (z[i * 5 + k] - log(all)) / 3;
    }
    const ts_tensor y = op_truth(&c);
    assert_true(fabs(*(double *)y.data - expected) < 1e-14);
    free(y.data);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const double share[] = {-0.1, 1.1, 0.1};
    for (int i = 0; i < 3; i++) {
        op_case c = of(&share[i], 3, 5);
        if (i == 2)
            ((int64_t *)c.in[1].data)[1] = 5;
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(definition),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
