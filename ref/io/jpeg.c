/* jpeg.c: JPEG files through libjpeg-turbo.
 *
 * libjpeg fills what is missing of a damaged file with gray and only warns. Here a warning that
 * means lost pixels is a failure; those about markers nobody needs are not. Failures come by
 * longjmp, as in png.c. Test: tests/io/test_jpeg.c */
#include "ref/io/codecs.h"
#include "ref/io/limits.h"

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

#include <jerror.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    ts_ctx *ctx;
    const ts_encoded *in;
    ts_picture *picture;
    uint8_t *inks; /* a row of CMYK */
    int orientation;
} jpeg_job;

static void fail(jpeg_job *job)
{
    char message[JMSG_LENGTH_MAX];
    j_common_ptr jpeg = (j_common_ptr)&job->jpeg;
    job->errors.format_message(jpeg, message);
    if (job->errors.msg_code == JERR_OUT_OF_MEMORY)
        ts_fail(job->ctx, TS_ERROR_MEMORY, "%s: no memory to read it", job->in->where);
    else
        ts_fail(job->ctx, TS_ERROR_FORMAT, "%s: broken JPEG: %s", job->in->where, message);
    longjmp(job->back, 1);
}

static void on_error(j_common_ptr jpeg)
{
    fail(jpeg->client_data);
}

static void on_message(j_common_ptr jpeg, int level)
{
    jpeg_job *job = jpeg->client_data;
    switch (level < 0 ? job->errors.msg_code : 0) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_ARITH_BAD_CODE: fail(job);
    }
}

/* Called now and then during a decode: a file may hold any number of passes over the picture. */
static void on_progress(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    if (job->jpeg.input_scan_number > TS_LIMIT_JPEG_SCANS) {
        ts_fail(job->ctx, TS_ERROR_FORMAT, "%s: more than the %d passes that a JPEG file may have",
                job->in->where, TS_LIMIT_JPEG_SCANS);
        longjmp(job->back, 1);
    }
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next)
        if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
            return ts_exif_orientation(m->data + 6, (int64_t)m->data_length - 6);
    return 1;
}

/* a b / 255, rounded, for bytes. */
static int times(int a, int b)
{
    const int t = a * b + 128;
    return ((t >> 8) + t) >> 8;
}

/* Adobe stores 255 - ink. */
static void inks_to_rgb(uint8_t *rgb, const uint8_t *stored, int64_t width)
{
    for (int64_t x = 0; x < width; x++, rgb += 3, stored += 4)
        for (int c = 0; c < 3; c++)
            rgb[c] = (uint8_t)(stored[3] - times(255 - stored[c], stored[3]));
}

static ts_status choose_colors(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE: jpeg->out_color_space = JCS_GRAYSCALE; return TS_OK;
    case JCS_RGB:
    case JCS_YCbCr: jpeg->out_color_space = JCS_RGB; return TS_OK;
    case JCS_CMYK:
    case JCS_YCCK: jpeg->out_color_space = JCS_CMYK; return TS_OK;
    default:
        return ts_fail(job->ctx, TS_ERROR_UNSUPPORTED, "%s: a JPEG with %d components of no known "
                                                       "meaning",
                       job->in->where, jpeg->num_components);
    }
}

static void read_rows(jpeg_job *job)
{
    ts_picture *p = job->picture;
    while (job->jpeg.output_scanline < job->jpeg.output_height) {
        uint8_t *row = p->pixels + (int64_t)job->jpeg.output_scanline * p->width * p->channels;
        JSAMPROW to = job->inks ? job->inks : row;
        jpeg_read_scanlines(&job->jpeg, &to, 1);
        if (job->inks)
            inks_to_rgb(row, job->inks, p->width);
    }
}

static void decode(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    if (setjmp(job->back))
        return;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &job->progress;
    jpeg_mem_src(jpeg, job->in->bytes, (unsigned long)job->in->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    job->orientation = orientation_of(jpeg);
    const int64_t width = jpeg->image_width, height = jpeg->image_height;
    if (ts_picture_allow(job->ctx, job->in, width, height) || choose_colors(job))
        return;
    const bool inks = jpeg->out_color_space == JCS_CMYK;
    if (ts_picture_new(job->ctx, job->picture, width, height,
                       jpeg->out_color_space == JCS_GRAYSCALE ? TS_GRAY : TS_RGB))
        return;
    job->inks = inks ? ts_alloc((size_t)width * 4) : NULL;
    if (inks && !job->inks) {
        ts_fail(job->ctx, TS_ERROR_MEMORY, "%s: no memory for a row", job->in->where);
        return;
    }
    jpeg_start_decompress(jpeg);
    read_rows(job);
    jpeg_finish_decompress(jpeg);
}

ts_status ts_jpeg_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in)
{
    *out = (ts_picture){0};
    if (ctx->status)
        return ctx->status;
    jpeg_job *job = ts_alloc_zero(1, sizeof *job);
    if (!job)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to read it", in->where);
    *job = (jpeg_job){.ctx = ctx, .in = in, .picture = out, .orientation = 1};
    job->jpeg.err = jpeg_std_error(&job->errors);
    job->jpeg.client_data = job;
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
    job->progress.progress_monitor = on_progress;
    decode(job);
    jpeg_destroy_decompress(&job->jpeg);
    *orientation = job->orientation;
    ts_free(job->inks);
    ts_free(job);
    if (ctx->status)
        ts_picture_free(out);
    return ctx->status;
}
