#include "tests/support/des.h"

#include "ref/ops/tape.h"

#include <math.h>
#include <string.h>

/* All pairs, one by one. */
static void features(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    for (int64_t n = 0; n < b->samples; n++) {
        y[n] = in[2][0];
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++) {
            y[n] += b->value[p] * in[1][des_row[p]];
            for (int64_t q = p + 1; q < b->offset[n + 1]; q++)
                for (int d = 0; d < DES_K; d++)
                    y[n] += b->value[p] * b->value[q] * in[0][des_row[p] * DES_K + d] *
                            in[0][des_row[q] * DES_K + d];
        }
    }
}

static void fields(double *y, const ts_sparse_batch *b, const double *const in[8])
{
    double e[DES_FIELDS * DES_K];
    for (int64_t n = 0; n < b->samples; n++) {
        y[n] = in[2][0];
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++)
            y[n] += b->value[p] * in[1][des_row[p]];
        des_pooled(e, b, n, in[0]);
        for (int f = 0; f < DES_FIELDS; f++)
            for (int g = f + 1; g < DES_FIELDS; g++)
                for (int d = 0; d < DES_K; d++)
                    y[n] += e[f * DES_K + d] * e[g * DES_K + d];
    }
}

static void equals_its_definition(void **state)
{
    (void)state;
    des_case c = {.op = &ts_des_fm, .weights = true};
    des_holds(&c, features, DES_SAMPLES);
    c.level = TS_FM_FIELD;
    des_holds(&c, fields, DES_SAMPLES);
}

/* Two ranks, k = 2, by hand: messages (S, t), logits, gradients of the mean log-loss. */
static const double v[8] = {.1, .2, -.3, .4, .5, -.6, .7, .8}, w[4] = {.01, -.02, .03, -.04};
static const int64_t row[] = {0, 1, 3, 2, 1, 1, 2}, at[] = {0, 3, 4, 4, 7};
static const double x[] = {1, 1, .5, 2, 1, 1, 1};
static const double delta[4] = {-0.1100715877, 0.1318680761, -0.1218756509, 0.09497339191};

typedef struct {
    ts_sparse_batch batch;
    double message[2][12], logit[4];
} example;

/* Owners by field: 0 and 2 to rank 0, 1 and 3 to rank 1; the field of a feature is its row. */
static ts_status two_ranks(ts_comm *comm, void *arg)
{
    example *e = arg;
    ts_ctx *ctx = comm->ctx;
    ts_sparse_shard shard;
    double rows[8], weight[4], bias[1] = {.05};
    ts_tensor message;
    if (ts_batch_own(ctx, &shard, &e->batch, TS_BY_FIELD, 2, comm->rank))
        return ctx->status;
    for (int64_t i = 0; i < shard.rows; i++) {
        memcpy(rows + 2 * i, v + 2 * shard.id[i], 2 * sizeof *rows);
        weight[i] = w[shard.id[i]];
    }
    const int64_t one = 1, size[2] = {shard.rows, 2};
    const ts_des_part part = {.comm = comm, .shard = &shard, .k = 2,
                              .rows = ts_tensor_of(rows, TS_F64, 2, size),
                              .weight = ts_tensor_of(weight, TS_F64, 1, size),
                              .bias = ts_tensor_of(bias, TS_F64, 1, &one)};
    const ts_tensor y = ts_des_apply(&ts_des_fm, &part, &message);
    if (!ctx->status) {
        memcpy(e->message[comm->rank], message.data, sizeof e->message[0]);
        memcpy(e->logit, comm->rank ? e->logit : y.data, sizeof e->logit);
    }
    return ctx->status;
}

static void worked_example(void **state)
{
    (void)state;
    static const double messages[2][12] = {{.1, .2, -.015, 1, -1.2, -1.16, 0, 0, 0, .5, -.6, -.275},
                                           {.05, .8, -.30625, 0, 0, 0, 0, 0, 0, -.6, .8, -.29}};
    static const double logits[4] = {.24, .11, .05, -.49};
    const uint64_t id[] = {0, 1, 3, 2, 1, 1, 2};
    example e = {.batch = {4, 4, 7, id, row, x, at}};
    const ts_comm_config config = {.topology = ts_topology_of(2, 1), .engine = TS_ENGINE_THREADS};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    assert_int_equal(ts_comm_run(&ctx, &config, two_ranks, &e), TS_OK);
    for (int i = 0; i < 12; i++) {
        assert_true(fabs(e.message[0][i] - messages[0][i]) < 1e-15);
        assert_true(fabs(e.message[1][i] - messages[1][i]) < 1e-15);
    }
    for (int n = 0; n < 4; n++)
        assert_true(fabs(e.logit[n] - logits[n]) < 1e-15);
    ts_ctx_close(&ctx);
}

/* Its gradients, with dL/dlogit as given there to ten digits. */
static void worked_gradients(void **state)
{
    (void)state;
    static const double gv[8] = {-0.00550357938416, -0.0880572701466, -0.0115428576917,
                                 -0.104032309376,   -0.0569840351485, 0.0759787135314,
                                 0.0110071587683,   -0.033021476305};
    static const double gw[4] = {-0.110071587683, 0.0798751961453, 0.358709544087, -0.0550357938416};
    const uint64_t id[] = {0, 1, 3, 2, 1, 1, 2};
    double rows[8], weight[4], bias[1] = {.05}, seed[4];
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F64, 1);
    memcpy(rows, v, sizeof v);
    memcpy(weight, w, sizeof w);
    memcpy(seed, delta, sizeof delta);
    ts_sharded s = {.op = &ts_des_fm, .batch = {4, 4, 7, id, row, x, at}, .row = row,
                    .how = TS_BY_FIELD, .ranks = 2, .k = 2,
                    .embedding = ts_tensor_of(rows, TS_F64, 2, (const int64_t[]){4, 2}),
                    .weight = ts_tensor_of(weight, TS_F64, 1, (const int64_t[]){4}),
                    .bias = ts_tensor_of(bias, TS_F64, 1, (const int64_t[]){1})};
    ts_want_grad(&ctx, &s.embedding, NULL);
    ts_want_grad(&ctx, &s.weight, NULL);
    ts_want_grad(&ctx, &s.bias, NULL);
    const ts_tensor y = ts_sharded_apply(&ctx, &s);
    ts_seed_grad(&ctx, y, ts_tensor_of(seed, TS_F64, 1, (const int64_t[]){4}));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    for (int i = 0; i < 8; i++)
        assert_true(fabs(((double *)s.embedding.grad->value.data)[i] - gv[i]) < 2e-10);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(((double *)s.weight.grad->value.data)[i] - gw[i]) < 2e-10);
    assert_true(fabs(((double *)s.bias.grad->value.data)[0] + 0.00510577056177) < 2e-10);
    ts_ctx_close(&ctx);
}

static void goldens(void **state)
{
    (void)state;
    assert_int_equal(des_goldens("fm_"), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(worked_example),
        cmocka_unit_test(worked_gradients),
        cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
