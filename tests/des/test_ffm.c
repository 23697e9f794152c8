#include "tests/support/des.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All pairs, one by one: each looks at its partner's field. */
static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    enum { F = DES_FIELDS, K = DES_K };
    for (int64_t n = 0; n < b->samples; n++) {
        y[n] = in[2][0];
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++) {
            y[n] += b->value[p] * in[1][des_row[p]];
            for (int64_t q = p + 1; q < b->offset[n + 1]; q++)
                for (int d = 0; d < K; d++)
                    y[n] += b->value[p] * b->value[q] *
                            in[0][(des_row[p] * F + b->field[q]) * K + d] *
                            in[0][(des_row[q] * F + b->field[p]) * K + d];
        }
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_ffm, .weights = true};
    des_holds(&c, defined, DES_SAMPLES);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("ffm"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
