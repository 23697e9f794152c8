/* momentum.h: the update that SGD and LARS share. Not for users of the room. */
#ifndef TS_OPTIM_MOMENTUM_H
#define TS_OPTIM_MOMENTUM_H

#include "ref/ops/update.h"
#include "ref/optim/inside.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parameter and momentum (state 0) by ts_momentum_args. `norms`: how far, relatively, factors made
 * from norms may be off, for the gauges of both. */
void ts_optim_momentum(ts_ctx *ctx, ts_optim_parameter *p, const ts_momentum_args *args,
                       double norms);

#ifdef __cplusplus
}
#endif
#endif
