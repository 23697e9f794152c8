/* guard.c: is this file a font, and does it lie about its own size anywhere?
 *
 * stb_truetype trusts a font: offsets and counts are followed without a look at the file's end.
 * Fonts come from anywhere, so everything it will ever follow is walked through here once, with
 * bounds. What is read besides outlines (character map, advances, kerning) our own code reads, from
 * the same checked tables (font_map.c, font.c).
 *
 * Source: OpenType specification 1.9, chapters "Font file", head, hhea, hmtx, maxp, loca, glyf,
 * cmap. Test: tests/glyph/test_guard.c (cut and corrupted files). */
#include "ref/glyph/guard.h"

#include "ref/base/ctx.h"

#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 8, SHORT_REACH = 32768, MAX_REACH = 1 << 24 };
enum { UNKNOWN, OPEN, USABLE, UNUSABLE };

typedef struct {
    ts_ctx *ctx;
    ts_sfnt *font;
    const char *label;
    uint8_t *state;
    uint32_t *points; /* of each glyph, one more for each part of a compound */
    double *reach;    /* no coordinate of the glyph is larger */
} walk;

static ts_status wrong(const walk *w, const char *what)
{
    return ts_fail(w->ctx, TS_ERROR_FORMAT, "%s: not a sound font: %s", w->label, what);
}

static ts_status wrong_glyph(const walk *w, int64_t glyph, const char *what)
{
    return ts_fail(w->ctx, TS_ERROR_FORMAT, "%s: not a sound font: glyph %lld %s", w->label,
                   (long long)glyph, what);
}

static bool has_tag(const uint8_t *p, const char *tag)
{
    return memcmp(p, tag, 4) == 0;
}

/* The beginning of font `index`, in a collection or alone. */
static ts_status find_start(walk *w, int64_t index)
{
    ts_sfnt *f = w->font;
    if (f->size < 12 || f->size > TS_MAX_FONT_BYTES)
        return wrong(w, f->size < 12 ? "it ends in its header" : "it is larger than 256 MiB");
    const bool collection = has_tag(f->data, "ttcf");
    const int64_t fonts = collection ? (int64_t)ts_font_u32(f->data + 8) : 1;
    if (collection && 12 + 4 * fonts > f->size)
        return wrong(w, "the list of the collection's fonts goes beyond its end");
    if (index < 0 || index >= fonts)
        return ts_fail(w->ctx, TS_ERROR_USAGE, "%s: font %lld was asked for, but it holds %lld",
                       w->label, (long long)index, (long long)fonts);
    f->start = collection ? (int64_t)ts_font_u32(f->data + 12 + 4 * index) : 0;
    if (f->start + 12 > f->size)
        return wrong(w, "its table directory is beyond its end");
    const uint8_t *p = f->data + f->start;
    if (has_tag(p, "OTTO"))
        return ts_fail(w->ctx, TS_ERROR_UNSUPPORTED,
                       "%s: outlines in the CFF format are not read, only TrueType's (glyf)",
                       w->label);
    if (ts_font_u32(p) != 0x00010000u && !has_tag(p, "true"))
        return wrong(w, "it does not begin like a TrueType file");
    return TS_OK;
}

static ts_status find_tables(walk *w)
{
    ts_sfnt *f = w->font;
    struct {
        const char *tag;
        ts_font_table *table;
        int64_t least; /* bytes; < 0: may be missing */
    } known[] = {{"head", &f->head, 54}, {"hhea", &f->hhea, 36}, {"hmtx", &f->hmtx, 4},
                 {"maxp", &f->maxp, 6},  {"loca", &f->loca, 4},  {"glyf", &f->glyf, 0},
                 {"cmap", &f->cmap, 4},  {"kern", &f->kern, -1},
                 {"fpgm", &f->fpgm, -1}, {"prep", &f->prep, -1}, {"cvt ", &f->cvt, -1},
                 {"OS/2", &f->os2, -1}};
    const int64_t count = (int64_t)ts_font_u16(f->data + f->start + 4);
    if (f->start + 12 + 16 * count > f->size)
        return wrong(w, "its table directory goes beyond its end");
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *p = f->data + f->start + 12 + 16 * i;
        const int64_t offset = (int64_t)ts_font_u32(p + 8), length = (int64_t)ts_font_u32(p + 12);
        if (offset + length > f->size)
            return ts_fail(w->ctx, TS_ERROR_FORMAT,
                           "%s: not a sound font: table '%.4s' goes beyond the file's end",
                           w->label, (const char *)p);
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (has_tag(p, known[k].tag) && !known[k].table->offset)
                *known[k].table = (ts_font_table){offset, length};
    }
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].least >= 0 &&
            (!known[k].table->offset || known[k].table->length < known[k].least))
            return ts_fail(w->ctx, TS_ERROR_FORMAT, "%s: not a sound font: table '%s' is %s",
                           w->label, known[k].tag,
                           known[k].table->offset ? "too short" : "missing");
    return TS_OK;
}

