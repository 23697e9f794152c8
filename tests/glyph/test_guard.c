/* Broken fonts: cut at every 97th byte, with every byte of the headers changed, with changes all
 * over. Whatever the guard lets through is drawn; run with address and undefined-behaviour
 * sanitizers this is what the guard promises. */
#include "tests/support/glyph.h"

#include <stdlib.h>
#include <string.h>

#include "ref/glyph/font.h"
#include "ref/glyph/guard.h"
#include "ref/io/file.h"

static uint8_t *load(const char *path, int64_t *size)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    char *bytes = ts_file_read(&ctx, path, 64 << 20, size);
    assert_non_null(bytes);
    ts_ctx_close(&ctx);
    return (uint8_t *)bytes;
}

static ts_status guarded(const uint8_t *data, int64_t size, int64_t index, char *message)
{
    ts_ctx ctx;
    ts_sfnt font;
    ts_ctx_open_plain(&ctx);
    const ts_status status = ts_font_guard(&ctx, &font, "f", data, size, index);
    assert_int_equal(status != TS_OK, font.usable == NULL);
    assert_int_equal(status != TS_OK, ctx.message[0] != '\0');
    if (message)
        memcpy(message, ctx.message, TS_MESSAGE);
    ts_free(font.usable);
    ts_ctx_close(&ctx);
    return status;
}

/* Opens the bytes as a font and draws some characters of it; both may fail. */
static bool draw_some(const uint8_t *data, int64_t size)
{
    static uint8_t picture[32 * 32];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_of_bytes(&ctx, "f", data, size, 0);
    const bool opened = font != NULL;
    ts_shape shape = {0};
    if (font && !ts_shape_open(&ctx, &shape, 32, 32))
        for (uint32_t c = 0x20; c < 0x180 && !ctx.status; c++) {
            ts_extent e;
            const int64_t glyph = ts_font_glyph(font, c);
            ts_font_advance(font, glyph, 24);
            ts_font_kerning(font, glyph, glyph, 24);
            ts_font_extent(&ctx, &e, font, glyph, 24);
            ts_font_outline(&ctx, &shape, font, glyph, 24, 2, 26);
            ts_shape_paint(&shape, picture, 0);
        }
    ts_shape_close(&shape);
    ts_font_close(font);
    ts_ctx_close(&ctx);
    return opened;
}

static void sound(void **state)
{
    (void)state;
    static const char *const fonts[] = {"data/fonts/DejaVuSans.ttf",
                                        "data/fonts/DejaVuSerif-Bold.ttf",
                                        "data/fonts/DroidSansFallbackFull.ttf"};
    for (int i = 0; i < 3; i++) {
        int64_t size;
        uint8_t *data = load(fonts[i], &size);
        assert_int_equal(guarded(data, size, 0, NULL), TS_OK);
        assert_true(draw_some(data, size));
        assert_int_equal(guarded(data, size, 1, NULL), TS_ERROR_USAGE);
        ts_free(data);
    }
}

