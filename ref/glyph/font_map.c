/* font_map.c: which glyph a character has, and how far pairs are moved together.
 *
 * Reads tables that the guard found sound; what depends on their contents is bounded here.
 * Source: OpenType specification 1.9, chapters cmap (formats 0, 4, 6, 12, 13) and kern (version 0,
 * format 0). Test: tests/glyph/test_font_map.c. */
#include "ref/glyph/guard.h"

/* Format 4: segments sorted by their last character. The glyph is character + delta, or an entry of
 * an array that lies `range` bytes behind the place where range itself is stored. */
static int64_t map_segments(const uint8_t *map, int64_t room, uint32_t c)
{
    const int64_t twice = (int64_t)(ts_font_u16(map + 6) & ~1u);
    if (c > 0xFFFF)
        return 0;
    for (int64_t i = 0; i < twice; i += 2) {
        if (ts_font_u16(map + 14 + i) < c)
            continue;
        const uint32_t start = ts_font_u16(map + 16 + twice + i);
        const uint32_t delta = ts_font_u16(map + 16 + 2 * twice + i);
        const int64_t place = 16 + 3 * twice + i, range = (int64_t)ts_font_u16(map + place);
        if (c < start)
            return 0;
        if (range == 0)
            return (int64_t)((c + delta) & 0xFFFF);
        const int64_t at = place + range + 2 * (int64_t)(c - start);
        if (at + 2 > room)
            return 0;
        const uint32_t glyph = ts_font_u16(map + at);
        return glyph ? (int64_t)((glyph + delta) & 0xFFFF) : 0;
    }
    return 0;
}

/* Formats 12 and 13: groups of 12 bytes, sorted: first and last character, glyph of the first (12)
 * or of all (13). */
static int64_t map_groups(const uint8_t *map, uint32_t c, bool same)
{
    int64_t low = 0, high = (int64_t)ts_font_u32(map + 12);
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        const uint8_t *group = map + 16 + 12 * middle;
        const uint32_t first = ts_font_u32(group), last = ts_font_u32(group + 4);
        if (c < first)
            high = middle;
        else if (c > last)
            low = middle + 1;
        else
            return (int64_t)ts_font_u32(group + 8) + (same ? 0 : (int64_t)(c - first));
    }
    return 0;
}

static int64_t map_array(const uint8_t *map, uint32_t c)
{
    const uint32_t first = ts_font_u16(map + 6), count = ts_font_u16(map + 8);
    return c >= first && c - first < count ? (int64_t)ts_font_u16(map + 10 + 2 * (c - first)) : 0;
}

int64_t ts_font_map(const ts_sfnt *font, uint32_t character)
{
    const uint8_t *map = font->data + font->map.offset;
    int64_t glyph = 0;
    switch (ts_font_u16(map)) {
    case 0:
        glyph = character < 256 ? map[6 + character] : 0;
        break;
    case 4:
        glyph = map_segments(map, font->map.length, character);
        break;
    case 6:
        glyph = map_array(map, character);
        break;
    default:
        glyph = map_groups(map, character, ts_font_u16(map) == 13);
        break;
    }
    return glyph < font->glyphs && font->usable[glyph] ? glyph : 0;
}

/* The pair in one table of `pairs` entries of 6 bytes, sorted by both glyphs. */
static int kern_pair(const uint8_t *entries, int64_t pairs, uint32_t key)
{
    int64_t low = 0, high = pairs;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        const uint32_t here = ts_font_u32(entries + 6 * middle);
        if (here == key)
            return ts_font_s16(entries + 6 * middle + 4);
        low = here < key ? middle + 1 : low;
        high = here < key ? high : middle;
    }
    return 0;
}

int ts_font_kern(const ts_sfnt *font, int64_t left, int64_t right)
{
    const uint8_t *kern = font->data + font->kern.offset;
    const int64_t length = font->kern.length;
    if (length < 4 || ts_font_u16(kern) != 0)
        return 0;
    int sum = 0;
    int64_t at = 4;
    for (int64_t table = (int64_t)ts_font_u16(kern + 2); table > 0 && at + 14 <= length; table--) {
        const int64_t said = (int64_t)ts_font_u16(kern + at + 2);
        const int64_t end = at + said < length ? at + said : length;
        const uint32_t coverage = ts_font_u16(kern + at + 4);
        int64_t pairs = (int64_t)ts_font_u16(kern + at + 6);
        const int64_t room = end > at + 14 ? (end - at - 14) / 6 : 0;
        pairs = pairs < room ? pairs : room;
        if ((coverage & 0xFF07) == 1) { /* format 0; horizontal, no minimum, not across */
            const int value = kern_pair(kern + at + 14, pairs, (uint32_t)(left << 16 | right));
            sum = coverage & 8 ? value : sum + value;
        }
        at = end > at ? end : length;
    }
    return sum;
}
