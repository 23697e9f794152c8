/* modules.h: optimisers by name. */
#ifndef TS_OPTIM_MODULES_H
#define TS_OPTIM_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* optim.sgd, optim.lars, optim.adam, optim.adamw, optim.lamb, optim.prodigy, optim.clip,
 * optim.ema, optim.schedule. */
extern const ts_module ts_optim_modules[];

#ifdef __cplusplus
}
#endif
#endif
