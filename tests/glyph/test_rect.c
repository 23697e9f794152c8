/* Minimum-area rectangles: the published cases and OpenCV's answers for random polygons. */
#include "tests/support/glyph.h"

#include <math.h>
#include <string.h>

#include "ref/base/mathf.h"

static void near_list(const json_t *want, const float *got, int n)
{
    for (int i = 0; i < n; i++) {
        const double w = json_number_value(json_array_get(want, (size_t)i));
        assert_true(fabs(w - (double)got[i]) <= 1e-4);
    }
}

static void golden(void **state)
{
    (void)state;
    json_t *root = glyph_json("data/goldens/glyph/polygons.json");
    size_t index;
    json_t *row;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_array_foreach(json_object_get(root, "rows"), index, row) {
        ts_point points[8], corner[4];
        const int64_t n = glyph_points(json_object_get(row, "polygon"), points, 8);
        ts_rect rect;
        assert_int_equal(ts_min_area_rect(&ctx, &rect, points, n), TS_OK);
        near_list(json_object_get(row, "center"), &rect.center.x, 2);
        near_list(json_object_get(row, "size"), &rect.width, 2);
        const double angle = json_number_value(json_object_get(row, "angle"));
        assert_true(fabs(angle - (double)rect.angle) <= 1e-4);
        ts_rect_corners(corner, &rect);
        for (size_t k = 0; k < 4; k++) {
            const json_t *want = json_array_get(json_object_get(row, "box"), k);
            assert_int_equal((int64_t)corner[k].x, json_integer_value(json_array_get(want, 0)));
            assert_int_equal((int64_t)corner[k].y, json_integer_value(json_array_get(want, 1)));
        }
    }
    assert_true(index >= 160);
    json_decref(root);
    ts_ctx_close(&ctx);
}

/* Every point is in the rectangle, and no rectangle along another direction is smaller. */
static void least(void **state)
{
    (void)state;
    const ts_point p[] = {{3, 1}, {40, 7}, {52, 31}, {20, 44}, {-6, 22}, {15, 20}};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_rect rect;
    assert_int_equal(ts_min_area_rect(&ctx, &rect, p, 6), TS_OK);
    const double area = (double)rect.width * (double)rect.height;
    for (int degree = 0; degree < 180; degree++) {
        const double a = degree * 3.14159265358979323846 / 180, c = ts_cos(a), s = ts_sin(a);
        double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};
        for (int i = 0; i < 6; i++) {
            const double x = (double)p[i].x, y = (double)p[i].y;
            const double v[2] = {x * c + y * s, y * c - x * s};
            for (int k = 0; k < 2; k++) {
                low[k] = fmin(low[k], v[k]);
                high[k] = fmax(high[k], v[k]);
            }
        }
        assert_true((high[0] - low[0]) * (high[1] - low[1]) >= area * (1 - 1e-5));
    }
    ts_ctx_close(&ctx);
}

static void hull(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_point p[] = {{0, 0}, {4, 0}, {2, 1}, {4, 4}, {0, 4}, {2, 0}, {4, 0}};
    ts_point out[7];
    int64_t n;
    assert_int_equal(ts_convex_hull(&ctx, out, &n, p, 7), TS_OK);
    assert_int_equal(n, 4);
    const ts_point same[] = {{2, 3}, {2, 3}};
    assert_int_equal(ts_convex_hull(&ctx, out, &n, same, 2), TS_OK);
    assert_int_equal(n, 1);
    const ts_point line[] = {{1, 1}, {5, 3}, {3, 2}};
    assert_int_equal(ts_convex_hull(&ctx, out, &n, line, 3), TS_OK);
    assert_int_equal(n, 2);
    assert_true(out[0].x == 5.0f && out[1].x == 1.0f);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    const ts_point bad[] = {{0, 0}, {0, NAN}, {2e6f, 0}, {0, -INFINITY}};
    ts_point out[4];
    ts_rect rect;
    int64_t n;
    for (int i = 0; i < 4; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_min_area_rect(&ctx, &rect, &bad[i], i == 0 ? 0 : 1), TS_ERROR_USAGE);
        ts_ctx_clear(&ctx);
        assert_int_equal(ts_convex_hull(&ctx, out, &n, bad, i == 0 ? 0 : 4), TS_ERROR_USAGE);
        assert_non_null(strstr(ctx.message, i == 0 ? "at least one point" : "point 2"));
        ts_ctx_close(&ctx);
    }
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    const ts_point p[] = {{3, 1}, {40, 7}, {52, 31}};
    ts_rect rect;
    return ts_min_area_rect(ctx, &rect, p, 3);
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults), cmocka_unit_test(golden), cmocka_unit_test(least),
        cmocka_unit_test(hull),   cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
