/* line.h: the line glyph, a text alone on a picture of 512 x 80 pixels. */
#ifndef TS_GLYPH_LINE_H
#define TS_GLYPH_LINE_H

#include "ref/glyph/text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_LINE_WIDTH = 512, TS_LINE_HEIGHT = 80 };

typedef struct {
    ts_box probe;      /* at 50 pixels */
    double ratio;
    int64_t size;      /* of the font, finally */
    ts_box box;        /* at that size */
    int64_t width, height; /* of the text, its height from the line's top to the lowest pixel */
    int64_t x, y;      /* where the left end of the line's top is put */
} ts_line_glyph;

/* Draws white (255) on black (0), without grey, into picture[80 * 512]. Fails with TS_ERROR_USAGE
 * (empty text, and see ts_text_set) or TS_ERROR_MEMORY. */
ts_status ts_draw_line(struct ts_ctx *ctx, ts_line_glyph *line, uint8_t *picture, const char *utf8,
                       const ts_fonts *fonts);

#ifdef __cplusplus
}
#endif
#endif