static ts_status read_headers(walk *w)
{
    ts_sfnt *f = w->font;
    const uint8_t *head = f->data + f->head.offset, *hhea = f->data + f->hhea.offset;
    f->units = (int64_t)ts_font_u16(head + 18);
    f->long_loca = ts_font_u16(head + 50) == 1;
    f->glyphs = (int64_t)ts_font_u16(f->data + f->maxp.offset + 4);
    /* maxSizeOfInstructions: a program of a few bytes moves nothing */
    f->hinted = f->maxp.length >= 28 && ts_font_u16(f->data + f->maxp.offset + 26) >= 8;
    f->ascender = ts_font_s16(hhea + 4);
    f->descender = ts_font_s16(hhea + 6);
    f->long_metrics = (int64_t)ts_font_u16(hhea + 34);
    if (f->units < 16 || f->units > 16384)
        return wrong(w, "head: units per em must be 16 to 16384");
    if (ts_font_u16(head + 50) > 1)
        return wrong(w, "head: indexToLocFormat must be 0 or 1");
    if (f->glyphs < 1)
        return wrong(w, "maxp: no glyphs");
    const int64_t rest = f->glyphs > f->long_metrics ? f->glyphs - f->long_metrics : 0;
    if (f->long_metrics < 1 || 4 * f->long_metrics + 2 * rest > f->hmtx.length)
        return wrong(w, "hmtx: too short for the number of glyphs");
    if ((f->glyphs + 1) * (f->long_loca ? 4 : 2) > f->loca.length)
        return wrong(w, "loca: too short for the number of glyphs");
    return TS_OK;
}

/* How good a character map of this platform, encoding and format is for us; 0: it is not. */
static int rank_of_map(uint32_t platform, uint32_t encoding, uint32_t format)
{
    const bool wide = (platform == 3 && encoding == 10) ||
                      (platform == 0 && (encoding == 4 || encoding == 6));
    const bool plain = (platform == 3 && encoding == 1) || (platform == 0 && encoding < 4);
    if (wide && (format == 12 || format == 13))
        return 3;
    if (plain && (format == 4 || format == 6 || format == 12))
        return 2;
    return plain && format == 0 ? 1 : 0;
}

/* How long a character map is by its own counts; -1 when that is not even said in `room` bytes. */
static int64_t map_length(const uint8_t *p, int64_t room, uint32_t format)
{
    if (room < 16)
        return -1;
    switch (format) {
    case 0:
        return 6 + 256;
    case 4:
        return 16 + 4 * (int64_t)ts_font_u16(p + 6); /* four arrays of 16 bits */
    case 6:
        return 10 + 2 * (int64_t)ts_font_u16(p + 8);
    default:
        return 16 + 12 * (int64_t)ts_font_u32(p + 12);
    }
}

static ts_status choose_map(walk *w)
{
    ts_sfnt *f = w->font;
    const uint8_t *cmap = f->data + f->cmap.offset;
    const int64_t count = (int64_t)ts_font_u16(cmap + 2);
    int best = 0;
    if (4 + 8 * count > f->cmap.length)
        return wrong(w, "cmap: its list goes beyond its end");
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *p = cmap + 4 + 8 * i;
        const int64_t at = (int64_t)ts_font_u32(p + 4), room = f->cmap.length - at;
        if (room < 2)
            return wrong(w, "cmap: a character map is beyond its end");
        const uint32_t format = ts_font_u16(cmap + at);
        const int rank = rank_of_map(ts_font_u16(p), ts_font_u16(p + 2), format);
        if (rank <= best)
            continue;
        const int64_t length = map_length(cmap + at, room, format);
        if (length < 0 || length > room)
            return wrong(w, "cmap: a character map goes beyond its end");
        best = rank;
        f->map = (ts_font_table){f->cmap.offset + at, room};
    }
    if (!best)
        return ts_fail(w->ctx, TS_ERROR_UNSUPPORTED,
                       "%s: the font has no Unicode character map", w->label);
    return TS_OK;
}

