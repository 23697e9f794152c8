/* Placed glyphs: every row of the published cases, against Pillow's basic layout. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/modules.h"
#include "ref/glyph/placed.h"

static void golden(void **state)
{
    (void)state;
    glyph_rows(ts_glyph_modules, "data/goldens/glyph/placed.json", 40, NULL, 0, 0);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSans");
    assert_non_null(font);
    const ts_fonts fonts = {.font = {font}, .count = 1};
    const ts_point p[] = {{10, 10}, {90, 10}, {90, 40}, {10, 40}}, line[] = {{5, 5}, {60, 5}};
    const struct {
        const char *text;
        ts_polygon polygon;
        int64_t height;
        const char *says;
    } bad[] = {
        {"", {p, 4}, 64, "empty"},          {"x", {line, 2}, 64, "too small"},
        {"x", {p, 1}, 64, "too small"},     {"x", {p, 0}, 64, "at least one point"},
        {"x", {p, 4}, 0, "picture of"},     {"a\nb", {p, 4}, 64, "U+000A"},
        {"\xe4\xbd\xa0", {p, 4}, 64, "U+4F60"}, {"\xff", {p, 4}, 64, "UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_placement place;
        assert_int_equal(ts_place(&ctx, &place, bad[i].text, bad[i].polygon, &fonts, bad[i].height,
                                  128), TS_ERROR_USAGE);
        assert_non_null(strstr(ctx.message, bad[i].says));
        ts_placement_free(&place);
        ts_ctx_clear(&ctx);
    }
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    static uint8_t picture[64 * 96];
    const ts_point p[] = {{10, 10}, {60, 10}, {60, 40}, {10, 40}};
    ts_font *font = ts_font_open(ctx, "DejaVuSerif-Bold");
    const ts_fonts fonts = {.font = {font}, .count = 1};
    ts_placement place = {0};
    if (font && !ts_place(ctx, &place, "AB", (ts_polygon){p, 4}, &fonts, 64, 96))
        ts_draw_placed(ctx, picture, &place, &fonts, TS_DITHER, 64, 96);
    ts_placement_free(&place);
    ts_font_close(font);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(golden),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
