/* Fonts made ready for hinting. */
#include "tests/support/hint.h"

#include <stdlib.h>
#include <string.h>

#include "ref/io/file.h"

static void bundled(void **state)
{
    (void)state;
    static const char *const fonts[] = {"data/fonts/DejaVuSans.ttf", "data/fonts/DejaVuSerif-Bold.ttf",
                                        "data/fonts/DroidSansFallbackFull.ttf"};
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        ts_map map;
        ts_sfnt font;
        ts_hinter h;
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_map_open(&ctx, &map, fonts[i]), TS_OK);
        assert_int_equal(ts_font_guard(&ctx, &font, "f", map.data, map.size, 0), TS_OK);
        for (int64_t size = 1; size < 800; size += size < 60 ? 1 : 133) {
            const ts_scope scope = ts_scope_open(&ctx);
            assert_int_equal(ts_hinter_open(&ctx, &h, &font, size), TS_OK);
            assert_int_equal(h.works, i < 2); /* the third has no programs */
            ts_scope_close(&ctx, scope, NULL, 0);
        }
        assert_int_equal(ts_hinter_open(&ctx, &h, &font, 0), TS_ERROR_USAGE);
        ts_ctx_clear(&ctx);
        assert_int_equal(ts_hinter_open(&ctx, &h, &font, INT32_MAX), TS_ERROR_USAGE);
        ts_free(font.usable);
        ts_map_close(&map);
        ts_ctx_close(&ctx);
    }
}

/* The font's and the size's program cut at every 37th length, or changed: it is hinted or not. */
static void tampered(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_map map;
    ts_sfnt font;
    ts_hinter h;
    ts_hinted g;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_map_open(&ctx, &map, "data/fonts/DejaVuSans.ttf"), TS_OK);
    uint8_t *bytes = malloc((size_t)map.size);
    assert_non_null(bytes);
    memcpy(bytes, map.data, (size_t)map.size);
    assert_int_equal(ts_font_guard(&ctx, &font, "f", bytes, map.size, 0), TS_OK);
    uint32_t seed = 3;
    int worked = 0, all = 0;
    for (int which = 0; which < 2; which++) {
        ts_font_table *table = which ? &font.prep : &font.fpgm;
        const ts_font_table whole = *table;
        for (int64_t n = 0; n < whole.length; n += 37) {
            const ts_scope scope = ts_scope_open(&ctx);
            uint8_t *p = bytes + whole.offset + n;
            const uint8_t was = *p;
            seed = seed * 1664525u + 1013904223u;
            for (int cut = 0; cut < 2; cut++) {
                table->length = cut ? n : whole.length;
                *p = cut ? was : (uint8_t)(seed >> 24);
                assert_int_equal(ts_hinter_open(&ctx, &h, &font, 20), TS_OK);
                assert_int_equal(ts_hint_glyph(&ctx, &g, &h, ts_font_map(&font, 'S')), TS_OK);
                assert_true(g.points > 20);
                worked += h.works;
                all++;
            }
            *table = whole;
            ts_scope_close(&ctx, scope, NULL, 0);
        }
    }
    assert_true(worked > 0 && worked < all);
    free(bytes);
    ts_free(font.usable);
    ts_map_close(&map);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bundled), cmocka_unit_test(tampered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
