/* picture.h: pictures of 8 bits a channel, from PNG and JPEG files, to PNG files.
 *
 * What a file is is decided by its first bytes, never by its name. Policy, where there is a choice:
 *
 *     alpha          dropped when RGB or gray is asked for, as Pillow's convert does (nothing is
 *                    composited); kept with TS_RGBA
 *     16 bits        the high byte. Pillow does the same for colour, but clips 16-bit gray at 255,
 *                    which turns photographs white: not followed
 *     palette, 1, 2, 4 bits, interlacing: expanded
 *     gamma, colour profiles: ignored, the numbers in the file are the numbers here
 *     CMYK, YCCK     Adobe's inverted inks, to RGB by (255 - ink)(255 - black) / 255, as Pillow
 *     orientation    of EXIF, in JPEG and PNG files, is applied
 *     gray           of a colour picture is (19595 R + 38470 G + 7471 B) / 65536, rounded: ITU-R
 *                    601-2 as in Pillow's L
 *     damage         data that is truncated or broken fails; no picture is returned half gray */
#ifndef TS_IO_PICTURE_H
#define TS_IO_PICTURE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_GRAY = 1, TS_RGB = 3, TS_RGBA = 4 } ts_picture_kind; /* also the channels */

/* Rows from top to bottom, channels side by side: pixels[(y * width + x) * channels + c]. */
typedef struct {
    int64_t width, height;
    int channels;
    uint8_t *pixels; /* ts_picture_free */
} ts_picture;

/* A black picture (transparent in TS_RGBA); one of zeros after a failure. */
ts_status ts_picture_new(ts_ctx *ctx, ts_picture *picture, int64_t width, int64_t height,
                         ts_picture_kind kind);
void ts_picture_free(ts_picture *picture);

ts_status ts_picture_read(ts_ctx *ctx, ts_picture *picture, const char *path, ts_picture_kind kind);

/* Text that goes into the file: key of 1 to 79 printable ASCII characters, text in UTF-8. */
typedef struct {
    const char *key, *text;
} ts_picture_text;

/* As PNG, atomically; texts as tEXt, or as iTXt where they are not ASCII. */
ts_status ts_picture_write(ts_ctx *ctx, const char *path, const ts_picture *picture,
                           const ts_picture_text *texts, int count);

#ifdef __cplusplus
}
#endif
#endif
