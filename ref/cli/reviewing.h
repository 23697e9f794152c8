/* reviewing.h: modules whose outputs are one decision have the last word on them. */
#ifndef TS_CLI_REVIEWING_H
#define TS_CLI_REVIEWING_H

#include "ref/cli/case.h"
#include "ref/cli/report.h"

/* The value under test of a target, contiguous; empty: there is none. */
typedef ts_tensor ts_tested(void *arg, const ts_target *t);

/* Lets the reviewer of the case's module, if there is one, look at the outputs: findings of the report
 * change, remarks are added behind them. */
ts_status ts_review_case(ts_ctx *ctx, ts_report *r, const ts_case *c, ts_tested *tested, void *arg);

#endif