/* Where a glyph's bytes are; false when loca runs backwards or beyond glyf. */
static bool locate(const ts_sfnt *f, int64_t glyph, int64_t *from, int64_t *to)
{
    const uint8_t *loca = f->data + f->loca.offset;
    *from = f->long_loca ? (int64_t)ts_font_u32(loca + 4 * glyph)
                         : 2 * (int64_t)ts_font_u16(loca + 2 * glyph);
    *to = f->long_loca ? (int64_t)ts_font_u32(loca + 4 * glyph + 4)
                       : 2 * (int64_t)ts_font_u16(loca + 2 * glyph + 2);
    return *from <= *to && *to <= f->glyf.length;
}

/* Bytes that the flags at p and the coordinates they announce take, for n points; -1 when they do
 * not fit. `lone` becomes true when a contour is a single point off the curve. */
static int64_t point_bytes(const uint8_t *p, int64_t room, int64_t n, const uint8_t *ends,
                           int64_t contours, bool *lone)
{
    int64_t at = 0, coordinates = 0, contour = 0, begin = 0;
    uint32_t flags = 0, repeat = 0;
    for (int64_t i = 0; i < n; i++) {
        if (repeat == 0) {
            if (at >= room)
                return -1;
            flags = p[at++];
            if (flags & 8) {
                if (at >= room)
                    return -1;
                repeat = p[at++];
            }
        } else {
            repeat--;
        }
        coordinates += flags & 2 ? 1 : flags & 16 ? 0 : 2;
        coordinates += flags & 4 ? 1 : flags & 32 ? 0 : 2;
        if (contour < contours && i == (int64_t)ts_font_u16(ends + 2 * contour)) {
            /* stb_truetype looks for the start of a contour that begins off the curve in its
             * second point: there must be one */
            *lone |= begin == i && !(flags & 1);
            begin = i + 1;
            contour++;
        }
    }
    return at + coordinates <= room ? at + coordinates : -1;
}

static ts_status check_simple(walk *w, int64_t glyph, const uint8_t *p, int64_t size)
{
    const int64_t contours = ts_font_s16(p), header = 10 + 2 * contours + 2;
    if (contours == 0)
        return TS_OK;
    if (header > size)
        return wrong_glyph(w, glyph, "ends in its contours");
    int64_t before = -1;
    for (int64_t i = 0; i < contours; i++) {
        const int64_t end = (int64_t)ts_font_u16(p + 10 + 2 * i);
        if (end <= before)
            return wrong_glyph(w, glyph, "has contours that do not ascend");
        before = end;
    }
    const int64_t hints = (int64_t)ts_font_u16(p + 10 + 2 * contours), n = before + 1;
    bool lone = false;
    if (header + hints > size || n > TS_MAX_GLYPH_POINTS ||
        point_bytes(p + header + hints, size - header - hints, n, p + 10, contours, &lone) < 0)
        return wrong_glyph(w, glyph, n > TS_MAX_GLYPH_POINTS ? "has too many points"
                                                             : "ends in its points");
    w->points[glyph] = (uint32_t)n;
    w->reach[glyph] = SHORT_REACH;
    w->state[glyph] = lone ? UNUSABLE : USABLE;
    return TS_OK;
}

/* How far from the origin a component may be drawn whose own glyph reaches that far: stb_truetype has
 *     x' = |(a, b)| (a x + c y + e),  y' = |(c, d)| (b x + d y + f)
 * with a, b, c, d of at most 2, and nested compounds multiply. */
static double reach_of(uint32_t flags, const uint8_t *numbers, double reach)
{
    double m[4] = {1, 0, 0, 1};
    const int count = flags & 8 ? 1 : flags & 64 ? 2 : flags & 128 ? 4 : 0;
    for (int i = 0; i < count; i++)
        m[count == 2 ? 3 * i : i] = fabs((double)ts_font_s16(numbers + 2 * i)) / 16384.0;
    if (count == 1)
        m[3] = m[0];
    const double x = (m[0] + m[1]) * ((m[0] + m[2]) * reach + SHORT_REACH);
    const double y = (m[2] + m[3]) * ((m[1] + m[3]) * reach + SHORT_REACH);
    return x > y ? x : y;
}

