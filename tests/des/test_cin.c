#include "tests/support/des.h"

#include <math.h>
#include <string.h>

enum { F = DES_FIELDS, K = DES_K, FIRST = 3, SECOND = 2 };

static void layer(double *y, const double *x, int h, const double *x0, const double *w, int out)
{
    for (int o = 0; o < out; o++)
        for (int d = 0; d < K; d++) {
            double z = 0;
            for (int i = 0; i < h; i++)
                for (int m = 0; m < F; m++)
                    z += w[(o * h + i) * F + m] * x[i * K + d] * x0[m * K + d];
            y[o * K + d] = z > 0 ? z : 0;
        }
}

static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[F * K], x[FIRST * K], z[SECOND * K];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(e, b, n, in[0]);
        layer(x, e, F, e, in[3], FIRST);
        layer(z, x, FIRST, e, in[4], SECOND);
        for (int o = 0; o < FIRST + SECOND; o++)
            for (int d = 0; d < K; d++)
                y[n * (FIRST + SECOND) + o] += o < FIRST ? x[o * K + d] : z[(o - FIRST) * K + d];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_cin, .step = 2e-5, .dense = 2, .size = {{FIRST, F, F}, {SECOND, FIRST, F}}};
    des_holds(&c, defined, DES_SAMPLES * (FIRST + SECOND));
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("cin_"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
