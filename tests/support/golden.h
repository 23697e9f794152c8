/* golden.h: a case file, run and judged as `touchstone check` does it. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/judging.h"

/* The case is accepted on plain, fast and (in a build that has it) blas, in f32 and f64: outputs, traces
 * and gradients. */
void golden_accepted(const char *path);
void golden_accepted_on(const char *path, const char *precision, const char *backend);

/* `one` of every case of the folder whose module is in the table; how many there were. */
int golden_corpus(const char *folder, const ts_module *table, void (*one)(const char *path));

/* One run of a case: closed by golden_close. With `settings` ("key=value", NULL-ended) changed. */
typedef struct {
    ts_case c;
    ts_ctx ctx;
    ts_ran ran;
} golden_run;
void golden_open(golden_run *g, const char *path, const char *const *settings, ts_dtype compute);
void golden_close(golden_run *g);

/* Largest difference between an output of the run and a tensor, both as doubles. */
double golden_distance(golden_run *g, ts_kind kind, const char *name, ts_tensor other);

#endif
