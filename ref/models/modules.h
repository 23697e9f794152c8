/* modules.h: networks for pictures and text, and their parts, by name. */
#ifndef TS_MODELS_MODULES_H
#define TS_MODELS_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const ts_module ts_models_modules[];

#ifdef __cplusplus
}
#endif
#endif
