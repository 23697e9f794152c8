/* stb.h: the one door to stb_truetype. */
#ifndef TS_GLYPH_STB_H
#define TS_GLYPH_STB_H

#include "ref/glyph/guard.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One step of an outline in font units, y upwards: move to, line to, or curve to (x, y) with the
 * control point (cx, cy). */
typedef enum { TS_MOVE = 1, TS_LINE, TS_CURVE } ts_step_kind;
typedef struct {
    ts_step_kind kind;
    int x, y, cx, cy;
} ts_outline_step;

typedef struct {
    ts_outline_step *step; /* ts_free */
    int64_t count;
} ts_outline;

/* The outline of a glyph of a guarded font, empty for one that cannot be used or does not exist.
 * Fails with TS_ERROR_MEMORY. */
ts_status ts_stb_outline(struct ts_ctx *ctx, ts_outline *outline, const ts_sfnt *font,
                         int64_t glyph);

#ifdef __cplusplus
}
#endif
#endif
