/* Line glyphs: every row of the published cases, against Pillow's basic layout. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/line.h"
#include "ref/glyph/modules.h"

static void golden(void **state)
{
    (void)state;
    glyph_rows(ts_glyph_modules, "data/goldens/glyph/line.json", 29, NULL, 0, 0);
}

static void errors(void **state)
{
    (void)state;
    static uint8_t picture[TS_LINE_WIDTH * TS_LINE_HEIGHT];
    static char lots[3001];
    memset(lots, 'W', 3000);
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSans");
    assert_non_null(font);
    const ts_fonts fonts = {.font = {font}, .count = 1};
    ts_line_glyph line;
    assert_int_equal(ts_draw_line(&ctx, &line, picture, "", &fonts), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_draw_line(&ctx, &line, picture, lots, &fonts), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "3000 characters"));
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    static uint8_t picture[TS_LINE_WIDTH * TS_LINE_HEIGHT];
    ts_font *font = ts_font_open(ctx, "DejaVuSerif-Bold");
    const ts_fonts fonts = {.font = {font}, .count = 1};
    ts_line_glyph line;
    if (font)
        ts_draw_line(ctx, &line, picture, "AB", &fonts);
    ts_font_close(font);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) > 15);
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
