#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/codecs.h"
#include "ref/io/limits.h"
#include "ref/io/picture.h"
#include "ref/io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every golden picture as Pillow reads it, bit for bit. JPEG: two versions of libjpeg may differ by
 * one step where chroma is interpolated. */
static void as_pillow(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *expected = ts_safetensors_open(&ctx, "data/goldens/io/expected.safetensors");
    assert_non_null(expected);
    int count = 0;
    for (int64_t i = 0; i < ts_safetensors_count(expected); i++) {
        char path[256];
        snprintf(path, sizeof path, "data/goldens/io/%s", ts_safetensors_name(expected, i));
        if (strstr(path, ".npy"))
            continue;
        char *blank = strchr(path, ' ');
        const ts_picture_kind kind = !blank                         ? TS_RGB
                                     : strcmp(blank, " rgba") == 0 ? TS_RGBA
                                                                    : TS_GRAY;
        if (blank)
            *blank = '\0';
        const ts_tensor t = ts_safetensors_tensor(expected, i);
        ts_picture p;
        if (ts_picture_read(&ctx, &p, path, kind))
            fail_msg("%s", ctx.message);
        assert_int_equal(p.height, t.size[0]);
        assert_int_equal(p.width, t.size[1]);
        assert_int_equal(p.channels, kind);
        int worst = 0;
        for (int64_t k = 0; k < ts_numel(t); k++)
            worst = abs(p.pixels[k] - ((const uint8_t *)t.data)[k]) > worst
                        ? abs(p.pixels[k] - ((const uint8_t *)t.data)[k])
                        : worst;
        if (worst > (strstr(path, ".jpg") ? 1 : 0))
            fail_msg("%s: %d away from Pillow", ts_safetensors_name(expected, i), worst);
        ts_picture_free(&p);
        count++;
    }
    assert_true(count > 40);
    ts_safetensors_close(expected);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    static const char *const wrong[][2] = {
        {"", "an empty file"},       {"GIF89a", "a GIF picture"}, {"RIFF0000WEBPVP8", "WebP"},
        {"BM000000", "a BMP"},       {"II*0", "a TIFF"},          {"0000ftypheic", "HEIF"},
        {"%PDF-1.7", "a PDF"},       {"<svg", "a text"},          {"hello", "something else"},
        {"\x89PNG", "something else"}};
    const char *path = files_path("wrong.png");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ts_picture p;
        files_write_text(path, wrong[i][0]);
        ts_picture_read(&ctx, &p, path, TS_RGB);
        assert_null(p.pixels);
        files_failed(&ctx, TS_ERROR_FORMAT, wrong[i][1]);
    }
    ts_picture p;
    ts_picture_read(&ctx, &p, files_path("missing.png"), TS_RGB);
    files_failed(&ctx, TS_ERROR_IO, "No such file");
    ts_picture_new(&ctx, &p, 0, 5, TS_RGB);
    files_failed(&ctx, TS_ERROR_USAGE, "0 x 5");
    ts_picture_new(&ctx, &p, INT64_MAX, INT64_MAX, TS_RGB);
    files_failed(&ctx, TS_ERROR_USAGE, "expected 1 to");
    ts_picture_write(&ctx, path, &p, NULL, 0);
    files_failed(&ctx, TS_ERROR_USAGE, "no picture");
    ts_ctx_close(&ctx);
}

static void limits(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_encoded in = {.where = "x.png", .size = 100};
    assert_int_equal(ts_picture_allow(&ctx, &in, 8192, 4096), TS_OK); /* all black, say */
    ts_picture_allow(&ctx, &in, 8192, 4097);
    files_failed(&ctx, TS_ERROR_FORMAT, "x.png: 33562624 pixels out of 100 bytes, at most 1024");
    in.size = 1 << 20;
    assert_int_equal(ts_picture_allow(&ctx, &in, 8192, 4097), TS_OK);
    ts_picture_allow(&ctx, &in, 65535, 65535);
    files_failed(&ctx, TS_ERROR_FORMAT, "65535 x 65535 pixels, at most 134217728");
    ts_ctx_close(&ctx);
}

static int work(void)
{
    static const char *const names[] = {"interlaced_rgba16.png", "turned.png", "cmyk.jpg",
                                        "orientation6.jpg"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 4; i++) {
        char path[64];
        ts_picture p;
        snprintf(path, sizeof path, "data/goldens/io/%s", names[i]);
        ts_picture_read(&ctx, &p, path, TS_GRAY);
        if (p.pixels)
            ts_picture_write(&ctx, "/dev/null", &p, &(ts_picture_text){"Key", "text"}, 1);
        ts_picture_free(&p);
    }
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 30);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_pillow),
        cmocka_unit_test(refused),
        cmocka_unit_test(limits),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
