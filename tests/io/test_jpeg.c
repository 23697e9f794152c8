#include "tests/support/files.h"

#include "ref/io/codecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static void kinds(void **state)
{
    (void)state;
    static const char *const names[] = {"gray.jpg", "420.jpg", "cmyk.jpg"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 3; i++) {
        char path[128] = "data/goldens/io/";
        size_t bytes;
        strcat(path, names[i]);
        char *file = files_read(path, &bytes);
        const ts_encoded in = {path, (const uint8_t *)file, (int64_t)bytes};
        ts_picture p;
        int orientation = 0;
        assert_int_equal(ts_jpeg_decode(&ctx, &p, &orientation, &in), TS_OK);
        assert_int_equal(p.channels, i == 0 ? 1 : 3);
        assert_int_equal(orientation, 1);
        ts_picture_free(&p);
        free(file);
    }
    ts_ctx_close(&ctx);
}

static void damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"gray.jpg", "progressive.jpg", "cmyk.jpg", "restart.jpg"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128] = "data/goldens/io/";
        size_t bytes;
        strcat(path, names[i]);
        char *file = files_read(path, &bytes);
        ts_picture p;
        int orientation;
        for (size_t n = 0; n + 2 < bytes; n++) { /* without the last marker all pixels are there */
            char *cut = malloc(n + 1);
            assert_non_null(cut);
            memcpy(cut, file, n);
            const ts_encoded in = {"cut.jpg", (const uint8_t *)cut, (int64_t)n};
            ts_jpeg_decode(&ctx, &p, &orientation, &in);
            assert_null(p.pixels);
            files_failed(&ctx, TS_ERROR_FORMAT, "cut.jpg: broken JPEG: ");
            free(cut);
        }
        for (size_t n = 0; n < bytes; n++) {
            file[n] = (char)(file[n] ^ 0x41);
            const ts_encoded in = {"changed.jpg", (const uint8_t *)file, (int64_t)bytes};
            if (ts_jpeg_decode(&ctx, &p, &orientation, &in) == TS_OK)
                ts_picture_free(&p);
            else
                files_failed(&ctx, ctx.status, "changed.jpg: ");
            file[n] = (char)(file[n] ^ 0x41);
        }
        free(file);
    }
    ts_ctx_close(&ctx);
}

/* A file of three passes, one for each component. */
static unsigned char *three_passes(size_t *bytes)
{
    static const jpeg_scan_info scans[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL, gray[24 * 3] = {0};
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &file, &size);
    jpeg.image_width = jpeg.image_height = 24;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg.scan_info = scans;
    jpeg.num_scans = 3;
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < 24; y++)
        jpeg_write_scanlines(&jpeg, (JSAMPROW[]){gray}, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    *bytes = size;
    return file;
}

/* The first pass repeated: each costs some bytes of the file, and a decode of the whole picture. */
static void passes(void **state)
{
    (void)state;
    size_t bytes;
    unsigned char *file = three_passes(&bytes);
    size_t first = 0, second = 0; /* start-of-scan markers */
    for (size_t i = 0; i + 1 < bytes && !second; i++)
        if (file[i] == 0xff && file[i + 1] == 0xda) {
            second = first ? i : 0;
            first = first ? first : i;
        }
    assert_true(first > 0 && second > first);
    const size_t one = second - first;
    unsigned char *bomb = malloc(bytes + 100 * one);
    assert_non_null(bomb);
    memcpy(bomb, file, second);
    for (int i = 0; i < 100; i++)
        memcpy(bomb + second + (size_t)i * one, file + first, one);
    memcpy(bomb + second + 100 * one, file + second, bytes - second);
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_encoded in = {"bomb.jpg", bomb, (int64_t)(bytes + 100 * one)};
    ts_picture p;
    int orientation;
    ts_jpeg_decode(&ctx, &p, &orientation, &in);
    files_failed(&ctx, TS_ERROR_FORMAT, "bomb.jpg: more than the 64 passes");
    assert_null(p.pixels);
    const ts_encoded plain = {"three.jpg", file, (int64_t)bytes};
    assert_int_equal(ts_jpeg_decode(&ctx, &p, &orientation, &plain), TS_OK);
    ts_picture_free(&p);
    free(bomb);
    free(file);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(damaged),
        cmocka_unit_test(passes),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
