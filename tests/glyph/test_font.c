/* Measures of glyphs at a size: values that FreeType gives, and how files are found. */
#include "tests/support/glyph.h"

#include <stdlib.h>
#include <string.h>

#include "ref/glyph/font.h"

static void measures(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSans");
    assert_non_null(font);
    /* 1901 / 2048 em upwards; 651 / 2048 em for a blank, to the nearest */
    assert_int_equal(ts_font_ascent(font, 50), 47);
    assert_int_equal(ts_font_ascent(font, 720), 669);
    const int64_t blank = ts_font_glyph(font, ' '), dot = ts_font_glyph(font, '.');
    assert_int_equal(ts_font_advance(font, blank, 50), 16);
    assert_int_equal(ts_font_advance(font, blank, 720), 229);
    ts_extent e;
    assert_int_equal(ts_font_extent(&ctx, &e, font, dot, 50), TS_OK);
    assert_int_equal(e.bottom, 0);
    assert_int_equal(e.top, 6);
    assert_int_equal(ts_font_extent(&ctx, &e, font, blank, 50), TS_OK);
    assert_true(e.left == 0 && e.right == 0 && e.top == 0 && e.bottom == 0);
    /* A V belongs together; below 25 pixels kerning fades */
    const int64_t a = ts_font_glyph(font, 'A'), v = ts_font_glyph(font, 'V');
    assert_true(ts_font_kerning(font, a, v, 100) < 0);
    assert_int_equal(ts_font_kerning(font, a, v, 1), 0);
    assert_int_equal(ts_font_glyph(font, 0x4F60), 0);
    assert_non_null(strstr(ts_font_name(font), "DejaVuSans.ttf"));
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

/* The outline covers what the extent says, wherever it is put. */
static void outlines(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSerif-Bold");
    assert_non_null(font);
    for (const char *c = "H.g_i"; *c; c++) {
        uint8_t picture[100 * 100] = {0};
        ts_shape shape;
        ts_extent e;
        const int64_t glyph = ts_font_glyph(font, (uint32_t)*c);
        assert_int_equal(ts_shape_open(&ctx, &shape, 100, 100), TS_OK);
        assert_int_equal(ts_font_extent(&ctx, &e, font, glyph, 40), TS_OK);
        assert_int_equal(ts_font_outline(&ctx, &shape, font, glyph, 40, 30, 60), TS_OK);
        ts_shape_paint(&shape, picture, 0);
        int64_t top = 100, bottom = 0, left = 100, right = 0;
        for (int64_t i = 0; i < 100 * 100; i++)
            if (picture[i]) {
                top = i / 100 < top ? i / 100 : top;
                bottom = i / 100 + 1 > bottom ? i / 100 + 1 : bottom;
                left = i % 100 < left ? i % 100 : left;
                right = i % 100 + 1 > right ? i % 100 + 1 : right;
            }
        assert_int_equal(top, 60 - e.top);
        assert_int_equal(bottom, 60 - e.bottom);
        assert_true(left >= 30 + e.left && left <= 31 + e.left);
        assert_true(right <= 30 + e.right && right >= 29 + e.right);
        ts_shape_close(&shape);
    }
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

static void finding(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        ts_status status;
    } bad[] = {{"NoSuchFont", TS_ERROR_IO}, {"data/fonts/README.md", TS_ERROR_FORMAT},
               {"data/fonts/DejaVuSans.ttf#1", TS_ERROR_USAGE}, {"data", TS_ERROR_IO}};
    for (int i = 0; i < 4; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        assert_null(ts_font_open(&ctx, bad[i].name));
        assert_int_equal(ctx.status, bad[i].status);
        ts_ctx_close(&ctx);
    }
    static const char *const good[] = {"DejaVuSans#0", "data/fonts/DejaVuSans.ttf", "DejaVuSans"};
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        setenv("TOUCHSTONE_FONTS", i == 2 ? "data/fonts" : "no/such/folder", 1);
        ts_font *font = ts_font_open(&ctx, good[i]);
        if (!font)
            fail_msg("%s", ctx.message);
        ts_font_close(font);
        ts_ctx_close(&ctx);
    }
    unsetenv("TOUCHSTONE_FONTS");
    ts_font_close(NULL);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    ts_font_close(ts_font_open(ctx, "DejaVuSerif-Bold"));
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(measures),
        cmocka_unit_test(outlines),
        cmocka_unit_test(finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
