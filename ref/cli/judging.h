/* judging.h: a case against the law.
 *
 * Truths come from the case; where it has none, from our own run in f64. The error that is honest is
 * that of a run in the format of the result on the honest table. Where timestep angles matter there
 * are two truths, with angles in double and in float32 as published: a result has to hold against
 * one of them as a whole. */
#ifndef TS_CLI_JUDGING_H
#define TS_CLI_JUDGING_H

#include "ref/cli/case.h"
#include "ref/cli/report.h"
#include "ref/cli/runner.h"

typedef struct {
    ts_how how;
    ts_dtype format;       /* of the results under test */
    const ts_items *given; /* somebody's output instead of our run, or NULL */
    bool partial;          /* outputs that are not given are not missed */
} ts_judging;

/* Runs, unless an output is given, and judges. A failure of the run is r->error. */
void ts_judge_case(ts_report *r, const ts_case *c, const ts_judging *how);

#endif
