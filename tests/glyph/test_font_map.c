/* Character maps of every format, and the kern table, built by hand. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/guard.h"

enum { GLYPHS = 40 };

static ts_sfnt font_of(const uint8_t *bytes, int64_t size, uint8_t *usable)
{
    memset(usable, 1, GLYPHS);
    return (ts_sfnt){.data = bytes, .size = size, .map = {0, size}, .kern = {0, size},
                     .glyphs = GLYPHS, .usable = usable};
}

static void bytes(void **state)
{
    (void)state;
    uint8_t map[6 + 256] = {0, 0, 1, 6}, usable[GLYPHS];
    map[6 + 'A'] = 7;
    map[6 + 'B'] = 200; /* beyond the glyphs */
    const ts_sfnt font = font_of(map, sizeof map, usable);
    assert_int_equal(ts_font_map(&font, 'A'), 7);
    assert_int_equal(ts_font_map(&font, 'B'), 0);
    assert_int_equal(ts_font_map(&font, 'C'), 0);
    assert_int_equal(ts_font_map(&font, 256 + 'A'), 0);
    usable[7] = 0;
    assert_int_equal(ts_font_map(&font, 'A'), 0);
}

/* Two segments: 0x20..0x22 by delta, 0x41..0x43 by an array; and the last one, 0xFFFF. */
static void segments(void **state)
{
    (void)state;
    uint8_t usable[GLYPHS];
    const uint8_t map[] = {
        0, 4, 0, 46, 0, 0, 0, 6, 0, 4, 0, 1, 0, 2,    /* format, length, language, 2 * 3 segments */
        0, 0x22, 0, 0x43, 0xFF, 0xFF, 0, 0,           /* ends, padding */
        0, 0x20, 0, 0x41, 0xFF, 0xFF,                 /* starts */
        0xFF, 0xE3, 0, 2, 0, 1,                       /* deltas: -29, 2, 1 */
        0, 0, 0, 4, 0, 0,                             /* ranges: the second's array begins 4 on */
        0, 9, 0, 0, 0, 11,                            /* the array */
    };
    const ts_sfnt font = font_of(map, sizeof map, usable);
    assert_int_equal(ts_font_map(&font, 0x20), 3);
    assert_int_equal(ts_font_map(&font, 0x22), 5);
    assert_int_equal(ts_font_map(&font, 0x23), 0);
    assert_int_equal(ts_font_map(&font, 0x41), 11);
    assert_int_equal(ts_font_map(&font, 0x42), 0); /* 0 in the array stays 0 */
    assert_int_equal(ts_font_map(&font, 0x43), 13);
    assert_int_equal(ts_font_map(&font, 0xFFFF), 0);
    assert_int_equal(ts_font_map(&font, 0x10041), 0);
    const ts_sfnt cut = font_of(map, sizeof map - 2, usable); /* no last entry */
    assert_int_equal(ts_font_map(&cut, 0x41), 11);
    assert_int_equal(ts_font_map(&cut, 0x43), 0);
}

static void array(void **state)
{
    (void)state;
    uint8_t usable[GLYPHS];
    const uint8_t map[] = {0, 6, 0, 14, 0, 0, 0, 0x30, 0, 2, 0, 5, 0, 6};
    const ts_sfnt font = font_of(map, sizeof map, usable);
    assert_int_equal(ts_font_map(&font, 0x2F), 0);
    assert_int_equal(ts_font_map(&font, 0x30), 5);
    assert_int_equal(ts_font_map(&font, 0x31), 6);
    assert_int_equal(ts_font_map(&font, 0x32), 0);
}

static void groups(void **state)
{
    (void)state;
    uint8_t usable[GLYPHS];
    uint8_t map[] = {0, 12, 0, 0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 2,
                     0, 0, 0, 0x41, 0, 0, 0, 0x43, 0, 0, 0, 10,
                     0, 1, 0xF6, 0, 0, 1, 0xF6, 1, 0, 0, 0, 20};
    const ts_sfnt font = font_of(map, sizeof map, usable);
    assert_int_equal(ts_font_map(&font, 0x43), 12);
    assert_int_equal(ts_font_map(&font, 0x1F601), 21);
    assert_int_equal(ts_font_map(&font, 0x44), 0);
    assert_int_equal(ts_font_map(&font, 0x1F602), 0);
    map[1] = 13; /* the same glyph for all */
    assert_int_equal(ts_font_map(&font, 0x43), 10);
    assert_int_equal(ts_font_map(&font, 0x1F601), 20);
}

static void kerning(void **state)
{
    (void)state;
    uint8_t usable[GLYPHS];
    uint8_t kern[] = {0, 0, 0, 2,
                      0, 0, 0, 26, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, /* horizontal, two pairs */
                      0, 3, 0, 4, 0xFF, 0xF6, 0, 3, 0, 5, 0, 7,
                      0, 0, 0, 20, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, /* a second table adds */
                      0, 3, 0, 5, 0, 1};
    const ts_sfnt font = font_of(kern, sizeof kern, usable);
    assert_int_equal(ts_font_kern(&font, 3, 4), -10);
    assert_int_equal(ts_font_kern(&font, 3, 5), 8);
    assert_int_equal(ts_font_kern(&font, 4, 3), 0);
    kern[35] = 9; /* the second table replaces */
    assert_int_equal(ts_font_kern(&font, 3, 5), 1);
    kern[35] = 4; /* across the line: not ours */
    assert_int_equal(ts_font_kern(&font, 3, 5), 7);
    kern[10] = 0xFF; /* more pairs than there is room for */
    assert_int_equal(ts_font_kern(&font, 3, 4), -10);
    kern[7] = 0; /* a table of length 0 ends the walk */
    assert_int_equal(ts_font_kern(&font, 3, 4), 0);
    const ts_sfnt none = font_of(kern, 2, usable);
    assert_int_equal(ts_font_kern(&none, 3, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),  cmocka_unit_test(segments), cmocka_unit_test(array),
        cmocka_unit_test(groups), cmocka_unit_test(kerning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
