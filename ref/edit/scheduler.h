/* scheduler.h: the times at which the velocity is asked for. */
#ifndef TS_EDIT_SCHEDULER_H
#define TS_EDIT_SCHEDULER_H

#include "ref/base/ctx.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_STEPS = 10000 };

typedef struct {
    int64_t train_timesteps;
    double shift; /* used when the shift is not dynamic */
    bool dynamic;
    double base_shift, max_shift;
    int64_t base_tokens, max_tokens; /* base_image_seq_len, max_image_seq_len */
} ts_scheduler;

/* From a scheduler_config.json (or the `config` of a golden case); `label` stands in messages.
 * Schedules that are not implemented (Karras, exponential, beta, inverted, terminal shift) fail. */
ts_status ts_scheduler_read(ts_ctx *ctx, ts_scheduler *s, const json_t *config, const char *label);

/* The shift for so many image tokens. */
double ts_scheduler_mu(const ts_scheduler *s, int64_t image_tokens);

/* sigma[steps + 1], from 1 down to 0. `f32` rounds as the published float32 program does; otherwise
 * the same formulas in double. Fails unless 1 <= steps <= TS_MAX_STEPS. */
ts_status ts_scheduler_sigmas(ts_ctx *ctx, double *sigma, const ts_scheduler *s, int64_t steps,
                              double mu, bool f32);

/* What the model is told at sigma: in 0 .. 1, and with f32 through the published roundings. */
double ts_scheduler_model_time(const ts_scheduler *s, double sigma, bool f32);

/* x + (next - sigma) v. */
ts_tensor ts_euler_step(ts_ctx *ctx, ts_tensor x, ts_tensor v, double sigma, double next);

#ifdef __cplusplus
}
#endif
#endif
