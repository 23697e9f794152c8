#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/training.h"

#include "ref/ops/table.h"

#include <math.h>

/* Equal ones in front count. */
static void places(void **state)
{
    (void)state;
    const float x[5] = {1, 3, 3, -2, NAN};
    assert_int_equal(ts_train_place_of(x, TS_F32, 4, 0), 2);
    assert_int_equal(ts_train_place_of(x, TS_F32, 4, 1), 1);
    assert_int_equal(ts_train_place_of(x, TS_F32, 4, 3), 3);
    assert_int_equal(ts_train_place_of(x, TS_F32, 5, 4), 4); /* NaN is never right */
}

typedef struct {
    ts_train_settings s;
    ts_train_data data;
    ts_train_score score;
} judged;

static ts_status judge(ts_comm *world, void *arg)
{
    judged *j = arg;
    ts_train_score score;
    ts_model *m = ts_model_new(world->ctx, &j->s.model, 3);
    if (m && world->size > 1) /* averages that differ: their mean is 0 and 1 as in a new network */
        for (int64_t i = 0; i < ts_model_buffer_size(m); i++)
            ((double *)ts_model_buffers(m))[i] += world->rank ? 0.25 : -0.25;
    if (m)
        ts_train_evaluate(world, m, &j->data, &j->s, j->s.stage, &score);
    if (world->rank == 0)
        j->score = score;
    ts_model_close(m);
    return world->ctx->status;
}

/* Any number of ranks gives the score of one: every held-out row is judged once. */
static void shards(void **state)
{
    (void)state;
    judged j[2] = {{.score.rows = 0}, {.score.rows = 0}};
    for (int i = 0; i < 2; i++) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, ts_table_named("fast"), TS_F64, 1);
        json_t *json = training_json("{}");
        ts_train_settings_read(&ctx, &j[i].s, json, "test");
        ts_train_data_open(&ctx, &j[i].data, &j[i].s, TRAINING_DIGITS);
        const ts_comm_config config = {.topology = ts_topology_of(i + 1, 1),
                                       .engine = TS_ENGINE_THREADS};
        assert_int_equal(ts_comm_run(&ctx, &config, judge, &j[i]), TS_OK);
        ts_train_data_close(&j[i].data);
        json_decref(json);
        ts_ctx_close(&ctx);
    }
    assert_int_equal(j[0].score.rows, 180);
    assert_int_equal(j[1].score.rows, 180);
    assert_true(j[0].score.top1 == j[1].score.top1 && j[0].score.top5 == j[1].score.top5);
    assert_true(fabs(j[0].score.loss - j[1].score.loss) < 1e-12);
    assert_true(j[0].score.top5 >= j[0].score.top1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places), cmocka_unit_test(shards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
