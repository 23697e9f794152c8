/* mono.h: outlines drawn in black and white. */
#ifndef TS_GLYPH_MONO_H
#define TS_GLYPH_MONO_H

#include "ref/glyph/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A picture of a glyph: its pixels (0 or 255), the upper row first, and where it is: the left edge
 * right of the origin, the upper edge above the baseline. */
typedef struct {
    uint8_t *pixel; /* NULL when the glyph is empty */
    int64_t height, width, left, top;
} ts_bitmap;

enum { TS_MAX_BITMAP = 1 << 26 };

/* Pixels whose middle is inside of the outline, and those that the glyph's drop-out control adds.
 * TS_ERROR_MEMORY; TS_ERROR_UNSUPPORTED for more than TS_MAX_BITMAP pixels or crossings. */
ts_status ts_mono(struct ts_ctx *ctx, ts_bitmap *bitmap, const ts_hinted *glyph);
void ts_bitmap_free(ts_bitmap *bitmap);

#ifdef __cplusplus
}
#endif
#endif
