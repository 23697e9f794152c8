/* fill.h: a filled polygon, as a mask. */
#ifndef TS_GLYPH_FILL_H
#define TS_GLYPH_FILL_H

#include "ref/glyph/rect.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets mask[height * width] to `value` inside the polygon, its boundary included, by the even-odd
 * rule; coordinates are rounded to whole pixels. What is outside of the picture is cut off; the
 * rest of the mask is left as it is. Two points make a line, one a pixel. Fails with TS_ERROR_USAGE
 * (no points, coordinates out of range, a size below 1) or TS_ERROR_MEMORY. */
ts_status ts_fill_polygon(struct ts_ctx *ctx, uint8_t *mask, const ts_point *points, int64_t count,
                          uint8_t value, int64_t height, int64_t width);

#ifdef __cplusplus
}
#endif
#endif
