#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/faults.h"
#include "tests/support/files.h"
#include "tests/support/training.h"

#include "ref/ops/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "{'ranks': 4, 'nodes': 2, 'batch': 32, 'epochs': 2, 'seed': 3, "

/* It learns, and says what it sent: 2 (P - 1) / P of the gradient from each rank. */
static void learns(void **state)
{
    (void)state;
    ts_train_result r;
    assert_int_equal(training_run(DIGITS "'lr': 0.05}", TS_F32, NULL, &r), TS_OK);
    assert_int_equal(r.step, 100);
    assert_int_equal(r.total, 100);
    assert_int_equal(r.score.rows, 180);
    assert_true(r.score.top1 > 0.7 && r.score.top5 > 0.95 && r.loss < 1.0);
    assert_true(r.bytes[TS_INTRA] + r.bytes[TS_INTER] == 6 * 4 * 19706.0);
    assert_true(r.step_seconds > 0.001);
}

static const char *where;

static void to_log(ts_train_job *job)
{
    job->log = where;
    job->steps = 12;
    job->tell = 1;
    job->error = true;
}

/* The losses of the first n steps. */
static int losses(const char *path, double *out, int n)
{
    size_t size;
    char *text = files_read(path, &size);
    int count = 0;
    for (char *at = text; (at = strstr(at, "\"loss\":")) && count < n; at++)
        out[count++] = strtod(at + 7, NULL);
    free(text);
    return count;
}

/* A language model has no batch norm: P ranks compute the gradient of one, but for the order of the
 * sums, in every scheme. In double: the 12 losses agree to 1e-9, where a factor 1/P forgotten or a
 * part of the batch seen twice changes them in the third digit. */
static void ranks_are_one(void **state)
{
    (void)state;
    static const char *const schemes[] = {"ring", "tree", "double_tree", "torus", "ordered"};
    double one[12], many[12];
    ts_train_result r;
    where = files_path("one");
    assert_int_equal(training_run("{'task': 'lm', 'network': {'width': 16, 'layers': 1, 'heads': 2},"
                                  " 'length': 16, 'batch': 8, 'lr': 0.1}",
                                  TS_F64, to_log, &r), TS_OK);
    assert_int_equal(losses(where, one, 12), 12);
    assert_true(one[11] < one[0]);
    for (int i = 0; i < 5; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{'task': 'lm', 'network': {'width': 16, 'layers': 1, 'heads': 2}, 'length': 16,"
                 " 'batch': 8, 'lr': 0.1, 'ranks': 4, 'nodes': 2, 'scheme': '%s'}", schemes[i]);
        where = files_path("many");
        assert_int_equal(training_run(text, TS_F64, to_log, &r), TS_OK);
        assert_int_equal(losses(where, many, 12), 12);
        assert_true(r.error < 1e-12);
        for (int k = 0; k < 12; k++)
            if (fabs(one[k] - many[k]) > 1e-9)
                fail_msg("%s, step %d: loss %.17g, on one rank %.17g", schemes[i], k, many[k],
                         one[k]);
    }
}

/* A rate beyond reason: numbers overflow, and the parameter and the step are named. */
static void not_finite(void **state)
{
    (void)state;
    ts_train_result r;
    assert_int_equal(training_run(DIGITS "'lr': 1e6, 'momentum': 0, 'weight_decay': 1000}", TS_F32,
                                  NULL, &r), TS_ERROR_MISMATCH);
    assert_non_null(strstr(training_said, "is not finite"));
    assert_non_null(strstr(training_said, "the gradient of "));
    /* Left out, nothing changes any more: all further steps are bad as well. */
    assert_int_equal(training_run(DIGITS "'lr': 1e6, 'momentum': 0, 'weight_decay': 1000,"
                                         " 'skip_bad': true}", TS_F32, NULL, &r), TS_OK);
    assert_true(r.skipped > 50);
}

static volatile sig_atomic_t stop = 1;

static ts_status stopped_run(const char *folder, ts_train_result *r)
{
    ts_ctx ctx;
    ts_train_settings s;
    ts_train_data data = {0};
    json_t *json = training_json(DIGITS "'lr': 0.05}");
    const ts_train_job job = {.settings = &s, .json = json, .data = &data, .folder = folder};
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
    ctx.progress.stop = &stop;
    ts_train_settings_read(&ctx, &s, json, "test");
    ts_train_data_open(&ctx, &data, &s, TRAINING_DIGITS);
    const ts_comm_config config = {.topology = ts_topology_of(4, 2), .engine = TS_ENGINE_THREADS};
    ts_train(&ctx, &job, &config, r);
    const ts_status status = ctx.status;
    ts_train_data_close(&data);
    json_decref(json);
    ts_ctx_close(&ctx);
    return status;
}

/* Who asks to stop gets the step that was under way, and a checkpoint. */
static void stops(void **state)
{
    (void)state;
    ts_train_result r;
    assert_int_equal(stopped_run(files_path("stopped"), &r), TS_OK);
    assert_true(r.stopped);
    assert_int_equal(r.step, 1);
    size_t size;
    char *text = files_read(files_path("stopped/checkpoint.json"), &size);
    assert_non_null(strstr(text, "\"step\": 1"));
    free(text);
}

static void refuses(void **state)
{
    (void)state;
    ts_train_result r;
    assert_int_equal(training_run("{'batch': 2000}", TS_F32, NULL, &r), TS_ERROR_USAGE);
    assert_non_null(strstr(training_said, "a batch of 2000 is more than there is to train on"));
    where = "/nowhere/log";
    assert_int_equal(training_run("{}", TS_F32, to_log, &r), TS_ERROR_IO);
}

/* Every allocation of a short training fails once: a sentence about memory, and nothing is lost. */
static int work(void)
{
    ts_ctx ctx;
    ts_train_settings s;
    ts_train_data data = {0};
    ts_train_result r;
    json_t *json = training_json("{'task': 'lm', 'network': {'width': 8, 'layers': 1, 'heads': 1},"
                                 " 'length': 4, 'batch': 2, 'scheme': 'mstopk', 'density': '0.1'}");
    const ts_train_job job = {.settings = &s, .json = json, .data = &data, .steps = 1};
    const ts_comm_config config = {
        .topology = ts_topology_of(1, 1), .engine = TS_ENGINE_THREADS, .clock = true};
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
    ts_train_settings_read(&ctx, &s, json, "test");
    s.folds = 1000; /* a short test */
    ts_train_data_open(&ctx, &data, &s, TRAINING_TEXT);
    if (!ctx.status && !ts_train_data_complete(&ctx, &data, json)) {
        s.model.lm.vocabulary = data.text.vocabulary;
        ts_train(&ctx, &job, &config, &r);
    }
    ts_train_data_close(&data);
    json_decref(json);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 50);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),     cmocka_unit_test(ranks_are_one), cmocka_unit_test(not_finite),
        cmocka_unit_test(stops),      cmocka_unit_test(refuses),    cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
