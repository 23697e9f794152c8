/* grad.h: the wish for a gradient, and where it goes. How it comes about: ops/tape.h. */
#ifndef TS_BASE_GRAD_H
#define TS_BASE_GRAD_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The gradient of one tensor. `value` is empty until something has flowed into it. */
typedef struct ts_grad {
    ts_tensor value;
    const char *name; /* of a parameter or input; NULL for intermediates */
} ts_grad;

/* Marks t as wanting a gradient: its record is taken from the arena. Recording begins with it. */
void ts_want_grad(ts_ctx *ctx, ts_tensor *t, const char *name);

#ifdef __cplusplus
}
#endif
#endif
