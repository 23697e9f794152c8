#include "ref/io/picture.h"

#include "ref/io/codecs.h"
#include "ref/io/limits.h"

#include <string.h>

ts_status ts_picture_new(ts_ctx *ctx, ts_picture *picture, int64_t width, int64_t height,
                         ts_picture_kind kind)
{
    *picture = (ts_picture){0};
    if (ctx->status)
        return ctx->status;
    if (width < 1 || height < 1 || width > TS_LIMIT_PIXELS / height)
        return ts_fail(ctx, TS_ERROR_USAGE, "a picture of %lld x %lld pixels: expected 1 to %lld "
                                            "pixels",
                       (long long)width, (long long)height, (long long)TS_LIMIT_PIXELS);
    uint8_t *pixels = ts_alloc_zero((size_t)(width * height), (size_t)kind);
    if (!pixels)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a picture of %lld x %lld pixels",
                       (long long)width, (long long)height);
    *picture = (ts_picture){width, height, (int)kind, pixels};
    return TS_OK;
}

void ts_picture_free(ts_picture *picture)
{
    ts_free(picture->pixels);
    *picture = (ts_picture){0};
}

ts_status ts_picture_allow(ts_ctx *ctx, const ts_encoded *in, int64_t width, int64_t height)
{
    if (width < 1 || height < 1 || width > TS_LIMIT_PIXELS / height)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld x %lld pixels, at most %lld are allowed",
                       in->where, (long long)width, (long long)height, (long long)TS_LIMIT_PIXELS);
    const int64_t pixels = width * height;
    if (pixels > TS_LIMIT_FREE_PIXELS && pixels / TS_LIMIT_PICTURE_RATIO > in->size)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: %lld pixels out of %lld bytes, at most %lld for each byte are allowed",
                       in->where, (long long)pixels, (long long)in->size,
                       (long long)TS_LIMIT_PICTURE_RATIO);
    return TS_OK;
}

/* One pixel to another number of channels (1, 3, 4). */
static void convert_pixel(uint8_t *to, int to_channels, const uint8_t *from, int from_channels)
{
    const uint8_t r = from[0], g = from_channels == 1 ? r : from[1],
                  b = from_channels == 1 ? r : from[2];
    if (to_channels == 1) {
        to[0] = (uint8_t)((19595u * r + 38470u * g + 7471u * b + 0x8000u) >> 16);
        return;
    }
    to[0] = r;
    to[1] = g;
    to[2] = b;
    if (to_channels == 4)
        to[3] = from_channels == 4 ? from[3] : 255;
}

/* Where pixel (x, y) of the upright picture lies in one that was stored with that orientation. The
 * numbers name which side of the scene row 0 and column 0 show: EXIF 2.32, 4.6.4. */
static int64_t source_of(const ts_picture *stored, int orientation, int64_t x, int64_t y)
{
    const int64_t last_x = stored->width - 1, last_y = stored->height - 1;
    if (orientation >= 5) { /* rows were columns */
        const int64_t keep = x;
        x = y;
        y = keep;
    }
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        x = last_x - x;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        y = last_y - y;
    return y * stored->width + x;
}

/* `stored` upright and with the channels asked for. */
static ts_status finish(ts_ctx *ctx, ts_picture *picture, const ts_picture *stored,
                        int orientation, ts_picture_kind kind)
{
    const bool turned = orientation >= 5;
    const int64_t width = turned ? stored->height : stored->width;
    const int64_t height = turned ? stored->width : stored->height;
    if (ts_picture_new(ctx, picture, width, height, kind))
        return ctx->status;
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            convert_pixel(picture->pixels + (y * width + x) * picture->channels, picture->channels,
                          stored->pixels + source_of(stored, orientation, x, y) * stored->channels,
                          stored->channels);
    return TS_OK;
}

/* What else it may be, for the message. */
static const char *guess(const ts_encoded *in)
{
    static const struct {
        int64_t at;
        const char *bytes, *name;
    } known[] = {{0, "GIF8", "a GIF picture"},    {8, "WEBP", "a WebP picture"},
                 {0, "BM", "a BMP picture"},      {0, "II*", "a TIFF picture"},
                 {0, "MM", "a TIFF picture"},     {4, "ftyp", "a HEIF or AVIF picture"},
                 {0, "%PDF", "a PDF document"},   {0, "<", "a text (HTML, SVG, XML)"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const int64_t length = (int64_t)strlen(known[i].bytes);
        if (in->size >= known[i].at + length &&
            memcmp(in->bytes + known[i].at, known[i].bytes, (size_t)length) == 0)
            return known[i].name;
    }
    return in->size == 0 ? "an empty file" : "something else";
}

static ts_status decode(ts_ctx *ctx, ts_picture *stored, int *orientation, const ts_encoded *in)
{
    if (in->size >= 8 && memcmp(in->bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return ts_png_decode(ctx, stored, orientation, in);
    if (in->size >= 3 && memcmp(in->bytes, "\xff\xd8\xff", 3) == 0)
        return ts_jpeg_decode(ctx, stored, orientation, in);
    return ts_fail(ctx, TS_ERROR_FORMAT, "%s: expected a PNG or JPEG picture, this is %s",
                   in->where, guess(in));
}

ts_status ts_picture_read(ts_ctx *ctx, ts_picture *picture, const char *path, ts_picture_kind kind)
{
    ts_picture stored = {0};
    int orientation = 1;
    ts_encoded in = {.where = path};
    *picture = (ts_picture){0};
    char *bytes = ts_file_read(ctx, path, TS_LIMIT_PICTURE_BYTES, &in.size);
    in.bytes = (const uint8_t *)bytes;
    if (bytes && !decode(ctx, &stored, &orientation, &in)) {
        if (orientation == 1 && stored.channels == (int)kind) {
            *picture = stored;
            stored = (ts_picture){0};
        } else {
            finish(ctx, picture, &stored, orientation, kind);
        }
    }
    ts_picture_free(&stored);
    ts_free(bytes);
    return ctx->status;
}

ts_status ts_picture_write(ts_ctx *ctx, const char *path, const ts_picture *picture,
                           const ts_picture_text *texts, int count)
{
    ts_out out;
    if (!ctx->status && !picture->pixels)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: there is no picture to write", path);
    if (ts_out_open(ctx, &out, path))
        return ctx->status;
    ts_png_encode(ctx, &out, picture, texts, count);
    return ts_out_commit(ctx, &out);
}
