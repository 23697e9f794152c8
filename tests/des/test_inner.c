#include "tests/support/des.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = DES_FIELDS * (DES_FIELDS - 1) / 2 };

static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[DES_FIELDS * DES_K];
    for (int64_t n = 0; n < b->samples; n++) {
        int64_t pair = n * PAIRS;
        des_pooled(e, b, n, in[0]);
        for (int f = 0; f < DES_FIELDS; f++)
            for (int g = f + 1; g < DES_FIELDS; g++, pair++)
                for (int d = 0; d < DES_K; d++)
                    y[pair] += e[f * DES_K + d] * e[g * DES_K + d];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_inner_product};
    des_holds(&c, defined, DES_SAMPLES * PAIRS);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("inner_"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
