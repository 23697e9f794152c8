/* training.h: small trainings for tests: the bundled digits, a few ranks, a few steps. */
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/train/trainer.h"

#define TRAINING_DIGITS "data/train/digits/images.idx3-ubyte"
#define TRAINING_TEXT "data/train/text/genesis.txt"

/* Runs the settings (JSON in single quotes instead of double ones) on the digits, or the text for
 * the task lm; `change` (or NULL) changes the job before it runs. The status; what was said in
 * training_said. */
typedef void training_change(ts_train_job *job);
ts_status training_run(const char *settings, ts_dtype compute, training_change *change,
                       ts_train_result *result);
extern char training_said[TS_MESSAGE];

/* The settings as an object: json_decref. */
json_t *training_json(const char *settings);

#endif
