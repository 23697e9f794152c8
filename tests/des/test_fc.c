#include "tests/support/des.h"

#include <math.h>
#include <string.h>

static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[DES_FIELDS * DES_K];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(e, b, n, in[0]);
        for (int h = 0; h < 5; h++) {
            y[n * 5 + h] = in[4][h];
            for (int i = 0; i < DES_FIELDS * DES_K; i++)
                y[n * 5 + h] += in[3][h * DES_FIELDS * DES_K + i] * e[i];
        }
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_fc, .dense = 2, .size = {{5, DES_FIELDS * DES_K}, {5}}};
    des_holds(&c, defined, DES_SAMPLES * 5);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("fc"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
