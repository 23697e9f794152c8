/* A PNG or JPEG file; what could be read is written as PNG and read again. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/picture.h"

#include <string.h>

int fuzz_picture(const uint8_t *data, size_t size)
{
    static const ts_picture_kind kinds[] = {TS_GRAY, TS_RGB, TS_RGBA};
    ts_ctx ctx;
    ts_picture picture, again;
    ts_ctx_open_plain(&ctx);
    const ts_picture_kind kind = kinds[size % 3];
    const char *path = fuzz_file("a.picture", data, size);
    const ts_status status = ts_picture_read(&ctx, &picture, path, kind);
    fuzz_require(!status == (picture.pixels != NULL), "a picture or a failure");
    if (!status && picture.width * picture.height <= 64 * 64) {
        const char *copy = fuzz_file("b.png", NULL, 0);
        fuzz_require(!ts_picture_write(&ctx, copy, &picture, NULL, 0) &&
                         !ts_picture_read(&ctx, &again, copy, kind),
                     "what was read can be written and read");
        fuzz_require(again.width == picture.width && again.height == picture.height &&
                         memcmp(again.pixels, picture.pixels,
                                (size_t)(again.width * again.height * again.channels)) == 0,
                     "and is the same");
        ts_picture_free(&again);
    }
    ts_picture_free(&picture);
    fuzz_end(&ctx);
    return 0;
}
