/* codecs.h: what picture.c and the decoders know of each other. */
#ifndef TS_IO_CODECS_H
#define TS_IO_CODECS_H

#include "ref/io/file.h"
#include "ref/io/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A compressed picture; `where` stands in messages. */
typedef struct {
    const char *where;
    const uint8_t *bytes;
    int64_t size;
} ts_encoded;

/* Fails when a picture of that size is not allowed (limits.h), or not out of that many bytes. */
ts_status ts_picture_allow(ts_ctx *ctx, const ts_encoded *in, int64_t width, int64_t height);

/* Each fills `out` with 1, 3 or 4 channels, whatever the file has (nothing after a failure), and
 * the orientation (1 to 8; 1 is upright). */
ts_status ts_png_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in);
ts_status ts_jpeg_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in);

ts_status ts_png_encode(ts_ctx *ctx, ts_out *out, const ts_picture *picture,
                        const ts_picture_text *texts, int count);

/* The orientation in EXIF data (which begins with the TIFF header "II*" or "MM"); 1 when there is
 * none or the data makes no sense. Broken EXIF is not worth losing a picture for. */
int ts_exif_orientation(const uint8_t *bytes, int64_t size);

#ifdef __cplusplus
}
#endif
#endif
