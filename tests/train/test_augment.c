#include "tests/support/files.h"

#include "ref/io/safetensors.h"
#include "ref/train/augment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const ts_augment cases[] = {
    {12, 10, 0.3, 0, true, 0.4, 0.4, 0.4, 0.1, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}},
    {24, 31, 0, 3, true, 0, 0.2, 0.5, 0.1, {0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}},
    {40, 48, 0.08, 0, false, 0, 0, 0, 0, {0, 0, 0}, {1, 1, 1}},
    {24, 31, 0, 0, true, 0.9, 0, 0.9, 0.5, {0, 0, 0}, {1, 1, 1}},
};
static const ts_draw_key keys[] = {{7, 0, 0}, {7, 3, 1234567}, {(UINT64_C(1) << 63) + 5, 90, 3}};

static ts_tensor get(const ts_safetensors *f, int c, int k, const char *what)
{
    char name[64];
    if (k < 0)
        snprintf(name, sizeof name, "%d.%s", c, what);
    else
        snprintf(name, sizeof name, "%d.%d.%s", c, k, what);
    const ts_tensor t = ts_safetensors_get(f, name);
    if (!t.data)
        fail_msg("no %s", name);
    return t;
}

/* NumPy's and Pillow's results: the same pixels, colours to the rounding of floats. */
static void goldens(void **state)
{
    (void)state;
    static float out[3 * 48 * 48];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *f = ts_safetensors_open(&ctx, "data/goldens/train/augment.safetensors");
    assert_non_null(f);
    for (int c = 0; c < 4; c++)
        for (int k = 0; k < 3; k++) {
            const ts_tensor from = get(f, c, -1, "picture"), wanted = get(f, c, k, "result");
            const int64_t *rectangle = get(f, c, k, "rectangle").data;
            ts_picture p = {from.size[1], from.size[0], (int)from.size[2], from.data};
            assert_int_equal(ts_augment_train(&ctx, out, &p, cases + c, keys[k]), TS_OK);
            for (int64_t i = 0; i < ts_numel(wanted); i++)
                if (fabsf(out[i] - ((float *)wanted.data)[i]) > 4e-6f)
                    fail_msg("case %d, key %d, element %d: %.9g, not %.9g", c, k, (int)i,
                             (double)out[i], (double)((float *)wanted.data)[i]);
            if (cases[c].min_area > 0) {
                const ts_crop r = ts_random_crop(p.height, p.width, cases[c].min_area, keys[k]);
                assert_true(r.top == rectangle[0] && r.left == rectangle[1] &&
                            r.height == rectangle[2] && r.width == rectangle[3]);
            }
        }
    ts_safetensors_close(f);
    ts_ctx_close(&ctx);
}

/* The middle: a picture of 8 x 6 to 4 x 4 is its middle 6 x 6, resized; then nothing random. */
static void middle(void **state)
{
    (void)state;
    static const ts_augment how = {.height = 4, .width = 4, .deviation = {1}, .flip = true};
    uint8_t pixels[48];
    float out[16], again[16];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 48; i++)
        pixels[i] = (uint8_t)(i % 8 == 0 || i % 8 == 7 ? 255 : i % 8 * 20);
    ts_picture p = {8, 6, 1, pixels};
    assert_int_equal(ts_augment_test(&ctx, out, &p, &how, 1), TS_OK);
    assert_int_equal(ts_augment_test(&ctx, again, &p, &how, 1), TS_OK);
    assert_memory_equal(out, again, sizeof out);
    for (int i = 0; i < 16; i++)
        assert_true(out[i] < 0.6f); /* none of the white margin */
    assert_true(out[0] < out[1] && out[1] < out[2] && out[2] < out[3]);
    assert_int_equal(ts_augment_test(&ctx, out, &p, &how, 0.5), TS_OK);
    assert_int_equal(ts_augment_test(&ctx, out, &p, &how, 0), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "augmentation: the middle 0 of a picture");
    ts_ctx_close(&ctx);
}

/* A crop is inside the picture and as large as asked for, whatever the picture's shape. */
static void crops(void **state)
{
    (void)state;
    double most = 0, least = 1;
    for (int i = 0; i < 2000; i++) {
        const int64_t h = 1 + i % 50, w = 1 + i % 37 * 9;
        const ts_crop c = ts_random_crop(h, w, 0.08, (ts_draw_key){1, 2, i});
        assert_true(c.top >= 0 && c.left >= 0 && c.height >= 1 && c.width >= 1);
        assert_true(c.top + c.height <= h && c.left + c.width <= w);
        const ts_crop square = ts_random_crop(100, 100, 0.08, (ts_draw_key){1, 2, i});
        const double part = (double)(square.height * square.width) / 1e4;
        most = part > most ? part : most;
        least = part < least ? part : least;
    }
    assert_true(least > 0.07 && least < 0.1 && most > 0.9);
}

static void refuses(void **state)
{
    (void)state;
    uint8_t pixel[3] = {0};
    float out[3];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_picture p = {1, 1, 3, pixel};
    ts_augment how = {.height = 0, .width = 1, .deviation = {1, 1, 1}};
    assert_int_equal(ts_augment_train(&ctx, out, &p, &how, keys[0]), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "augmentation to 1 x 0, crops from 0, border 0");
    how.height = 1;
    how.deviation[2] = 0;
    assert_int_equal(ts_augment_train(&ctx, out, &p, &how, keys[0]), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "augmentation: deviation 0 of channel 2");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(middle),
        cmocka_unit_test(crops),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
