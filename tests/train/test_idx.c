#include "tests/support/files.h"

#include "ref/train/sources.h"

#include <string.h>

static const unsigned char pictures[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3,
                                         1, 2, 3, 4, 5, 6,  7, 8, 9, 10, 11, 12};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 5, 3};

static void put(const void *images, size_t image_bytes, const void *label, size_t label_bytes)
{
    files_write(files_path("x-images-idx3-ubyte"), images, image_bytes);
    files_write(files_path("x-labels-idx1-ubyte"), label, label_bytes);
}

static void reads(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    put(pictures, sizeof pictures, labels, sizeof labels);
    ts_samples *s = ts_samples_open(&ctx, files_path("x-images-idx3-ubyte"), "idx");
    assert_non_null(s);
    const ts_samples_size size = ts_samples_size_of(s);
    assert_true(size.count == 2 && size.classes == 6 && size.channels == 1 && size.height == 2 &&
                size.width == 3);
    assert_int_equal(ts_samples_label(s, 0), 5);
    assert_int_equal(ts_samples_label(s, 1), 3);
    assert_int_equal(ts_samples_picture(&ctx, s, 1, &p), TS_OK);
    assert_memory_equal(p.pixels, pictures + 22, 6);
    ts_picture_free(&p);
    assert_int_equal(ts_samples_picture(&ctx, s, 2, &p), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "picture 2 of 2");
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

/* Channels last: one picture of 1 x 2 in colours. */
static void reads_colours(void **state)
{
    (void)state;
    static const unsigned char colour[] = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0,
                                           0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    static const unsigned char one[] = {0, 0, 8, 1, 0, 0, 0, 1, 0};
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    put(colour, sizeof colour, one, sizeof one);
    ts_samples *s = ts_samples_open(&ctx, files_path("x-images-idx3-ubyte"), "auto");
    assert_non_null(s);
    assert_int_equal(ts_samples_picture(&ctx, s, 0, &p), TS_OK);
    assert_true(p.channels == 3 && p.width == 2);
    assert_memory_equal(p.pixels, colour + 20, 6);
    ts_picture_free(&p);
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

static void refused(const void *images, size_t image_bytes, const void *label, size_t label_bytes,
                    const char *said)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    put(images, image_bytes, label, label_bytes);
    assert_null(ts_samples_open(&ctx, files_path("x-images-idx3-ubyte"), "idx"));
    files_failed(&ctx, TS_ERROR_FORMAT, said);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    unsigned char bad[sizeof pictures];
    refused("", 0, labels, sizeof labels, "no IDX file of bytes with 3 or 4 dimensions");
    refused(pictures, 12, labels, sizeof labels, "no IDX file");
    refused(pictures, sizeof pictures - 1, labels, sizeof labels,
            "11 bytes behind the header do not fit its sizes");
    refused(pictures, sizeof pictures, labels, sizeof labels - 1, "do not fit its sizes");
    refused(pictures, sizeof pictures, "\0\0\10\1\0\0\0\1x", 9, "1 labels for 2 pictures");
    memcpy(bad, pictures, sizeof bad);
    bad[11] = 0;
    refused(bad, sizeof bad, labels, sizeof labels, "size 0 of dimension 1: expected 1 to 4096");
    memcpy(bad, pictures, sizeof bad);
    bad[4] = 255; /* 4 thousand million pictures */
    refused(bad, sizeof bad, labels, sizeof labels, "do not fit its sizes");
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    files_write(files_path("data"), pictures, sizeof pictures);
    assert_null(ts_samples_open(&ctx, files_path("data"), "idx"));
    files_failed(&ctx, TS_ERROR_USAGE, "the name of a file of pictures has \"images\" in it");
    ts_ctx_close(&ctx);
}

/* The bundled digits: all of them, ten classes. */
static void bundled(void **state)
{
    (void)state;
    ts_ctx ctx;
    int count[10] = {0};
    ts_ctx_open_plain(&ctx);
    ts_samples *s = ts_samples_open(&ctx, "data/train/digits/images.idx3-ubyte", "auto");
    assert_non_null(s);
    const ts_samples_size size = ts_samples_size_of(s);
    assert_true(size.count == 1797 && size.classes == 10 && size.height == 8 && size.width == 8);
    for (int64_t i = 0; i < size.count; i++)
        count[ts_samples_label(s, i)]++;
    for (int c = 0; c < 10; c++)
        assert_in_range(count[c], 170, 190);
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(reads_colours),
        cmocka_unit_test(refuses),
        cmocka_unit_test(bundled),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
