/* fonts.h: the fonts of the command line, or those that are found. */
#ifndef TS_CLI_FONTS_H
#define TS_CLI_FONTS_H

#include "ref/cli/options.h"
#include "ref/glyph/font.h"

#define TS_FONT_OPTION                                                                             \
    {"--font", "FILE", "a TrueType font; further ones have what it lacks (often)"}

typedef struct {
    ts_fonts fonts;
    ts_font *open[TS_MAX_FONTS];
} ts_font_set;

/* The --font files in order. Without any: DejaVuSans, then DroidSansFallbackFull, those of them
 * that are found in $TOUCHSTONE_FONTS, ../share/touchstone/fonts beside the program's folder,
 * data/fonts, /usr/local/share/touchstone/fonts, /usr/share/touchstone/fonts, or where Debian has
 * them. Fails
 * with TS_ERROR_USAGE (none found, too many) or like ts_font_open. Freed also after a failure. */
ts_status ts_font_set_open(ts_ctx *ctx, ts_font_set *set, const ts_options *o);
void ts_font_set_close(ts_font_set *set);

#endif
