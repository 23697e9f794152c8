/* clip.h: gradients whose norm, over all of them together, is at most a given one. */
#ifndef TS_OPTIM_CLIP_H
#define TS_OPTIM_CLIP_H

#include "ref/comm/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Multiplies all gradients by min(1, max_norm / (norm + slack)), in place, and gives the norm from
 * before; slack 1e-6 is torch's clip_grad_norm_, 0 is TensorFlow's clip_by_global_norm. max_norm 0
 * only measures. Gradients are contiguous and in the context's storage; empty ones count nothing.
 * With a communicator (its ctx) the norms are computed by all ranks together, each of which holds the
 * same gradients; the result has the same bits. A norm that is not finite fails, with the name of the
 * first gradient that is to blame (names may be NULL: its number), and nothing is changed. */
ts_status ts_clip_global_norm(ts_ctx *ctx, ts_comm *comm, const ts_tensor *gradient,
                              const char *const *names, int64_t count, double max_norm,
                              double slack, double *norm);

#ifdef __cplusplus
}
#endif
#endif
