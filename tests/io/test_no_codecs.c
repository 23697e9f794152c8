/* Without picture codecs: the file that takes their place, under other names, so that it can be tested
 * beside them. */
#include "tests/support/files.h"

#define ts_png_decode none_png_decode
#define ts_jpeg_decode none_jpeg_decode
#define ts_png_encode none_png_encode
#include "ref/io/no_codecs.c"

#include <string.h>

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    uint8_t byte = 0;
    ts_picture picture = {1, 1, 1, &byte};
    const ts_encoded in = {"a.png", &byte, 1};
    int orientation = 0;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(none_png_decode(&ctx, &picture, &orientation, &in), TS_ERROR_UNSUPPORTED);
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "a.png: this build has no picture codecs");
    assert_null(picture.pixels);
    assert_int_equal(orientation, 1);
    none_jpeg_decode(&ctx, &picture, &orientation, &in);
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "CODECS=none");
    char path[] = "b.png";
    ts_out out = {.fd = -1, .path = path};
    none_png_encode(&ctx, &out, &picture, NULL, 0);
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "b.png: this build has no picture codecs");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
