/* Filled polygons: every pixel as OpenCV fills it. */
#include "tests/support/glyph.h"

#include <stdlib.h>
#include <string.h>

#include "ref/glyph/fill.h"

static void golden(void **state)
{
    (void)state;
    json_t *root = glyph_json("data/goldens/glyph/polygons.json");
    size_t index;
    json_t *row;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_array_foreach(json_object_get(root, "rows"), index, row) {
        ts_point points[8];
        const int64_t n = glyph_points(json_object_get(row, "polygon"), points, 8);
        const int64_t height = json_integer_value(json_object_get(row, "height"));
        const int64_t width = json_integer_value(json_object_get(row, "width"));
        uint8_t mask[40 * 40 + 1];
        memset(mask, '.', sizeof mask);
        assert_int_equal(ts_fill_polygon(&ctx, mask, points, n, '#', height, width), TS_OK);
        for (int64_t y = 0; y < height; y++) {
            const char *want = json_string_value(
                json_array_get(json_object_get(row, "fill"), (size_t)y));
            assert_memory_equal(want, mask + y * width, (size_t)width);
        }
        assert_int_equal(mask[height * width], '.'); /* nothing behind the end */
    }
    assert_true(index >= 160);
    json_decref(root);
    ts_ctx_close(&ctx);
}

/* Far outside, and huge: nothing, or everything, is set. */
static void extremes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    uint8_t mask[12] = {0};
    const ts_point away[] = {{1e6f, 1e6f}, {1e6f, 9e5f}, {9e5f, 1e6f}};
    assert_int_equal(ts_fill_polygon(&ctx, mask, away, 3, 1, 3, 4), TS_OK);
    for (int i = 0; i < 12; i++)
        assert_int_equal(mask[i], 0);
    const ts_point all[] = {{-1e6f, -1e6f}, {1e6f, -1e6f}, {1e6f, 1e6f}, {-1e6f, 1e6f}};
    assert_int_equal(ts_fill_polygon(&ctx, mask, all, 4, 1, 3, 4), TS_OK);
    for (int i = 0; i < 12; i++)
        assert_int_equal(mask[i], 1);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    uint8_t mask[4];
    const ts_point p = {0, 0}, beyond = {3e6f, 0};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_fill_polygon(&ctx, mask, &p, 0, 1, 2, 2), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_fill_polygon(&ctx, mask, &p, 1, 1, 0, 2), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_fill_polygon(&ctx, mask, &beyond, 1, 1, 2, 2), TS_ERROR_USAGE);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    uint8_t mask[4];
    const ts_point p = {0, 0};
    return ts_fill_polygon(ctx, mask, &p, 1, 1, 2, 2);
}

static void faults(void **state)
{
    (void)state;
    assert_int_equal(glyph_faults(once, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(golden),
        cmocka_unit_test(extremes),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
