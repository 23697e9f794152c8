#ifndef TS_TOPK_MODULES_H
#define TS_TOPK_MODULES_H

#include "ref/io/module.h"
#include "ref/topk/density.h"

#ifdef __cplusplus
extern "C" {
#endif

/* topk.*: selectors; and schemes, run on ranks as threads. */
extern const ts_module ts_topk_modules[], ts_topk_scheme_modules[];

/* What has a word in the verdict on selections: verdict.c. */
extern const ts_reviewer ts_topk_reviewers[]; /* ended by {0} */

/* Settings that several modules share. density: 0.01, "1/100" or [1, 100]. */
ts_density ts_topk_density(ts_ctx *ctx, const ts_call *call, const char *otherwise);

/* k, or that of the density for d entries; fails without either. */
int64_t ts_topk_count(ts_ctx *ctx, const ts_call *call, int64_t d);

/* start: a number, or "any" and nothing: -1. */
int64_t ts_topk_start(ts_ctx *ctx, const ts_call *call);

/* 64 bits by seed, step, rank, bucket. */
uint64_t ts_topk_bits(ts_ctx *ctx, const ts_call *call);

/* x in the type in which it was given, whatever the precision of the run. */
ts_tensor ts_topk_input(ts_ctx *ctx, const ts_call *call);

#ifdef __cplusplus
}
#endif
#endif
