/* A font: what the guard lets through is measured and drawn, some glyphs small, some large. */
#include "tests/fuzz/fuzz.h"

#include "ref/glyph/font.h"

static void draw(ts_ctx *ctx, const ts_font *font, ts_shape *shape, int64_t glyph, int pixels)
{
    static uint8_t picture[32 * 32];
    ts_extent e;
    ts_font_ascent(font, pixels);
    ts_font_advance(font, glyph, pixels);
    ts_font_kerning(font, glyph, glyph + 1, pixels);
    ts_font_extent(ctx, &e, font, glyph, pixels);
    ts_font_outline(ctx, shape, font, glyph, pixels, 2, 26);
    ts_shape_paint(shape, picture, pixels % 2);
}

int fuzz_font(const uint8_t *data, size_t size)
{
    static const uint32_t characters[] = {0, 'A', 'e', 0xe9, 0x416, 0x4e2d, 0xffff, 0x1f600, 0x10ffff};
    ts_ctx ctx;
    ts_shape shape = {0};
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_of_bytes(&ctx, "f", data, (int64_t)size, 0);
    fuzz_require(!font == (ctx.status != TS_OK), "a font or a failure");
    if (font && !ts_shape_open(&ctx, &shape, 32, 32))
        for (size_t i = 0; i < sizeof characters / sizeof *characters && !ctx.status; i++) {
            draw(&ctx, font, &shape, ts_font_glyph(font, characters[i]), 24);
            draw(&ctx, font, &shape, (int64_t)i, 201);
        }
    ts_shape_close(&shape);
    ts_font_close(font);
    fuzz_end(&ctx);
    return 0;
}
