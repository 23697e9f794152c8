/* Glyph pictures and masks for an edit. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/picture.h"

enum { HEIGHT = 96, WIDTH = 160 };

static const ts_point upper[] = {{10, 8}, {150, 8}, {150, 40}, {10, 40}};
static const ts_point lower[] = {{20, 60}, {140, 50}, {142, 80}, {22, 90}};
static const ts_polygon regions[] = {{upper, 4}, {lower, 4}};

static int64_t count(const uint8_t *picture, int64_t from, int64_t to, uint8_t value)
{
    int64_t n = 0;
    for (int64_t i = from; i < to; i++)
        n += picture[i] == value;
    return n;
}

/* Two texts, Latin and Chinese, from two fonts: each lies inside of its own region's mask. */
static void two_texts(void **state)
{
    (void)state;
    static uint8_t glyph[HEIGHT * WIDTH], white[HEIGHT * WIDTH], mask[HEIGHT * WIDTH];
    const char *texts[] = {"SALE", "\xe4\xbd\xa0\xe5\xa5\xbd 5"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *latin = ts_font_open(&ctx, "DejaVuSans");
    ts_font *han = ts_font_open(&ctx, "data/fonts/DroidSansFallbackFull.ttf");
    assert_non_null(latin);
    assert_non_null(han);
    const ts_fonts fonts = {.font = {latin, han}, .count = 2};
    ts_glyph_job job = {.fonts = &fonts, .regions = regions, .region_count = 2, .texts = texts,
                        .text_count = 2};
    int64_t cut = -1;
    if (ts_glyph_picture(&ctx, glyph, &cut, &job, HEIGHT, WIDTH) ||
        ts_regions_mask(&ctx, mask, regions, 2, HEIGHT, WIDTH))
        fail_msg("%s", ctx.message);
    assert_int_equal(cut, 0);
    const int64_t middle = 45 * WIDTH, all = HEIGHT * WIDTH;
    assert_true(count(glyph, 0, middle, 255) > 300);
    assert_true(count(glyph, middle, all, 255) > 200);
    assert_int_equal(count(glyph, 0, all, 255) + count(glyph, 0, all, 0), all);
    for (int64_t i = 0; i < all; i++)
        assert_true(glyph[i] <= mask[i]);
    job.black_on_white = true;
    assert_int_equal(ts_glyph_picture(&ctx, white, NULL, &job, HEIGHT, WIDTH), TS_OK);
    for (int64_t i = 0; i < all; i++)
        assert_int_equal(white[i], 255 - glyph[i]);
    ts_font_close(latin);
    ts_font_close(han);
    ts_ctx_close(&ctx);
}

static void cutting(void **state)
{
    (void)state;
    static uint8_t a[HEIGHT * WIDTH], b[HEIGHT * WIDTH];
    const char *longer[] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, *shorter[] = {"ABCDEFGHIJKLMNOPQRST"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSans");
    const ts_fonts fonts = {.font = {font}, .count = 1};
    ts_glyph_job job = {.fonts = &fonts, .regions = regions, .region_count = 1, .texts = longer,
                        .text_count = 1};
    int64_t cut;
    assert_int_equal(ts_glyph_picture(&ctx, a, &cut, &job, HEIGHT, WIDTH), TS_OK);
    assert_int_equal(cut, 6);
    job.texts = shorter;
    assert_int_equal(ts_glyph_picture(&ctx, b, &cut, &job, HEIGHT, WIDTH), TS_OK);
    assert_int_equal(cut, 0);
    assert_memory_equal(a, b, sizeof a);
    job.texts = longer;
    job.max_characters = -1;
    assert_int_equal(ts_glyph_picture(&ctx, b, &cut, &job, HEIGHT, WIDTH), TS_OK);
    assert_int_equal(cut, 0);
    assert_memory_not_equal(a, b, sizeof a);
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static uint8_t glyph[HEIGHT * WIDTH];
    const char *texts[] = {"ok", "\xe4\xbd\xa0"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_font *font = ts_font_open(&ctx, "DejaVuSans");
    const ts_fonts fonts = {.font = {font}, .count = 1}, none = {.count = 0};
    const ts_glyph_job good = {.fonts = &fonts, .regions = regions, .region_count = 2,
                               .texts = texts, .text_count = 2};
    ts_glyph_job bad[5] = {good, good, good, good, good};
    bad[0].text_count = 1;
    bad[1].text_count = bad[1].region_count = 0;
    bad[2].max_lines = 1;
    bad[3].fonts = &none;
    const char *says[] = {"1 text for 2 regions", "no text", "at most 1", "no font",
                          "text 2: no font has the character U+4F60"};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ts_glyph_picture(&ctx, glyph, NULL, &bad[i], HEIGHT, WIDTH),
                         TS_ERROR_USAGE);
        assert_non_null(strstr(ctx.message, says[i]));
        ts_ctx_clear(&ctx);
    }
    assert_int_equal(ts_glyph_picture(&ctx, glyph, NULL, &good, INT64_MAX, 7), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_regions_mask(&ctx, glyph, regions, 2, 0, WIDTH), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    const ts_polygon empty = {upper, 0};
    assert_int_equal(ts_regions_mask(&ctx, glyph, &empty, 1, HEIGHT, WIDTH), TS_ERROR_USAGE);
    ts_font_close(font);
    ts_ctx_close(&ctx);
}

static void channels(void **state)
{
    (void)state;
    const uint8_t gray[2] = {3, 200}, want[6] = {3, 3, 3, 200, 200, 200};
    uint8_t rgb[6];
    ts_three_channels(rgb, gray, 2);
    assert_memory_equal(rgb, want, 6);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    static uint8_t glyph[HEIGHT * WIDTH];
    const char *texts[] = {"A", "b"};
    ts_font *font = ts_font_open(ctx, "DejaVuSerif-Bold");
    const ts_fonts fonts = {.font = {font}, .count = 1};
    const ts_glyph_job job = {.fonts = &fonts, .regions = regions, .region_count = 2,
                              .texts = texts, .text_count = 2};
    if (font)
        ts_glyph_picture(ctx, glyph, NULL, &job, HEIGHT, WIDTH);
    ts_font_close(font);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) > 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),  cmocka_unit_test(two_texts), cmocka_unit_test(cutting),
        cmocka_unit_test(errors),  cmocka_unit_test(channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
