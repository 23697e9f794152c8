#include "tests/support/des.h"

#include <math.h>
#include <string.h>

enum { N = DES_FIELDS * DES_K, LAYERS = 3 };

/* The recurrence on x itself. */
static void defined(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double x0[N], x[N];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(x0, b, n, in[0]);
        memcpy(x, x0, sizeof x);
        for (int l = 0; l < LAYERS; l++) {
            double s = 0;
            for (int i = 0; i < N; i++)
                s += in[3][l * N + i] * x[i];
            for (int i = 0; i < N; i++)
                x[i] += x0[i] * s + in[4][l * N + i];
        }
        for (int i = 0; i < N; i++)
            y[n] += in[5][i] * x[i];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    const des_case c = {.op = &ts_des_dcn, .dense = 3, .size = {{LAYERS, N}, {LAYERS, N}, {N}}};
    des_holds(&c, defined, DES_SAMPLES);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("dcn"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
