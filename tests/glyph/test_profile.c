/* Crossings of outlines with the middles of rows. */
#include "tests/support/hint.h"

#include <string.h>

#include "ref/glyph/profile.h"

static const ts_hint_point tent[3] = {{0, 0}, {128, 256}, {256, 0}};

static ts_hinted hinted(uint8_t *flags, int32_t *end, int8_t *scan, ts_hint_point *p, int64_t size)
{
    memcpy(p, tent, sizeof tent);
    *end = 2;
    *scan = 5;
    memset(flags, TS_ON_CURVE, 3);
    return (ts_hinted){.point = p, .flags = flags, .ends = end, .scan = scan, .points = 3,
                       .contours = 1, .size = size};
}

/* Up along x = y / 2, down along x = 256 - y / 2; at 12 pixels in 1/4096, else in 1/64, from the
 * middle of the first pixel. */
static void lines(void **state)
{
    (void)state;
    for (int64_t size = 12; size <= 48; size += 36) {
        uint8_t flags[3];
        int32_t end;
        int8_t scan;
        ts_hint_point p[3];
        ts_profiles a;
        const ts_hinted g = hinted(flags, &end, &scan, p, size);
        assert_true(ts_profiles_of(&a, &g, 0, 0, false, 4));
        assert_int_equal(a.count, 2);
        const int32_t scale = size < 24 ? 64 : 1;
        for (int k = 0; k < 2; k++) {
            const ts_profile *f = &a.profile[k];
            assert_int_equal(f->up, k == 0);
            assert_int_equal(f->start, 0);
            assert_int_equal(f->height, 4);
            assert_int_equal(f->next, 1 - k);
            assert_int_equal(f->scan, 5);
            assert_true(f->over_top);
            for (int row = 0; row < 4; row++) {
                const int32_t half = 16 + 32 * row;
                const int32_t x = k == 0 ? half : 256 - half;
                assert_int_equal(a.cross[f->at + row], (x - 32) * scale);
            }
        }
        ts_profiles_free(&a);
    }
}

/* The tip off the curve: a parabola whose top is at 128, between the rows 1 and 2. */
static void curve(void **state)
{
    (void)state;
    uint8_t flags[3];
    int32_t end;
    int8_t scan;
    ts_hint_point p[3];
    ts_profiles a;
    const ts_hinted g = hinted(flags, &end, &scan, p, 12);
    flags[1] = 0;
    assert_true(ts_profiles_of(&a, &g, 0, 0, false, 4));
    assert_int_equal(a.count, 2);
    assert_int_equal(a.profile[0].height, 2);
    /* y = 512 t (1 - t), x = 256 t: at y = 96 t = 1/4, x = 64 */
    const int32_t x = a.cross[a.profile[0].at + 1] + 2048;
    assert_true(x > 64 * 64 - 40 && x < 64 * 64 + 40);
    ts_profiles_free(&a);
    /* turned, it is a stretch up to 256 and nothing else but the base */
    assert_true(ts_profiles_of(&a, &g, 0, 0, true, 4));
    assert_int_equal(a.count, 2);
    assert_int_equal(a.profile[0].height, 4);
    ts_profiles_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
