/* trial.h: networks and golden cases, run as they are not: with other inputs, settings and
 * checkpoints; with a fault planted. */
#ifndef TESTS_SUPPORT_TRIAL_H
#define TESTS_SUPPORT_TRIAL_H

#include "tests/support/golden.h"

#include "ref/dit/dit.h"

#define TINY "data/goldens/tiny-a"
#define TINY_LORA "data/goldens/tiny-a-lora.safetensors"

/* The small transformer with its adapter (or without): closed by net_close. */
typedef struct {
    ts_ctx ctx;
    ts_weights *weights, *file;
    ts_lora *lora;
    ts_dit *dit;
} net;
void net_open(net *n, ts_dtype compute, bool lora);
void net_close(net *n);

/* A tensor of the context's storage, filled with op_value(seed + i) * scale, rounded to floats. */
ts_tensor trial_tensor(ts_ctx *ctx, int64_t seed, double scale, int rank, ...);

/* A copy of a component's folder of the small checkpoint, in the test's own folder (files.h), with
 * a key of config.json set to a JSON text (NULL: taken out). */
const char *trial_config(const char *component, const char *key, const char *json);

/* A copy where one tensor has another shape of as many numbers, or (rank 0) is missing. */
const char *trial_tensor_changed(const char *component, const char *name, int rank,
                                 const int64_t *size);

/* A case without gradients, to be changed and run: closed by trial_close. */
typedef struct {
    ts_ctx ctx;
    ts_case c;
    ts_job job;
    ts_ran ran;
    bool has_run;
} trial;
void trial_open(trial *t, const char *path, const char *module); /* NULL: the case's own */
void trial_set(trial *t, const char *assignment);
void trial_input(trial *t, const char *name, ts_tensor value); /* empty: it is taken out */
ts_tensor trial_given(const trial *t, const char *name);
ts_status trial_run(trial *t, ts_dtype compute);
void trial_close(trial *t);

/* Runs and closes; it must have failed so. */
void trial_refused(trial *t, ts_status status, const char *words);
/* Runs and closes; it must have succeeded. */
void trial_accepted(trial *t);

/* The work with its 1st, 2nd, ... allocation failing, each in a new context: it must succeed or say
 * that memory is missing. How many allocations there are is returned. `step`: every so many. */
long trial_faults(ts_status (*work)(ts_ctx *ctx, const void *arg), const void *arg, int step);

#endif
