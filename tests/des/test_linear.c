#include "tests/support/des.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    for (int64_t n = 0; n < b->samples; n++) {
        y[n] = in[2][0];
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++)
            y[n] += b->value[p] * in[1][des_row[p]];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_linear, .weights = true};
    des_holds(&c, defined, DES_SAMPLES);
}

/* A sample without features gives the bias, exactly. */
static void empty_sample(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_linear, .weights = true, .ranks = 3};
    op_case o = des_op(&c);
    const ts_tensor y = op_truth(&o);
    assert_true(((double *)y.data)[1] == ((double *)o.in[2].data)[0]);
    free(y.data);
    op_free(&o);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("linear_"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(empty_sample),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