static ts_status check_glyph(walk *w, int64_t glyph, int depth);

/* One component: how long its entry is, and what it contains. */
static ts_status check_component(walk *w, int64_t glyph, const uint8_t *p, int64_t room, int depth,
                                 int64_t *length)
{
    if (room < 4)
        return wrong_glyph(w, glyph, "ends in its components");
    const uint32_t flags = ts_font_u16(p);
    const int64_t part = (int64_t)ts_font_u16(p + 2);
    *length = 4 + (flags & 1 ? 4 : 2) + (flags & 8 ? 2 : flags & 64 ? 4 : flags & 128 ? 8 : 0);
    if (*length > room)
        return wrong_glyph(w, glyph, "ends in its components");
    if (part >= w->font->glyphs)
        return wrong_glyph(w, glyph, "is made of a glyph that does not exist");
    if (check_glyph(w, part, depth + 1))
        return w->ctx->status;
    const double reach = reach_of(flags, p + (flags & 1 ? 8 : 6), w->reach[part]);
    w->reach[glyph] = reach > w->reach[glyph] ? reach : w->reach[glyph];
    if (!(flags & 2) || w->state[part] == UNUSABLE || reach > MAX_REACH)
        w->state[glyph] = UNUSABLE;
    w->points[glyph] += w->points[part] + 1;
    if (w->points[glyph] > TS_MAX_GLYPH_POINTS)
        return wrong_glyph(w, glyph, "has too many points");
    return TS_OK;
}

static ts_status check_compound(walk *w, int64_t glyph, const uint8_t *p, int64_t size, int depth)
{
    int64_t at = 10, length = 0;
    uint32_t more = 32;
    while (more & 32) {
        if (check_component(w, glyph, p + at, size - at, depth, &length))
            return w->ctx->status;
        more = ts_font_u16(p + at);
        at += length;
    }
    if (w->state[glyph] == OPEN)
        w->state[glyph] = USABLE;
    return TS_OK;
}

static ts_status check_glyph(walk *w, int64_t glyph, int depth)
{
    int64_t from, to;
    if (w->state[glyph] == USABLE || w->state[glyph] == UNUSABLE)
        return TS_OK;
    if (w->state[glyph] == OPEN || depth > MAX_DEPTH)
        return wrong_glyph(w, glyph, "contains itself, or is nested too deep");
    if (!locate(w->font, glyph, &from, &to))
        return wrong_glyph(w, glyph, "is not inside of the table glyf");
    const uint8_t *p = w->font->data + w->font->glyf.offset + from;
    w->state[glyph] = USABLE;
    if (from == to)
        return TS_OK;
    if (to - from < 10)
        return wrong_glyph(w, glyph, "ends in its header");
    if (ts_font_s16(p) >= 0)
        return check_simple(w, glyph, p, to - from);
    w->state[glyph] = OPEN;
    return check_compound(w, glyph, p, to - from, depth);
}

static ts_status check_glyphs(walk *w)
{
    const int64_t n = w->font->glyphs;
    w->state = ts_alloc_zero((size_t)n, 1);
    w->points = ts_alloc_zero((size_t)n, sizeof *w->points);
    w->reach = ts_alloc_zero((size_t)n, sizeof *w->reach);
    if (!w->state || !w->points || !w->reach)
        return ts_fail(w->ctx, TS_ERROR_MEMORY, "%s: no memory for its %lld glyphs", w->label,
                       (long long)n);
    for (int64_t i = 0; i < n; i++)
        if (check_glyph(w, i, 0))
            return w->ctx->status;
    for (int64_t i = 0; i < n; i++)
        w->state[i] = w->state[i] == USABLE;
    w->font->usable = w->state;
    w->state = NULL;
    return TS_OK;
}

ts_status ts_font_guard(ts_ctx *ctx, ts_sfnt *font, const char *label, const uint8_t *data,
                        int64_t size, int64_t index)
{
    *font = (ts_sfnt){.data = data, .size = size};
    walk w = {.ctx = ctx, .font = font, .label = label};
    ts_status status = find_start(&w, index);
    status = status ? status : find_tables(&w);
    status = status ? status : read_headers(&w);
    status = status ? status : choose_map(&w);
    status = status ? status : check_glyphs(&w);
    ts_free(w.state);
    ts_free(w.points);
    ts_free(w.reach);
    return status;
}
