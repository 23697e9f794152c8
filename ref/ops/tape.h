/* tape.h: gradients.
 *
 * A model is written once, forward. While the context records, each operation that has an input
 * with a gradient record leaves a step on the tape; ts_tape_backward walks the steps from the newest
 * to the oldest and calls the backward that stands below the operation's forward in its own file.
 * So the backward of a model is the mirror of its forward by construction. Gradients add up in the
 * order of that walk, which is fixed: the same bits for any number of threads. */
#ifndef TS_OPS_TAPE_H
#define TS_OPS_TAPE_H

#include "ref/base/ctx.h"
#include "ref/base/grad.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds the cotangent of an output: what flows back into `y` from outside. dy has y's sizes. */
void ts_seed_grad(ts_ctx *ctx, ts_tensor y, ts_tensor dy);

/* Walks the tape back and empties it. Gradients of marked tensors are then in their records. */
ts_status ts_tape_backward(ts_ctx *ctx);

/* Forgets the tape without walking it. */
void ts_tape_drop(ts_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
