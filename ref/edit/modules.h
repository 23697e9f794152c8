#ifndef TS_EDIT_MODULES_H
#define TS_EDIT_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* flux_text.generate_fill, flux.fill_pipeline, flux.scheduler, edit.preprocess. */
extern const ts_module ts_edit_modules[];

#ifdef __cplusplus
}
#endif
#endif
