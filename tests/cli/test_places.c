#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/places.h"

#include "ref/io/picture.h"
#include "tests/support/files.h"

#include <string.h>

static ts_ctx ctx;

/* The words of a command line, read. */
static void words(ts_options *o, int argc, const char *const *argv)
{
    static const ts_option known[] = {TS_PLACES_OPTIONS, {0}};
    static char *copy[16];
    for (int i = 0; i < argc; i++)
        memcpy(&copy[i], &argv[i], sizeof copy[i]);
    assert_int_equal(ts_options_parse(&ctx, o, known, argc, copy), TS_OK);
}

static ts_status read_places(ts_places *p, int argc, const char *const *argv, int64_t height,
                             int64_t width)
{
    ts_options o;
    words(&o, argc, argv);
    const ts_status status = ts_places_read(&ctx, p, &o, height, width);
    ts_options_free(&o);
    return status;
}

static const char *paint(const char *name, int64_t width, int64_t height, const int *pixels,
                         int count)
{
    ts_picture m;
    const char *path = files_path(name);
    assert_int_equal(ts_picture_new(&ctx, &m, width, height, TS_GRAY), TS_OK);
    for (int i = 0; i < count; i++)
        m.pixels[pixels[i]] = 255;
    assert_int_equal(ts_picture_write(&ctx, path, &m, NULL, 0), TS_OK);
    ts_picture_free(&m);
    return path;
}

/* Polygons and patches of masks, in the order of the command line. */
static void keeps_the_order(void **state)
{
    (void)state;
    ts_places p;
    const int two[] = {3, 30 * 20 + 7, 30 * 20 + 8};
    const char *const argv[] = {"--polygon", " 1,2 5.5,2 5,9;1,9 ", "--mask",
                                paint("two.png", 30, 24, two, 3), "--polygon=0,0 3,0 3,3"};
    assert_int_equal(read_places(&p, 5, argv, 24, 30), TS_OK);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.regions[0].count, 4);
    assert_true(p.regions[0].drawn && p.regions[3].drawn);
    assert_float_equal(p.regions[0].points[1].x, 5.5, 0);
    assert_float_equal(p.regions[0].points[3].y, 9, 0);
    assert_false(p.regions[1].drawn || p.regions[2].drawn);
    assert_float_equal(p.regions[1].points[0].x, 3, 0);
    assert_int_equal(p.regions[2].count, 2);
    assert_int_equal(ts_places_points(&p), 4 + 1 + 2 + 3);
    ts_places_free(&p);
}

/* The only white pixel of a mask is not lost when the picture is made smaller, and at the mask's
 * own size the mask is itself. */
static void loses_nothing(void **state)
{
    (void)state;
    ts_places p;
    uint8_t mask[40 * 40];
    for (int at = 0; at < 30 * 24; at += 37) {
        const char *const argv[] = {"--mask", paint("one.png", 30, 24, &at, 1)};
        assert_int_equal(read_places(&p, 2, argv, 24, 30), TS_OK);
        assert_int_equal(ts_places_mask(&ctx, mask, &p, 16, 16), TS_OK);
        assert_non_null(memchr(mask, 255, 16 * 16));
        assert_int_equal(ts_places_mask(&ctx, mask, &p, 24, 30), TS_OK);
        for (int i = 0; i < 30 * 24; i++)
            assert_int_equal(mask[i], i == at ? 255 : 0);
        ts_places_free(&p);
    }
}

/* A polygon at twice the size: pixel centres stay centres. */
static void scales(void **state)
{
    (void)state;
    ts_places p;
    ts_polygon to[1];
    ts_point points[3];
    uint8_t mask[20 * 16];
    const char *const argv[] = {"--polygon", "0,0 4,0 4,7"};
    assert_int_equal(read_places(&p, 2, argv, 8, 10), TS_OK);
    ts_places_scaled(to, points, &p, 16, 20);
    assert_int_equal(to[0].count, 3);
    assert_float_equal(to[0].points[0].x, 0.5, 0);
    assert_float_equal(to[0].points[2].x, 8.5, 0);
    assert_float_equal(to[0].points[2].y, 14.5, 0);
    ts_places_scaled(to, points, &p, 8, 10);
    assert_float_equal(to[0].points[2].y, 7, 0);
    assert_int_equal(ts_places_mask(&ctx, mask, &p, 16, 20), TS_OK);
    assert_int_equal(mask[2 * 20 + 7], 255);
    assert_int_equal(mask[15 * 20 + 19], 0);
    ts_places_free(&p);
}

static void refused(const char *option, const char *value, const char *sentence)
{
    ts_places p;
    const char *const argv[] = {option, value};
    assert_int_not_equal(read_places(&p, option ? 2 : 0, argv, 24, 30), TS_OK);
    ts_places_free(&p);
    files_failed(&ctx, TS_ERROR_USAGE, sentence);
}

static void refuses(void **state)
{
    (void)state;
    refused(NULL, NULL, "where does the text go? --mask FILE or --polygon");
    refused("--polygon", "1,1 2,2", "--polygon \"1,1 2,2\": 2 corners, at least 3");
    refused("--polygon", "1,1 2,2 3", "expected \"x,y x,y x,y ...\" at \"3\"");
    refused("--polygon", "1,1 2,2 3, 4", "at \"");
    refused("--polygon", "1,1 2,2 3,4,5", "at \"");
    refused("--polygon", "1,1 2,2 3,nan", "");
    refused("--polygon", "", "0 corners");
    refused("--polygon", "40,40 50,40 50,50", "outside of the picture of 30 x 24 pixels");
    refused("--mask", paint("none.png", 30, 24, NULL, 0), "none.png: the mask is empty");
    refused("--mask", paint("other.png", 24, 30, NULL, 0),
            "other.png: a mask of 24 x 30 for a picture of 30 x 24 pixels");
}

static void tells_a_size(void **state)
{
    (void)state;
    ts_options o;
    int64_t height = 0, width = 0;
    const char *const argv[] = {"--mask", paint("size.png", 11, 7, NULL, 0)};
    words(&o, 2, argv);
    assert_true(ts_places_size(&ctx, &o, &height, &width));
    assert_int_equal(height, 7);
    assert_int_equal(width, 11);
    ts_options_free(&o);
    words(&o, 0, argv);
    assert_false(ts_places_size(&ctx, &o, &height, &width));
    assert_int_equal(ctx.status, TS_OK);
    ts_options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order), cmocka_unit_test(loses_nothing),
        cmocka_unit_test(scales),          cmocka_unit_test(refuses),
        cmocka_unit_test(tells_a_size),
    };
    ts_ctx_open_plain(&ctx);
    const int failed = cmocka_run_group_tests(tests, files_setup, files_teardown);
    ts_ctx_close(&ctx);
    return failed;
}
