#ifndef TS_IO_RNG_MODULES_H
#define TS_IO_RNG_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* rng.*: the random streams of base/rng.h. */
extern const ts_module ts_rng_modules[];

#ifdef __cplusplus
}
#endif
#endif
