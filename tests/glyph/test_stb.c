/* Outlines through stb_truetype. */
#include "tests/support/glyph.h"

#include "ref/glyph/stb.h"
#include "ref/io/file.h"

static ts_status outline_of(ts_ctx *ctx, ts_outline *outline, const char *path, uint32_t character)
{
    ts_map map = {0};
    ts_sfnt font = {0};
    *outline = (ts_outline){0};
    if (!ts_map_open(ctx, &map, path) && !ts_font_guard(ctx, &font, path, map.data, map.size, 0))
        ts_stb_outline(ctx, outline, &font, ts_font_map(&font, character));
    ts_free(font.usable);
    ts_map_close(&map);
    return ctx->status;
}

/* An 'H' is one closed outline of twelve straight lines; its height is the font's capitals'. */
static void simple(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_outline o;
    assert_int_equal(outline_of(&ctx, &o, "data/fonts/DejaVuSans.ttf", 'H'), TS_OK);
    assert_int_equal(o.count, 13);
    int low = 0, high = 0;
    for (int64_t i = 0; i < o.count; i++) {
        assert_int_equal(o.step[i].kind, i ? TS_LINE : TS_MOVE);
        low = o.step[i].y < low ? o.step[i].y : low;
        high = o.step[i].y > high ? o.step[i].y : high;
    }
    assert_int_equal(low, 0);
    assert_int_equal(high, 1493);
    assert_int_equal(o.step[12].x, o.step[0].x);
    ts_free(o.step);
    ts_ctx_close(&ctx);
}

/* An accented letter is a compound: it has the letter's steps and more. A blank has none. */
static void compound(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_outline letter, accented, blank;
    assert_int_equal(outline_of(&ctx, &letter, "data/fonts/DejaVuSans.ttf", 'A'), TS_OK);
    assert_int_equal(outline_of(&ctx, &accented, "data/fonts/DejaVuSans.ttf", 0xC4), TS_OK);
    assert_int_equal(outline_of(&ctx, &blank, "data/fonts/DejaVuSans.ttf", ' '), TS_OK);
    assert_true(accented.count > letter.count + 4);
    assert_int_equal(blank.count, 0);
    assert_null(blank.step);
    ts_free(letter.step);
    ts_free(accented.step);
    ts_ctx_close(&ctx);
}

/* What the guard did not find usable never reaches the library, not even as the missing glyph. */
static void unusable(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_map map;
    ts_sfnt font;
    ts_outline o;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_map_open(&ctx, &map, "data/fonts/DejaVuSans.ttf"), TS_OK);
    assert_int_equal(ts_font_guard(&ctx, &font, "f", map.data, map.size, 0), TS_OK);
    assert_int_equal(ts_stb_outline(&ctx, &o, &font, 0), TS_OK);
    assert_true(o.count > 0);
    ts_free(o.step);
    font.usable[0] = 0;
    const int64_t none[] = {0, -1, font.glyphs, (int64_t)1 << 40};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ts_stb_outline(&ctx, &o, &font, none[i]), TS_OK);
        assert_int_equal(o.count, 0);
        assert_null(o.step);
    }
    ts_free(font.usable);
    ts_map_close(&map);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    ts_outline o;
    outline_of(ctx, &o, "data/fonts/DejaVuSans.ttf", 0xC4);
    ts_free(o.step);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) >= 6); /* the guard's, the library's, ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(simple),
        cmocka_unit_test(compound),
        cmocka_unit_test(unusable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
