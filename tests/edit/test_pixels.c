#include "tests/support/files.h"
#include "tests/support/golden.h"

#include "ref/edit/pixels.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/edit/preprocess.safetensors");
}

/* There and back again: every byte. The float32 mapping and the one in double differ somewhere. */
static void every_byte(void **state)
{
    (void)state;
    static const ts_dtype storages[] = {TS_F32, TS_F64};
    uint8_t in[256], out[256];
    for (int i = 0; i < 256; i++)
        in[i] = (uint8_t)i;
    for (int s = 0; s < 2; s++) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, &ts_table_plain, storages[s], 1);
        const ts_pixels p = {in, 16, 16, 1};
        const ts_tensor x = ts_pixels_signed(&ctx, p, false), y = ts_pixels_signed(&ctx, p, true);
        int differ = 0;
        for (int i = 0; i < 256; i++) {
            const double v = ts_load(x.data, x.dtype, i), w = ts_load(y.data, y.dtype, i);
            assert_true(v == (double)(float)v && fabs(v - (2 * i / 255.0 - 1)) < 1e-7);
            assert_true(w == (double)(float)(2.0 * (i / 255.0) - 1.0));
            differ += v != w;
        }
        assert_true(differ > 0);
        assert_true(ts_load(x.data, x.dtype, 0) == -1 && ts_load(x.data, x.dtype, 255) == 1);
        assert_int_equal(ts_pixels_of(&ctx, out, x), TS_OK);
        assert_memory_equal(in, out, 256);
        ts_ctx_close(&ctx);
    }
}

/* Interleaved pixels become planes. */
static void planes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const uint8_t in[12] = {0, 255, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255};
    uint8_t out[12];
    const ts_tensor x = ts_pixels_signed(&ctx, (ts_pixels){in, 2, 2, 3}, false);
    const float *v = x.data, red[4] = {-1, 1, -1, 1}, blue[4] = {-1, -1, 1, 1};
    assert_true(x.size[1] == 3 && x.size[2] == 2 && x.size[3] == 2);
    assert_memory_equal(v, red, sizeof red);
    assert_memory_equal(v + 8, blue, sizeof blue);
    ts_pixels_of(&ctx, out, x);
    assert_memory_equal(in, out, 12);
    ts_ctx_close(&ctx);
}

static void mask_grey_nearest(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const uint8_t m[4] = {0, 127, 128, 255};
    const float *v = ts_pixels_mask(&ctx, (ts_pixels){m, 2, 2, 1}).data;
    assert_true(v[0] == 0 && v[1] == 0 && v[2] == 1 && v[3] == 1);
    const uint8_t colour[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
    uint8_t grey[4];
    ts_pixels_grey(grey, (ts_pixels){colour, 2, 2, 3});
    assert_true(grey[0] == 76 && grey[1] == 150 && grey[2] == 29 && grey[3] == 255);
    ts_pixels_grey(grey, (ts_pixels){m, 2, 2, 1});
    assert_memory_equal(grey, m, 4);
    /* floor(i in / out): 5 columns of 3 are 0 0 1 1 2, 2 are 0 and 1; the same size is the same. */
    const uint8_t row[3] = {10, 20, 30}, wide[5] = {10, 10, 20, 20, 30};
    uint8_t out[5];
    ts_pixels_nearest(out, 1, 5, (ts_pixels){row, 1, 3, 1});
    assert_memory_equal(out, wide, 5);
    ts_pixels_nearest(out, 1, 2, (ts_pixels){row, 1, 3, 1});
    assert_true(out[0] == 10 && out[1] == 20);
    ts_pixels_nearest(out, 1, 3, (ts_pixels){row, 1, 3, 1});
    assert_memory_equal(out, row, 3);
    ts_ctx_close(&ctx);
}

/* Half to even; outside of -1 .. 1 the nearest end; NaN is black. */
static void rounding(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    double x[6] = {-3, 7, (double)NAN, 0, 1, (double)INFINITY};
    uint8_t out[6];
    const ts_tensor t = ts_tensor_of(x, TS_F64, 4, (int64_t[]){1, 1, 2, 3});
    assert_int_equal(ts_pixels_of(&ctx, out, t), TS_OK);
    assert_true(out[0] == 0 && out[1] == 255 && out[2] == 0 && out[4] == 255 && out[5] == 255);
    assert_int_equal(out[3], 128); /* 127.5 to even */
    ts_pixels_of(&ctx, out, ts_tensor_of(x, TS_F64, 3, (int64_t[]){1, 2, 3}));
    files_failed(&ctx, TS_ERROR_SHAPE, "picture: expected (1, *, *, *)");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(every_byte), cmocka_unit_test(planes),
        cmocka_unit_test(mask_grey_nearest), cmocka_unit_test(rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
