/* Hinted glyphs: bit for bit what FreeType 2.13 draws in black and white, in both DejaVu fonts. */
#include "tests/support/glyph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/glyph/hint.h"
#include "ref/glyph/text.h"
#include "ref/io/file.h"
#include "ref/io/picture.h"

/* As scripts/golden/hinting.py draws it. */
static const char *const characters[] = {
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T",
    "U", "V", "W", "X", "Y", "Z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
    "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4", "5", "6", "7",
    "8", "9", "\xC3\x84", "\xC3\xA9", "\xC3\xA7", "\xC3\xB1", "\xC5\x91", "\xC5\xA0", "%", "&", "@",
    "?"};
enum { COUNT = sizeof characters / sizeof *characters, ROWS = (COUNT + 15) / 16 };

static void draw(ts_ctx *ctx, uint8_t *picture, const char *utf8, const ts_fonts *fonts,
                 int64_t size, int64_t x, int64_t y, const ts_picture *like)
{
    ts_text text;
    assert_int_equal(ts_text_set(ctx, &text, utf8, fonts), TS_OK);
    assert_int_equal(ts_text_draw_sharp(ctx, picture, &text, fonts, size, x, y, like->height,
                                        like->width), TS_OK);
    ts_text_free(&text);
}

static void one_font(const char *name)
{
    static const int64_t sizes[] = {9, 12, 16, 20, 23, 24, 31, 50};
    char path[100];
    ts_ctx ctx;
    ts_picture want;
    ts_ctx_open_plain(&ctx);
    snprintf(path, sizeof path, "data/goldens/glyph/hinted_%s.png", name);
    assert_int_equal(ts_picture_read(&ctx, &want, path, TS_GRAY), TS_OK);
    ts_font *font = ts_font_open(&ctx, name);
    assert_non_null(font);
    const ts_fonts fonts = {.font = {font}, .count = 1};
    const size_t n = (size_t)(want.height * want.width);
    uint8_t *got = calloc(n, 1);
    assert_non_null(got);
    int64_t y = 0;
    for (int s = 0; s < 8; s++) {
        const int64_t size = sizes[s], cell = size * 3 / 2 + 4;
        for (int i = 0; i < COUNT; i++)
            draw(&ctx, got, characters[i], &fonts, size, i % 16 * cell + 2, y + i / 16 * cell,
                 &want);
        draw(&ctx, got, "minimum 0123", &fonts, size, 2, y + ROWS * cell, &want);
        y += (ROWS + 1) * cell;
    }
    assert_int_equal(y, want.height);
    for (size_t i = 0; i < n; i++)
        if (got[i] != want.pixels[i])
            fail_msg("%s: pixel (%zu, %zu)", path, i % (size_t)want.width, i / (size_t)want.width);
    free(got);
    ts_font_close(font);
    ts_picture_free(&want);
    ts_ctx_close(&ctx);
}

static void pictures(void **state)
{
    (void)state;
    one_font("DejaVuSans");
    one_font("DejaVuSerif-Bold");
}

static void open_font(ts_ctx *ctx, ts_map *map, ts_sfnt *font, uint8_t **bytes)
{
    assert_int_equal(ts_map_open(ctx, map, "data/fonts/DejaVuSans.ttf"), TS_OK);
    *bytes = malloc((size_t)map->size);
    assert_non_null(*bytes);
    memcpy(*bytes, map->data, (size_t)map->size);
    assert_int_equal(ts_font_guard(ctx, font, "f", *bytes, map->size, 0), TS_OK);
}

/* Where the program of a simple glyph begins. */
static uint8_t *program_in(const ts_sfnt *f, uint8_t *bytes, int64_t glyph)
{
    const uint8_t *loca = f->data + f->loca.offset;
    const int64_t at = f->long_loca ? ts_font_u32(loca + 4 * glyph)
                                    : 2 * ts_font_u16(loca + 2 * glyph);
    uint8_t *p = bytes + f->glyf.offset + at;
    return p + 12 + 2 * ts_font_s16(p);
}

/* A program that fails: the glyph as it was designed, its neighbour still hinted; a compound glyph
 * with the broken part as well. */
static void broken(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_map map;
    ts_sfnt font;
    uint8_t *bytes;
    ts_ctx_open_plain(&ctx);
    open_font(&ctx, &map, &font, &bytes);
    ts_hinter h;
    ts_hinted g;
    const int64_t a = ts_font_map(&font, 'A'), umlaut = ts_font_map(&font, 0xC4);
    assert_int_equal(ts_hinter_open(&ctx, &h, &font, 20), TS_OK);
    assert_true(h.works);
    assert_int_equal(ts_hint_glyph(&ctx, &g, &h, a), TS_OK);
    assert_true(g.hinted);
    assert_int_equal(ts_hint_glyph(&ctx, &g, &h, umlaut), TS_OK);
    assert_true(g.hinted);
    program_in(&font, bytes, a)[0] = 0x4F; /* not an instruction */
    assert_int_equal(ts_hint_glyph(&ctx, &g, &h, a), TS_OK);
    assert_false(g.hinted);
    assert_int_equal(g.advance, 14 * 64);
    assert_int_equal(ts_hint_glyph(&ctx, &g, &h, umlaut), TS_OK);
    assert_false(g.hinted);
    assert_int_equal(ts_hint_glyph(&ctx, &g, &h, ts_font_map(&font, 'B')), TS_OK);
    assert_true(g.hinted);
    free(bytes);
    ts_free(font.usable);
    ts_map_close(&map);
    ts_ctx_close(&ctx);
}

/* Every glyph's program cut or changed at some place: it ends, in bounds (which sanitizers see). */
static void tampered(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_map map;
    ts_sfnt font;
    uint8_t *bytes;
    ts_ctx_open_plain(&ctx);
    open_font(&ctx, &map, &font, &bytes);
    ts_hinter h;
    ts_hinted g;
    assert_int_equal(ts_hinter_open(&ctx, &h, &font, 12), TS_OK);
    uint32_t seed = 7;
    int hinted = 0, all = 0;
    for (int64_t c = 'A'; c <= 'z'; c += 3) {
        const int64_t glyph = ts_font_map(&font, (uint32_t)c);
        uint8_t *p = program_in(&font, bytes, glyph);
        const uint32_t size = ts_font_u16(p - 2);
        for (uint32_t i = 0; i < size; i += 2) {
            const uint8_t was = p[i];
            seed = seed * 1664525u + 1013904223u;
            p[i] = (uint8_t)(seed >> 24);
            const ts_scope scope = ts_scope_open(&ctx);
            assert_int_equal(ts_hint_glyph(&ctx, &g, &h, glyph), TS_OK);
            hinted += g.hinted;
            all++;
            ts_scope_close(&ctx, scope, NULL, 0);
            p[i] = was;
        }
    }
    assert_true(hinted > 0 && hinted < all);
    free(bytes);
    ts_free(font.usable);
    ts_map_close(&map);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    ts_font *font = ts_font_open(ctx, "DejaVuSans");
    ts_hinter h;
    ts_hinted g;
    if (font && !ts_hinter_open(ctx, &h, ts_font_tables(font), 20))
        ts_hint_glyph(ctx, &g, &h, 40);
    ts_font_close(font);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(pictures),
        cmocka_unit_test(broken),
        cmocka_unit_test(tampered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
