/* Mask pictures taken apart into regions. */
#include "tests/support/glyph.h"

#include <stdlib.h>
#include <string.h>

/* '#': 255, '+': 128 (just set), '-': 127 (just not set). */
static void draw(uint8_t *mask, const char *const *rows, int64_t height, int64_t width)
{
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            const char c = rows[y][x];
            mask[y * width + x] = c == '#' ? 255 : c == '+' ? 128 : c == '-' ? 127 : 0;
        }
}

static void order(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "..........#.", /* region 0 begins highest */
        "##.......#..", /* 1 is left in this row; 0 goes on by a corner */
        "##...+...#..", /* 2: a single pixel */
        ".-........#.", /* 127 is not set */
        "...###......", /* 3, a ring */
        "...#.#......",
        "#..###......", /* 4 */
    };
    const int64_t pixels[] = {4, 4, 1, 8, 1}, corners[] = {4, 4, 1, 4, 1};
    uint8_t mask[7 * 12];
    draw(mask, rows, 7, 12);
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_regions r;
    assert_int_equal(ts_regions_of_mask(&ctx, &r, mask, 7, 12), TS_OK);
    assert_int_equal(r.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(r.pixels[i], pixels[i]);
        assert_int_equal(r.polygons[i].count, corners[i]);
    }
    assert_true(r.polygons[2].points[0].x == 5.0f && r.polygons[2].points[0].y == 2.0f);
    ts_rect rect;
    assert_int_equal(ts_min_area_rect(&ctx, &rect, r.polygons[3].points, 4), TS_OK);
    assert_true(rect.center.x == 4.0f && rect.center.y == 5.0f && rect.width == 2.0f);
    ts_regions_free(&r);
    ts_ctx_close(&ctx);
}

/* A spiral goes up again after it went down: still one region, whose rows are all known. */
static void spiral(void **state)
{
    (void)state;
    static const char *const rows[] = {"#.###", "#.#.#", "#.#.#", "###.#", "....#"};
    uint8_t mask[25];
    draw(mask, rows, 5, 5);
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_regions r;
    assert_int_equal(ts_regions_of_mask(&ctx, &r, mask, 5, 5), TS_OK);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.pixels[0], 15);
    ts_regions_free(&r);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_regions r;
    uint8_t empty[4] = {127, 0, 0, 0};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_regions_of_mask(&ctx, &r, empty, 2, 2), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "empty"));
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_regions_of_mask(&ctx, &r, empty, 0, 2), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_regions_of_mask(&ctx, &r, empty, INT64_MAX / 2, 4), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    /* a chequered field without corners that touch: more regions than anybody means */
    const int64_t side = 140;
    uint8_t *dots = calloc((size_t)(side * side), 1);
    assert_non_null(dots);
    for (int64_t y = 0; y < side; y += 2)
        for (int64_t x = 0; x < side; x += 2)
            dots[y * side + x] = 255;
    assert_int_equal(ts_regions_of_mask(&ctx, &r, dots, side, side), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "4096"));
    assert_null(r.points);
    free(dots);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    const uint8_t mask[4] = {255, 0, 0, 255};
    ts_regions r;
    const ts_status status = ts_regions_of_mask(ctx, &r, mask, 2, 2);
    ts_regions_free(&r);
    return status;
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
        cmocka_unit_test(order),
        cmocka_unit_test(spiral),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
