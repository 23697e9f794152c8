/* guard.h: a font file checked before anything reads it. */
#ifndef TS_GLYPH_GUARD_H
#define TS_GLYPH_GUARD_H

#include "ref/base/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

typedef struct {
    int64_t offset, length; /* in the file; 0, 0: the font has no such table */
} ts_font_table;

/* Where everything is in a font that was found sound. */
typedef struct ts_sfnt {
    const uint8_t *data;
    int64_t size;
    int64_t start; /* of the font: 0 but in collections */
    ts_font_table head, hhea, hmtx, maxp, loca, glyf, cmap, kern;
    ts_font_table fpgm, prep, cvt, os2; /* what hinting takes: programs of the font and of a size,
                                           control values, vertical metrics */
    ts_font_table map; /* the part of cmap that is used: Unicode, format 0, 4, 6, 12 or 13 */
    int64_t glyphs, units, long_metrics;
    int ascender, descender; /* in font units */
    bool long_loca;
    bool hinted;             /* its glyphs have hinting programs worth the name */
    uint8_t *usable;         /* per glyph; ts_free */
} ts_sfnt;

enum { TS_MAX_FONT_BYTES = 256 * 1024 * 1024, TS_MAX_GLYPH_POINTS = 20000 };

/* Checks the font number `index` of the file (0 but in a collection): that every table lies in the
 * file and is long enough for what its header announces; every glyph's contours, flags and
 * coordinates inside its own bytes; compound glyphs without cycles, not deeper than 8 and of at
 * most TS_MAX_GLYPH_POINTS points and parts. Glyphs placed by matching points, which stb_truetype
 * does not know, and those scaled beyond all measure are marked as unusable. `label` stands in messages. Fails with TS_ERROR_FORMAT (the table
 * or glyph is named), TS_ERROR_UNSUPPORTED (outlines that are not TrueType; no Unicode character
 * map), TS_ERROR_USAGE (no such font in the collection), TS_ERROR_MEMORY. */
ts_status ts_font_guard(struct ts_ctx *ctx, ts_sfnt *font, const char *label, const uint8_t *data,
                        int64_t size, int64_t index);

/* The glyph of a character, 0 when the font has none (or one that cannot be used). */
int64_t ts_font_map(const ts_sfnt *font, uint32_t character);

/* Kerning of a pair in font units, from the kern table alone: 0 where there is none. */
int ts_font_kern(const ts_sfnt *font, int64_t left, int64_t right);

/* Big-endian numbers of the file. */
static inline uint32_t ts_font_u16(const uint8_t *p)
{
    return ((uint32_t)p[0] << 8) | p[1];
}

static inline int ts_font_s16(const uint8_t *p)
{
    const int v = (int)ts_font_u16(p);
    return v >= 0x8000 ? v - 0x10000 : v;
}

static inline uint32_t ts_font_u32(const uint8_t *p)
{
    return (ts_font_u16(p) << 16) | ts_font_u16(p + 2);
}

#ifdef __cplusplus
}
#endif
#endif
