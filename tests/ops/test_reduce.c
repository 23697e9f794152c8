#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return *(const int *)arg ? ts_mean(ctx, in[0]) : ts_sum(ctx, in[0]);
}

static const int kinds[2] = {0, 1};

static void sizes(void **state)
{
    (void)state;
    static const int size[][2] = {{3, 5}, {1, 1}, {4, 4}, {7, 131}};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 4; i++) {
            op_case c = {apply, &kinds[k], .inputs = 1,
                         .in = {op_tensor(0, 1, 0, 2, size[i][0], size[i][1])}};
            op_all(&c);
        }
}

/* 1 + 2 + ... + 1000, the mean of it; the sum and the mean of nothing. */
static void known_answers(void **state)
{
    (void)state;
    for (int n = 0; n <= 1000; n += 1000)
        for (int k = 0; k < 2; k++) {
            op_case c = {apply, &kinds[k], .inputs = 1, .in = {op_tensor(0, 1, 0, 1, n)}};
            for (int i = 0; i < n; i++)
                ((double *)c.in[0].data)[i] = i + 1;
            const ts_tensor y = op_truth(&c);
            const double value = *(double *)y.data;
            assert_true(n ? value == (k ? 500.5 : 500500) : k ? isnan(value) : value == 0);
            free(y.data);
            op_free(&c);
        }
}

static void errors(void **state)
{
    (void)state;
    op_case c = {apply, &kinds[0], .inputs = 1};
    op_fails(&c, TS_ERROR_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
