#include "tests/support/des.h"

#include "ref/ops/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = DES_SAMPLES * DES_FIELDS * DES_K };

static void pooled(double *y, const ts_sparse_batch *b, const double *embedding, int power)
{
    double z[DES_FIELDS];
    for (int64_t n = 0; n < b->samples; n++) {
        double *e = y + n * DES_FIELDS * DES_K;
        memset(z, 0, sizeof z);
        des_pooled(e, b, n, embedding);
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++)
            z[b->field[p]] += power == 2 ? b->value[p] * b->value[p] : b->value[p];
        for (int i = 0; i < DES_FIELDS * DES_K && power; i++)
            if (z[i / DES_K] > 0)
                e[i] /= power == 2 ? sqrt(z[i / DES_K]) : z[i / DES_K];
    }
}

static void sum(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    pooled(y, b, in[0], 0);
}

static void mean(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    pooled(y, b, in[0], 1);
}

static void sqrtn(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    pooled(y, b, in[0], 2);
}

/* A value of 0 is absent here, too; an empty field is 0 although all rows may be below. */
static void most(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    for (int64_t n = 0; n < b->samples; n++)
        for (int f = 0; f < DES_FIELDS; f++)
            for (int d = 0; d < DES_K; d++) {
                double best = 0;
                bool any = false;
                for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++) {
                    const double x = in[0][des_row[p] * DES_K + d];
                    if (b->field[p] != f || b->value[p] == 0.0 || (any && x <= best))
                        continue;
                    best = x;
                    any = true;
                }
                y[(n * DES_FIELDS + f) * DES_K + d] = best;
            }
}

static void equals_its_definition(void **state)
{
    (void)state;
    static des_definition *const all[] = {sum, mean, sqrtn, most};
    for (int m = TS_POOL_SUM; m <= TS_POOL_MAX; m++) {
        const des_case c = {.op = &ts_des_pooling, .mode = (ts_pool_mode)m};
        des_holds(&c, all[m], N);
    }
}

/* Gradients of a maximum that rows share: one sample, one field, k = 1, rows of value x. */
static void tie(const uint64_t *id, const double *x, int rows, int ranks, int winner)
{
    static const int64_t zeros[4] = {0}, row[4] = {0, 1, 2, 3};
    static const double ones[4] = {1, 1, 1, 1};
    const int64_t at[2] = {0, rows}, size[2] = {rows, 1}, out[3] = {1, 1, 1};
    double table[4], seed[1] = {3};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    memcpy(table, x, sizeof *x * (size_t)rows);
    ts_sharded s = {.op = &ts_des_pooling, .batch = {1, 1, rows, id, zeros, ones, at}, .row = row,
                    .ranks = ranks, .k = 1, .mode = TS_POOL_MAX,
                    .embedding = ts_tensor_of(table, TS_F64, 2, size)};
    ts_want_grad(&ctx, &s.embedding, NULL);
    ts_seed_grad(&ctx, ts_sharded_apply(&ctx, &s), ts_tensor_of(seed, TS_F64, 3, out));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    for (int i = 0; i < rows; i++)
        assert_true(((double *)s.embedding.grad->value.data)[i] == (i == winner ? 3 : 0));
    ts_ctx_close(&ctx);
}

/* The smallest id, as a number without a sign, whoever owns it; 2^64 - 1 is the largest. */
static void ties(void **state)
{
    (void)state;
    static const uint64_t id[4] = {UINT64_MAX, 7, 3, 900};
    for (int ranks = 1; ranks <= 8; ranks++) {
        tie(id, (const double[]){2, 2, 2, 2}, 4, ranks, 2);
        tie(id, (const double[]){2, 2, 1, 2}, 4, ranks, 1);
        tie(id, (const double[]){-2, -3, -3, -3}, 4, ranks, 0);
        tie(id, (const double[]){-2, -2, -3, -2}, 4, ranks, 1);
        tie(id, (const double[]){5}, 1, ranks, 0);
    }
}

/* With one value a field every number of E has one contributor: the same bits for any world. */
static void single_valued(void **state)
{
    (void)state;
    static const uint64_t id[4] = {1, 2, 3, 4};
    static const int64_t f[4] = {0, 1, 2, 0}, row[4] = {0, 1, 2, 3}, at[3] = {0, 3, 4};
    static const double x[4] = {0.3, -1.7, 1e-3, 2.9};
    float table[12], first[18];
    for (int i = 0; i < 12; i++)
        table[i] = (float)op_value(i);
    for (int how = 0; how < 3; how++)
        for (int ranks = 1; ranks <= 8; ranks++) {
            ts_ctx ctx;
            ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
            const ts_sharded s = {.op = &ts_des_pooling, .batch = {2, 3, 4, id, f, x, at}, .row = row,
                                  .how = (ts_ownership)how, .ranks = ranks, .k = 3,
                                  .embedding = ts_tensor_of(table, TS_F32, 2, (const int64_t[]){4, 3})};
            const ts_tensor y = ts_sharded_apply(&ctx, &s);
            assert_int_equal(ctx.status, TS_OK);
            if (how == 0 && ranks == 1)
                memcpy(first, y.data, sizeof first);
            for (int i = 0; i < 18; i++) /* -0 is 0 */
                assert_true(((float *)y.data)[i] == first[i]);
            ts_ctx_close(&ctx);
        }
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("pool_"), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(ties),
        cmocka_unit_test(single_valued),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
