#include "tests/support/des.h"

#include <math.h>
#include <string.h>

static void features(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    for (int64_t n = 0; n < b->samples; n++)
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++)
            for (int64_t q = p + 1; q < b->offset[n + 1]; q++)
                for (int d = 0; d < DES_K; d++)
                    y[n * DES_K + d] += b->value[p] * b->value[q] *
                                        in[0][des_row[p] * DES_K + d] *
                                        in[0][des_row[q] * DES_K + d];
}

static void fields(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[DES_FIELDS * DES_K];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(e, b, n, in[0]);
        for (int f = 0; f < DES_FIELDS; f++)
            for (int g = f + 1; g < DES_FIELDS; g++)
                for (int d = 0; d < DES_K; d++)
                    y[n * DES_K + d] += e[f * DES_K + d] * e[g * DES_K + d];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    des_case c = {.op = &ts_des_bi_interaction};
    des_holds(&c, features, DES_SAMPLES * DES_K);
    c.level = TS_FM_FIELD;
    des_holds(&c, fields, DES_SAMPLES * DES_K);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
