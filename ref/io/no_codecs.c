/* no_codecs.c: stands in for png.c and jpeg.c in a build without libpng and libjpeg (CODECS=none), as
 * for other architectures and other C libraries: pictures are refused with a sentence.
 * Test: tests/io/test_no_codecs.c */
#include "ref/io/codecs.h"

static ts_status none(ts_ctx *ctx, const char *where)
{
    return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                   "%s: this build has no picture codecs (it was made with CODECS=none)", where);
}

ts_status ts_png_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in)
{
    *out = (ts_picture){0};
    *orientation = 1;
    return none(ctx, in->where);
}

ts_status ts_jpeg_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in)
{
    return ts_png_decode(ctx, out, orientation, in);
}

ts_status ts_png_encode(ts_ctx *ctx, ts_out *out, const ts_picture *picture,
                        const ts_picture_text *texts, int count)
{
    (void)picture;
    (void)texts;
    (void)count;
    return none(ctx, out->path);
}
