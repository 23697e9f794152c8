/* modules.h: operators of recommenders by name, each run by any number of ranks. */
#ifndef TS_DES_MODULES_H
#define TS_DES_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const ts_module ts_des_modules[];

#ifdef __cplusplus
}
#endif
#endif
