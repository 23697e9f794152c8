/* modules.h: what of this room can be run by name. */
#ifndef TS_GLYPH_MODULES_H
#define TS_GLYPH_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const ts_module ts_glyph_modules[];

#ifdef __cplusplus
}
#endif
#endif
