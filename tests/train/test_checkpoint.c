#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/files.h"
#include "tests/support/training.h"

#include "ref/train/checkpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS "'ranks': 4, 'nodes': 2, 'batch': 32, 'epochs': 2, 'seed': 3, 'lr': 0.05, 'resolution': 4"

static const char *folder;
static int64_t until;

static void in_parts(ts_train_job *job)
{
    job->folder = folder;
    job->resume = true;
    job->steps = until;
}

/* The files of the ranks after step 60, in one piece or in several. */
static void same_files(const char *a, const char *b)
{
    for (int rank = 0; rank < 4; rank++) {
        char name[2][128];
        size_t n[2];
        char *bytes[2];
        for (int i = 0; i < 2; i++) {
            snprintf(name[i], sizeof name[i], "%s/step-000060-rank-%03d.safetensors", i ? b : a,
                     rank);
            bytes[i] = files_read(files_path(name[i]), &n[i]);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(bytes[0], bytes[1], n[0]);
        free(bytes[0]);
        free(bytes[1]);
    }
}

static void trained(const char *settings, const char *name, int64_t to)
{
    ts_train_result r;
    folder = files_path(name);
    until = to;
    if (training_run(settings, TS_F32, in_parts, &r))
        fail_msg("%s", training_said);
    assert_int_equal(r.step, to);
}

/* Sixty steps are 17 steps and 43, bit for bit: parameters, averages, the optimiser's state, what was
 * not sent. The cut is in the first epoch, and the second part begins with a new order. */
static void goes_on(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "{" WORDS "}",
        "{" WORDS ", 'stages': [{'epochs': 1, 'scheme': 'tree'}, {'epochs': 1, 'scheme': 'ring'}]}",
        "{" WORDS ", 'density': '0.02', 'optimizer': 'lars', 'stages':"
        " [{'epochs': 1, 'scheme': 'hitopk'}, {'epochs': 1, 'scheme': 'torus'}]}",
        "{" WORDS ", 'density': '0.02', 'scheme': 'mstopk', 'correction': true}",
        "{" WORDS ", 'scheme': 'randomk', 'optimizer': 'adamw', 'pad': 1}"};
    for (int i = 0; i < 5; i++) {
        char whole[32], parts[32];
        snprintf(whole, sizeof whole, "whole%d", i);
        snprintf(parts, sizeof parts, "parts%d", i);
        trained(settings[i], whole, 60);
        trained(settings[i], parts, 17);
        trained(settings[i], parts, 50); /* the end of an epoch */
        trained(settings[i], parts, 60);
        same_files(whole, parts);
    }
}

/* Only the newest files stay, and what a killed run left goes. */
static void old_files_go(void **state)
{
    (void)state;
    files_write_text(files_path("whole0/step-000003-rank-000.safetensors"), "half");
    files_write_text(files_path("whole0/notes"), "mine");
    folder = files_path("whole0");
    until = 61;
    ts_train_result r;
    assert_int_equal(training_run("{" WORDS "}", TS_F32, in_parts, &r), TS_OK);
    assert_int_not_equal(access(files_path("whole0/step-000003-rank-000.safetensors"), F_OK), 0);
    assert_int_not_equal(access(files_path("whole0/step-000060-rank-003.safetensors"), F_OK), 0);
    assert_int_equal(access(files_path("whole0/step-000061-rank-003.safetensors"), F_OK), 0);
    assert_int_equal(access(files_path("whole0/notes"), F_OK), 0);
}

static void refused(const char *settings, ts_status status, const char *words)
{
    ts_train_result r;
    assert_int_equal(training_run(settings, TS_F32, in_parts, &r), status);
    if (!strstr(training_said, words))
        fail_msg("said: %s", training_said);
}

/* Another number of ranks, another rate; files that are missing, cut, of another version. */
static void refuses(void **state)
{
    (void)state;
    folder = files_path("whole1");
    until = 61;
    refused("{'ranks': 8, 'nodes': 2, 'batch': 32, 'epochs': 2, 'seed': 3, 'lr': 0.05, 'resolution': 4,"
            " 'stages': [{'epochs': 1, 'scheme': 'tree'}, {'epochs': 1, 'scheme': 'ring'}]}",
            TS_ERROR_USAGE, "cannot go on: \"ranks\" was 4 in the checkpoint and is 8 now");
    refused("{" WORDS ", 'flip': true}", TS_ERROR_USAGE, "cannot go on: \"stages\" was");
    const char *rank2 = files_path("whole0/step-000061-rank-002.safetensors");
    size_t n;
    char *bytes = files_read(rank2, &n);
    folder = files_path("whole0");
    until = 62;
    files_write(rank2, bytes, n - 1);
    refused("{" WORDS "}", TS_ERROR_FORMAT, "rank-002.safetensors");
    assert_int_equal(unlink(rank2), 0);
    refused("{" WORDS "}", TS_ERROR_IO, "rank-002.safetensors");
    free(bytes);
    files_write_text(files_path("whole0/checkpoint.json"), "{\"version\": 2, \"step\": 61}");
    refused("{" WORDS "}", TS_ERROR_UNSUPPORTED, "not a checkpoint of version 1");
    files_write_text(files_path("whole0/checkpoint.json"), "{\"version\": 1, \"step\": 61}");
    refused("{" WORDS "}", TS_ERROR_FORMAT, "no step or no settings");
    folder = "/proc/nowhere";
    refused("{" WORDS "}", TS_ERROR_IO, "/proc/nowhere: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goes_on), cmocka_unit_test(old_files_go),
                                       cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