/* The cut copy lies at the end of its own block, so that a sanitizer sees the first byte beyond. */
static void cut(void **state)
{
    (void)state;
    int64_t size;
    uint8_t *data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    for (int64_t n = 0; n < size; n += n < 1000 ? 1 : 97) {
        uint8_t *copy = malloc((size_t)n + 1);
        assert_non_null(copy);
        memcpy(copy + 1, data, (size_t)n);
        if (n < size - 3) /* the last table is padded to four bytes */
            assert_int_equal(guarded(copy + 1, n, 0, NULL), TS_ERROR_FORMAT);
        free(copy);
    }
    ts_free(data);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Where a table begins and how long it is. */
static int64_t table(const uint8_t *data, const char *tag, int64_t *length)
{
    for (int64_t i = 0; i < (int64_t)ts_font_u16(data + 4); i++)
        if (memcmp(data + 12 + 16 * i, tag, 4) == 0) {
            *length = (int64_t)ts_font_u32(data + 12 + 16 * i + 12);
            return (int64_t)ts_font_u32(data + 12 + 16 * i + 8);
        }
    fail();
    return 0;
}

static void corrupted(void **state)
{
    (void)state;
    static const char *const tags[] = {"head", "hhea", "maxp", "cmap",
                                       "loca", "glyf", "hmtx", "kern"};
    int64_t size;
    int opened = 0, refused = 0;
    uint32_t seed = 1;
    uint8_t *data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    uint8_t *copy = malloc((size_t)size);
    assert_non_null(copy);
    for (int round = 0; round < 240; round++) {
        int64_t length = 12 + 16 * (int64_t)ts_font_u16(data + 4), at = 0;
        if (round % 9 < 8)
            at = table(data, tags[round % 9], &length);
        /* the beginning of a table says how long the rest is */
        const int64_t reach = round % 2 && length > 64 ? 64 : length;
        memcpy(copy, data, (size_t)size);
        for (int k = 0; k < 1 + round % 4; k++)
            copy[at + (int64_t)next(&seed) % reach] =
                (uint8_t)(next(&seed) % 3 ? next(&seed) : 255);
        *(draw_some(copy, size) ? &opened : &refused) += 1;
    }
    assert_true(opened > 20 && refused > 20);
    free(copy);
    ts_free(data);
}

/* One planted fault each, and what is said about it. */
static void named(void **state)
{
    (void)state;
    int64_t size, length;
    uint8_t *data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    uint8_t *copy = malloc((size_t)size);
    assert_non_null(copy);
    const struct {
        const char *tag;
        int64_t at;
        uint8_t value[2];
        const char *says;
    } bad[] = {
        {NULL, 0, {'x', 0}, "does not begin like"}, {NULL, 4, {0xFF, 0xFF}, "directory goes"},
        {"head", 18, {0, 1}, "units per em"},       {"head", 50, {0, 2}, "indexToLocFormat"},
        {"maxp", 4, {0, 0}, "no glyphs"},           {"maxp", 4, {0xFF, 0xFF}, "too short"},
        {"hhea", 34, {0, 0}, "hmtx"},               {"cmap", 2, {0xFF, 0xFF}, "cmap"},
        {"cmap", 8, {0x7F, 0xFF}, "cmap"},          {"loca", 4, {0x7F, 0xFF}, "glyph"},
        {"glyf", 0, {0x7F, 0xFF}, "glyph 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[TS_MESSAGE];
        memcpy(copy, data, (size_t)size);
        const int64_t at = bad[i].tag ? table(data, bad[i].tag, &length) : 0;
        memcpy(copy + at + bad[i].at, bad[i].value, 2);
        assert_int_equal(guarded(copy, size, 0, message), TS_ERROR_FORMAT);
        if (!strstr(message, bad[i].says))
            fail_msg("\"%s\" does not say \"%s\"", message, bad[i].says);
    }
    memcpy(copy, data, (size_t)size);
    memcpy(copy, "OTTO", 4);
    assert_int_equal(guarded(copy, size, 0, NULL), TS_ERROR_UNSUPPORTED);
    free(copy);
    ts_free(data);
}

/* A collection of one font: the header, then the font with its offsets moved. */
static void collection(void **state)
{
    (void)state;
    int64_t size;
    uint8_t *data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    uint8_t *file = malloc((size_t)size + 16);
    assert_non_null(file);
    const uint8_t header[16] = {'t', 't', 'c', 'f', 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 16};
    memcpy(file, header, 16);
    memcpy(file + 16, data, (size_t)size);
    for (int64_t i = 0; i < (int64_t)ts_font_u16(data + 4); i++) {
        uint8_t *p = file + 16 + 12 + 16 * i + 8;
        const uint32_t offset = ts_font_u32(p) + 16;
        for (int k = 0; k < 4; k++)
            p[k] = (uint8_t)(offset >> (24 - 8 * k));
    }
    assert_int_equal(guarded(file, size + 16, 0, NULL), TS_OK);
    assert_int_equal(guarded(file, size + 16, 1, NULL), TS_ERROR_USAGE);
    assert_true(draw_some(file, size + 16));
    file[8] = 0x7F;
    assert_int_equal(guarded(file, size + 16, 0, NULL), TS_ERROR_FORMAT);
    file[8] = 0;
    file[12] = 0x7F;
    assert_int_equal(guarded(file, size + 16, 0, NULL), TS_ERROR_FORMAT);
    free(file);
    ts_free(data);
}

/* A compound glyph that is made of itself. */
static void cycle(void **state)
{
    (void)state;
    int64_t size, loca_length, glyf_length;
    uint8_t *data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    const int64_t loca = table(data, "loca", &loca_length);
    const int64_t glyf = table(data, "glyf", &glyf_length);
    const bool wide = loca_length / 4 > (int64_t)ts_font_u16(data + table(data, "maxp", &size) + 4);
    int64_t glyph = 0, at = 0;
    for (;; glyph++) {
        at = glyf + (wide ? (int64_t)ts_font_u32(data + loca + 4 * glyph)
                          : 2 * (int64_t)ts_font_u16(data + loca + 2 * glyph));
        if (ts_font_s16(data + at) < 0)
            break;
    }
    ts_free(data);
    data = load("data/fonts/DejaVuSerif-Bold.ttf", &size);
    data[at + 12] = (uint8_t)(glyph >> 8);
    data[at + 13] = (uint8_t)glyph;
    char message[TS_MESSAGE];
    assert_int_equal(guarded(data, size, 0, message), TS_ERROR_FORMAT);
    assert_non_null(strstr(message, "contains itself"));
    ts_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound),      cmocka_unit_test(cut),   cmocka_unit_test(corrupted),
        cmocka_unit_test(named),      cmocka_unit_test(cycle), cmocka_unit_test(collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
