#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static const double inf = (double)INFINITY, not_a_number = (double)NAN;

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return *(const bool *)arg ? ts_log_softmax(ctx, in[0]) : ts_softmax(ctx, in[0]);
}

static const bool kinds[2] = {false, true};

static void sizes(void **state)
{
    (void)state;
    static const int size[][2] = {{3, 5}, {1, 1}, {0, 4}, {2, 0}, {5, 131}, {2, 16}};
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 2; k++) {
            op_case c = {apply, &kinds[k], .inputs = 1, .in = {op_tensor(0, 2, 0, 2, size[i][0], size[i][1])}};
            op_all(&c);
        }
}

/* Logits of 10^4 apart: no overflow, and honest floats are accepted. */
static void huge(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        op_case c = {apply, &kinds[k], .inputs = 1, .in = {op_tensor(0, 1e4, 3e38, 2, 4, 9)}};
        for (int i = 0; i < 36; i++)
            ((double *)c.in[0].data)[i] = (double)(float)(op_value(i) * 1e4);
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

static double at(const double *x, int n, bool logarithm, int i)
{
    op_case c = {apply, &kinds[logarithm], .inputs = 1, .in = {op_tensor(0, 1, 0, 1, n)}};
    for (int j = 0; j < n; j++)
        ((double *)c.in[0].data)[j] = x[j];
    const ts_tensor y = op_truth(&c);
    const double value = ((double *)y.data)[i];
    free(y.data);
    op_free(&c);
    return value;
}

static void infinities(void **state)
{
    (void)state;
    const double one[3] = {-inf, 2, -inf}, none[2] = {-inf, -inf};
    const double above[2] = {inf, 0}, odd[2] = {not_a_number, 0}, far[2] = {0, -1000};
    assert_true(at(one, 3, false, 0) == 0.0 && at(one, 3, false, 1) == 1.0);
    assert_true(at(one, 3, true, 0) == -inf && at(one, 3, true, 1) == 0.0);
    assert_true(at(far, 2, true, 1) == -1000.0);
    for (int i = 0; i < 2; i++)
        assert_true(isnan(at(none, 2, i, 0)) && isnan(at(above, 2, i, 0)) && isnan(at(odd, 2, i, 1)));
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        op_case c = {apply, .arg = &kinds[k], .inputs = 1, .in = {op_tensor(0, 2, 0, 2, 53, 700)}};
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

static void errors(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        op_case c = {apply, &kinds[k], .inputs = 1, .in = {op_tensor(0, 1, 0, 0)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(huge),
        cmocka_unit_test(infinities),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
