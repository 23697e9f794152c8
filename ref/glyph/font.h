/* font.h: fonts, and what a glyph of them measures at a size in pixels.
 *
 * Measures are those that FreeType gives with its default hinting (whole advances, glyphs whose
 * upper and lower edges lie on pixel edges), as far as that can be said without running a font's
 * own hinting program. */
#ifndef TS_GLYPH_FONT_H
#define TS_GLYPH_FONT_H

#include "ref/glyph/raster.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_font ts_font;

enum { TS_MAX_FONT_SIZE = 20000 };

/* Opens a TrueType file or a font of a collection ("fonts.ttc#2" is its third). A name without a
 * folder and ending ("DejaVuSans") is looked for as NAME.ttf in $TOUCHSTONE_FONTS, then in
 * data/fonts. NULL after a failure (see ts_font_guard; TS_ERROR_IO). Closing NULL is legal. */
ts_font *ts_font_open(struct ts_ctx *ctx, const char *path);

/* The same from memory, which must outlive the font. */
ts_font *ts_font_of_bytes(struct ts_ctx *ctx, const char *label, const uint8_t *data, int64_t size,
                          int64_t index);
void ts_font_close(ts_font *font);
const char *ts_font_name(const ts_font *font);

/* The glyph of a character; 0: the font has none. */
int64_t ts_font_glyph(const ts_font *font, uint32_t character);

/* All in pixels at a size of `size` pixels per em. */
int64_t ts_font_ascent(const ts_font *font, int64_t size); /* baseline below the line's top */
int64_t ts_font_advance(const ts_font *font, int64_t glyph, int64_t size);
int64_t ts_font_kerning(const ts_font *font, int64_t left, int64_t right, int64_t size);

/* The pixels that a glyph covers, relative to its origin on the baseline, y upwards. */
typedef struct {
    int64_t left, bottom, right, top;
} ts_extent;
ts_status ts_font_extent(struct ts_ctx *ctx, ts_extent *extent, const ts_font *font, int64_t glyph,
                         int64_t size);

/* Adds the glyph's outline, its origin at (x, y) of the picture, to the shape to be drawn. */
ts_status ts_font_outline(struct ts_ctx *ctx, ts_shape *shape, const ts_font *font, int64_t glyph,
                          int64_t size, double x, double y);

/* Where the font's tables are, for what reads them itself (hint.h). */
const struct ts_sfnt *ts_font_tables(const ts_font *font);

/* Fonts in the order of preference. */
enum { TS_MAX_FONTS = 16 };
typedef struct {
    const ts_font *font[TS_MAX_FONTS];
    int count;
    bool draw_missing; /* as published: a missing character is drawn as the first font's glyph 0 (a
                          box, as a rule); otherwise it is an error */
} ts_fonts;

#ifdef __cplusplus
}
#endif
#endif
