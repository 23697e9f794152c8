/* Position masks. (The golden masks are compared in test_modules.c.) */
#include "tests/support/glyph.h"

#include <string.h>

static const ts_point square[] = {{5, 5}, {30, 5}, {30, 30}, {5, 30}};

static int64_t area(const uint8_t *mask, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += mask[i];
    return sum;
}

static void changes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    uint8_t mask[40 * 50];
    const int64_t side[] = {26, 28, 24, 30, 22};
    for (int c = TS_MASK_KEEP; c <= TS_MASK_ERODE2; c++) {
        assert_int_equal(ts_position_mask(&ctx, mask, (ts_polygon){square, 4}, (ts_mask_change)c,
                                          40, 50), TS_OK);
        assert_int_equal(area(mask, sizeof mask), 255 * side[c] * side[c]);
    }
    /* a side of 19: no erosion, and the chain of choices falls through */
    const ts_point low[] = {{5, 5}, {30, 5}, {30, 24}, {5, 24}};
    const int64_t want[] = {26 * 20, 28 * 22, 30 * 24, 30 * 24, 26 * 20};
    for (int c = TS_MASK_KEEP; c <= TS_MASK_ERODE2; c++) {
        assert_int_equal(ts_position_mask(&ctx, mask, (ts_polygon){low, 4}, (ts_mask_change)c, 40,
                                          50), TS_OK);
        assert_int_equal(area(mask, sizeof mask), 255 * want[c]);
    }
    ts_ctx_close(&ctx);
}

/* At the picture's border nothing comes in from outside, for dilation as for erosion. */
static void borders(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const uint8_t corner[9] = {1, 0, 0, 0, 0, 0, 0, 0, 0}, grown[9] = {1, 1, 0, 1, 1, 0, 0, 0, 0};
    uint8_t out[9], full[9];
    assert_int_equal(ts_dilate(&ctx, out, corner, 1, 3, 3), TS_OK);
    assert_memory_equal(out, grown, 9);
    assert_int_equal(ts_erode(&ctx, out, out, 1, 3, 3), TS_OK);
    assert_memory_equal(out, corner, 9);
    memset(full, 1, 9);
    assert_int_equal(ts_erode(&ctx, out, full, 5, 3, 3), TS_OK);
    assert_memory_equal(out, full, 9);
    assert_int_equal(ts_dilate(&ctx, out, corner, 0, 3, 3), TS_OK);
    assert_memory_equal(out, corner, 9);
    ts_ctx_close(&ctx);
}

static void numbers(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_point a[] = {{0, 0}, {2, 0}}, b[] = {{1, 0}, {4, 0}};
    const ts_polygon lines[] = {{a, 2}, {b, 2}};
    uint8_t out[6];
    const uint8_t want[6] = {1, 1, 1, 2, 2, 0};
    assert_int_equal(ts_line_numbers(&ctx, out, lines, 2, 1, 6), TS_OK);
    assert_memory_equal(out, want, 6);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    uint8_t mask[9];
    const ts_polygon none = {square, 0}, good = {square, 4};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_position_mask(&ctx, mask, none, TS_MASK_KEEP, 3, 3), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_position_mask(&ctx, mask, good, TS_MASK_KEEP, 0, 3), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_line_numbers(&ctx, mask, &good, 256, 3, 3), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_line_numbers(&ctx, mask, &none, 1, 3, 3), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_line_numbers(&ctx, mask, &good, 1, 3, -1), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_dilate(&ctx, mask, mask, 1, 0, 1), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_erode(&ctx, mask, mask, 1, INT64_MAX, 3), TS_ERROR_USAGE);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    uint8_t mask[40 * 50];
    return ts_position_mask(ctx, mask, (ts_polygon){square, 4}, TS_MASK_KEEP, 40, 50);
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),  cmocka_unit_test(changes), cmocka_unit_test(borders),
        cmocka_unit_test(numbers), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
