#include "tests/support/des.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { F = DES_FIELDS, K = DES_K, D = 4, HEADS = 2, WIDE = D / HEADS };

static void projected(double *y, const double *e, const double *w)
{
    for (int f = 0; f < F; f++)
        for (int j = 0; j < D; j++) {
            y[f * D + j] = 0;
            for (int d = 0; d < K; d++)
                y[f * D + j] += e[f * K + d] * w[d * D + j];
        }
}

static void attend(double *y, const double *e, const double *const in[8], bool residual)
{
    double q[F * D], k[F * D], v[F * D], r[F * D] = {0};
    projected(q, e, in[3]);
    projected(k, e, in[4]);
    projected(v, e, in[5]);
    if (residual)
        projected(r, e, in[6]);
    for (int h = 0; h < HEADS; h++)
        for (int f = 0; f < F; f++) {
            double p[F], all = 0;
            for (int g = 0; g < F; g++) {
                double s = 0;
                for (int j = h * WIDE; j < (h + 1) * WIDE; j++)
                    s += q[f * D + j] * k[g * D + j];
                all += p[g] = exp(0.7 * s);
            }
            for (int j = h * WIDE; j < (h + 1) * WIDE; j++) {
                double z = r[f * D + j];
                for (int g = 0; g < F; g++)
                    z += p[g] / all * v[g * D + j];
                y[f * D + j] = z > 0 ? z : 0;
            }
        }
}

static void with_residual(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[F * K];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(e, b, n, in[0]);
        attend(y + n * F * D, e, in, true);
    }
}

static void without(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[F * K];
    for (int64_t n = 0; n < b->samples; n++) {
        des_pooled(e, b, n, in[0]);
        attend(y + n * F * D, e, in, false);
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    des_case c = {.op = &ts_des_attention, .heads = HEADS, .scale = 0.7, .step = 2e-5, .dense = 4,
                  .size = {{K, D}, {K, D}, {K, D}, {K, D}}};
    des_holds(&c, with_residual, DES_SAMPLES * F * D);
    c.dense = 3;
    des_holds(&c, without, DES_SAMPLES * F * D);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
