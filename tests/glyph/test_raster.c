/* Coverage: areas that are known exactly. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/raster.h"

static void outline(ts_shape *s, const double (*p)[2], int n)
{
    for (int i = 0; i < n; i++) {
        const double *a = p[i], *b = p[(i + 1) % n];
        ts_shape_line(s, a[0], a[1], b[0], b[1]);
    }
}

static void covers(const double (*p)[2], int n, const uint8_t *want, int64_t height, int64_t width)
{
    uint8_t picture[64] = {0};
    ts_ctx ctx;
    ts_shape s;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_shape_open(&ctx, &s, height, width), TS_OK);
    outline(&s, p, n);
    ts_shape_paint(&s, picture, 0);
    assert_memory_equal(picture, want, (size_t)(height * width));
    /* painting has emptied the shape */
    ts_shape_paint(&s, picture, 0);
    assert_memory_equal(picture, want, (size_t)(height * width));
    ts_shape_close(&s);
    ts_ctx_close(&ctx);
}

static void areas(void **state)
{
    (void)state;
    const double box[][2] = {{0.5, 1}, {3, 1}, {3, 2.25}, {0.5, 2.25}};
    const uint8_t boxed[] = {0, 0, 0, 0, 128, 255, 255, 0, 32, 64, 64, 0};
    covers(box, 4, boxed, 3, 4);
    const double back[][2] = {{0.5, 2.25}, {3, 2.25}, {3, 1}, {0.5, 1}};
    covers(back, 4, boxed, 3, 4);
    const double half[][2] = {{0, 0}, {2, 2}, {0, 2}};
    const uint8_t halved[] = {128, 0, 255, 128};
    covers(half, 3, halved, 2, 2);
    const double flat[][2] = {{0, 0}, {4, 1}, {0, 1}};
    const uint8_t sloped[] = {223, 159, 96, 32};
    covers(flat, 3, sloped, 1, 4);
}

/* What is outside: to the left it covers what is right of it, elsewhere nothing. */
static void outside(void **state)
{
    (void)state;
    const double wide[][2] = {{-5, -5}, {2, -5}, {2, 7}, {-5, 7}};
    const uint8_t left[] = {255, 255, 0, 255, 255, 0};
    covers(wide, 4, left, 2, 3);
    const double right[][2] = {{4, 0}, {9, 0}, {9, 2}, {4, 2}};
    const uint8_t none[6] = {0};
    covers(right, 4, none, 2, 3);
    const double all[][2] = {{-1e6, -1e6}, {1e6, -1e6}, {1e6, 1e6}, {-1e6, 1e6}};
    const uint8_t every[] = {255, 255, 255, 255, 255, 255};
    covers(all, 4, every, 2, 3);
}

/* A disc of four curves: its area is known, and the sharp picture is black and white. */
static void curves(void **state)
{
    (void)state;
    uint8_t picture[40 * 40] = {0}, sharp[40 * 40] = {0};
    const double m = 20, r = 16;
    ts_ctx ctx;
    ts_shape s;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_shape_open(&ctx, &s, 40, 40), TS_OK);
    for (int twice = 0; twice < 2; twice++) {
        for (int i = 0; i < 4; i++) {
            const double dx[] = {1, 0, -1, 0, 1}, dy[] = {0, 1, 0, -1, 0};
            const double x[] = {m + r * dx[i], m + r * (dx[i] + dx[i + 1]), m + r * dx[i + 1]};
            const double y[] = {m + r * dy[i], m + r * (dy[i] + dy[i + 1]), m + r * dy[i + 1]};
            ts_shape_curve(&s, x, y);
        }
        ts_shape_paint(&s, twice ? sharp : picture, twice);
    }
    /* four parabolas: 4 (1/2 + 1/3) r^2 */
    double sum = 0, count = 0;
    for (int i = 0; i < 1600; i++) {
        sum += picture[i];
        count += sharp[i] == 255;
        assert_true(sharp[i] == 0 || sharp[i] == 255);
    }
    assert_true(sum / 255 > 848 && sum / 255 < 856);
    assert_true(count > 840 && count < 864);
    ts_shape_close(&s);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    const int64_t bad[][2] = {{0, 1}, {1, 0}, {INT64_MAX, 2}, {-1, 1}};
    for (int i = 0; i < 4; i++) {
        ts_ctx ctx;
        ts_shape s;
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_shape_open(&ctx, &s, bad[i][0], bad[i][1]), TS_ERROR_USAGE);
        assert_null(s.area);
        ts_ctx_close(&ctx);
    }
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    ts_shape s;
    ts_shape_open(ctx, &s, 2, 2);
    ts_shape_close(&s);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_int_equal(glyph_faults(once, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults), cmocka_unit_test(areas),  cmocka_unit_test(outside),
        cmocka_unit_test(curves), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
