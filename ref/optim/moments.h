/* moments.h: what Adam, LAMB and Prodigy share. Not for users of the room. */
#ifndef TS_OPTIM_MOMENTS_H
#define TS_OPTIM_MOMENTS_H

#include "ref/ops/update.h"
#include "ref/optim/inside.h"

#ifdef __cplusplus
extern "C" {
#endif

/* States 0 and 1, the moments, by the gradient. */
void ts_optim_moments(ts_ctx *ctx, ts_optim_parameter *p, const ts_moments_args *args);

/* The parameter by its moments; `second` is state 1, or the largest so far. */
void ts_optim_descend(ts_ctx *ctx, ts_optim_parameter *p, ts_tensor second,
                      const ts_adam_args *args);

/* |u| of ts_adam_args. */
double ts_optim_step_norm(ts_ctx *ctx, double *part, const ts_optim_parameter *p,
                          const ts_adam_args *args);

/* 1 - beta^t */
double ts_bias_correction(double beta, int64_t t);

/* What is wrong with betas and eps, or NULL. */
const char *ts_moments_wrong(const ts_optim_settings *s);

#ifdef __cplusplus
}
#endif
#endif
