/* faults.h: every allocation of a piece of work fails once.
 *
 * The test program starts itself again with TS_FAIL_ALLOC = 1, 2, 3, ... and one argument, by which
 * its main knows that it shall do the work and leave with faults_answer. Under the address
 * sanitizer each of these runs is also a search for leaks. */
#ifndef TESTS_SUPPORT_FAULTS_H
#define TESTS_SUPPORT_FAULTS_H

#include "ref/base/ctx.h"

/* Walks until the work succeeds several times in a row; fails when a run ends otherwise than with
 * success or with a sentence about memory. Returns how many runs failed in order. */
int faults_walk(const char *argument);

/* In such a run, before the work: jansson's allocations are planted as well. For parsing and
 * printing alone: jansson 2.14 may lose a letter of a string when it has no memory for it, without
 * a word, so what is done with the text afterwards may fail for another reason. */
void faults_begin(void);

/* The exit code of such a run; closes the context. */
int faults_answer(ts_ctx *ctx);

#endif
