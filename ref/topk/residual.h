/* residual.h: what was not sent is kept for the next step. */
#ifndef TS_TOPK_RESIDUAL_H
#define TS_TOPK_RESIDUAL_H

#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool feedback;  /* false: what is not sent is lost */
    double momentum; /* 0: gradients are kept. Otherwise velocities (DGC's momentum correction) */
    bool nesterov;
    bool masking;   /* the momentum of sent entries begins anew, too */
} ts_feedback;

/* The state of one selector: both tensors belong to the caller, (d) of F32 or F64, zero at first.
 * momentum is empty where none is kept. */
typedef struct {
    ts_tensor kept;     /* e; with momentum correction the velocity v */
    ts_tensor momentum; /* m */
} ts_residual;

/* A state of zeros in the context's arena. */
ts_status ts_residual_new(ts_ctx *ctx, ts_residual *r, const ts_feedback *how, ts_dtype dtype,
                          int64_t d);

/* u (d), from which is selected; may be g. Nothing of the state changes before ts_residual_keep, so a
 * step that turns out to be nonfinite is left out by not calling it. With momentum u has room for
 * the new momentum: `m` (d), or empty.
 *
 *     without momentum   u = e + g
 *     with               m = mu m + g;        u = v + m
 *     Nesterov           m = mu (m + g);      u = v + m + g
 */
void ts_residual_add(const ts_residual *r, const ts_feedback *how, ts_tensor u, ts_tensor m,
                     ts_tensor g);

/* What is left of u (and m) when `sent` was sent: e = u with zeros at the sent entries. Values that
 * were rounded on the way (sent->values are not u's) leave their difference, which is exact for f16. */
void ts_residual_keep(ts_residual *r, const ts_feedback *how, ts_tensor u, ts_tensor m,
                      const ts_sparse *sent);

/* Values as they travel in f16: clamped to +-65504 and rounded, in place. */
void ts_residual_round_f16(ts_sparse *sent);

#ifdef __cplusplus
}
#endif
#endif
