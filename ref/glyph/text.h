/* text.h: a line of characters set in fonts, measured and drawn. */
#ifndef TS_GLYPH_TEXT_H
#define TS_GLYPH_TEXT_H

#include "ref/glyph/font.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Characters with the font and glyph of each. */
typedef struct {
    uint32_t *character;
    int *font;      /* index into the fonts */
    int64_t *glyph;
    int64_t count;
} ts_text;

/* Each character takes the first font that has it. Fails with TS_ERROR_USAGE when the text is not
 * UTF-8, when it holds a line break or another control character, or when no font has a character
 * (its code point is named); TS_ERROR_MEMORY. The empty text is legal. Freed with ts_text_free. */
ts_status ts_text_set(struct ts_ctx *ctx, ts_text *text, const char *utf8, const ts_fonts *fonts);
void ts_text_free(ts_text *text);

/* The same text with `spaces` blanks between its characters. */
ts_status ts_text_widen(struct ts_ctx *ctx, ts_text *wide, const ts_text *text, int64_t spaces,
                        const ts_fonts *fonts);

/* As UTF-8; ts_free. NULL without memory. */
char *ts_text_utf8(struct ts_ctx *ctx, const ts_text *text);

/* The box of characters [first, first + count), from the left end of the line's top: that is where
 * the first font's ascent begins. It holds the pixels and the advances, but reaches to the left of
 * 0 only with pixels. */
typedef struct {
    int64_t left, top, right, bottom;
} ts_box;
ts_status ts_text_box(struct ts_ctx *ctx, ts_box *box, const ts_text *text, const ts_fonts *fonts,
                      int64_t size, int64_t first, int64_t count);

/* Adds characters [first, first + count) to the shape, the left end of the line's top at (x, y). */
ts_status ts_text_draw(struct ts_ctx *ctx, ts_shape *shape, const ts_text *text,
                       const ts_fonts *fonts, int64_t size, double x, double y, int64_t first,
                       int64_t count);

/* The same in black and white, as the fonts' hinting programs shape glyphs and advances for that
 * (hint.h, mono.h): pixels of picture[height * width] become 255. The box above is not that of this
 * drawing, but what published code measures before it. Fails also with TS_ERROR_UNSUPPORTED: a
 * glyph that is too large. */
ts_status ts_text_draw_sharp(struct ts_ctx *ctx, uint8_t *picture, const ts_text *text,
                             const ts_fonts *fonts, int64_t size, int64_t x, int64_t y,
                             int64_t height, int64_t width);

#ifdef __cplusplus
}
#endif
#endif
