/* png.c: PNG files through libpng.
 *
 * libpng reports failures by longjmp: it ends in the function that called setjmp, which owns
 * nothing; whatever was taken hangs on the job and is given back by its caller.
 * Test: tests/io/test_png.c */
#include "ref/io/codecs.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
    ts_ctx *ctx;
    const ts_encoded *in; /* reading */
    int64_t at;
    ts_out *to; /* writing */
    png_structp png;
    png_infop info;
    png_bytep *rows;
    ts_picture *picture;
    int orientation;
    bool no_memory; /* an allocation failed: whatever libpng says then, that was the reason */
} png_job;

static void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);
    if (job->no_memory)
        ts_fail(job->ctx, TS_ERROR_MEMORY, "%s: no memory for its compression",
                job->in ? job->in->where : job->to->path);
    else if (job->in)
        ts_fail(job->ctx, TS_ERROR_FORMAT, "%s: broken PNG: %s (near byte %lld)", job->in->where,
                message, (long long)job->at);
    else
        ts_fail(job->ctx, TS_ERROR_UNSUPPORTED, "%s: cannot encode it as PNG: %s", job->to->path,
                message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png; /* ancillary chunks: none of them is asked for */
    (void)message;
}

static png_voidp take(png_structp png, png_alloc_size_t bytes)
{
    png_job *job = png_get_mem_ptr(png);
    void *block = ts_alloc(bytes);
    if (!block)
        job->no_memory = true;
    return block;
}

static void give(png_structp png, png_voidp block)
{
    (void)png;
    ts_free(block);
}

/* Pointers to the picture's rows, for libpng. */
static ts_status take_rows(png_job *job)
{
    const ts_picture *p = job->picture;
    job->rows = ts_alloc((size_t)p->height * sizeof *job->rows);
    if (!job->rows)
        return ts_fail(job->ctx, TS_ERROR_MEMORY, "no memory for %lld rows of a picture",
                       (long long)p->height);
    for (int64_t y = 0; y < p->height; y++)
        job->rows[y] = p->pixels + y * p->width * p->channels;
    return TS_OK;
}

/* Reading. ------------------------------------------------------------------------------------- */

static void read_bytes(png_structp png, png_bytep to, size_t count)
{
    png_job *job = png_get_io_ptr(png);
    if ((int64_t)count > job->in->size - job->at)
        png_error(png, "the file is truncated");
    memcpy(to, job->in->bytes + job->at, count);
    job->at += (int64_t)count;
}

/* Everything to 8 bits, and to gray without alpha, RGB, or RGBA. */
static void set_transforms(png_structp png, png_infop info)
{
    const int color = png_get_color_type(png, info);
    const bool alpha = color & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
    png_set_expand(png); /* palette to RGB, few bits to 8, tRNS to alpha */
    png_set_strip_16(png);
    if (alpha && !(color & PNG_COLOR_MASK_COLOR))
        png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
}

/* Text, profiles and suggested palettes may be compressed, and are not wanted. */
static void skip_chunks(png_structp png)
{
    static const png_byte unwanted[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLT";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, unwanted, 5);
}

static void decode(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png)))
        return;
    png_set_read_fn(job->png, job, read_bytes);
    skip_chunks(job->png);
    png_read_info(job->png, job->info);
    const int64_t width = png_get_image_width(job->png, job->info);
    const int64_t height = png_get_image_height(job->png, job->info);
    if (ts_picture_allow(job->ctx, job->in, width, height))
        return;
    set_transforms(job->png, job->info);
    png_read_update_info(job->png, job->info);
    const int channels = png_get_channels(job->png, job->info);
    if (ts_picture_new(job->ctx, job->picture, width, height, (ts_picture_kind)channels) ||
        take_rows(job))
        return;
    png_read_image(job->png, job->rows);
    png_read_end(job->png, job->info);
    png_bytep exif;
    png_uint_32 size;
    if (png_get_eXIf_1(job->png, job->info, &size, &exif))
        job->orientation = ts_exif_orientation(exif, size);
}

ts_status ts_png_decode(ts_ctx *ctx, ts_picture *out, int *orientation, const ts_encoded *in)
{
    png_job job = {.ctx = ctx, .in = in, .picture = out, .orientation = 1};
    *out = (ts_picture){0};
    if (ctx->status)
        return ctx->status;
    job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                       take, give);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    if (job.info)
        decode(&job);
    else
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to read it", in->where);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    ts_free(job.rows);
    if (ctx->status)
        ts_picture_free(out);
    *orientation = job.orientation;
    return ctx->status;
}

/* Writing. ------------------------------------------------------------------------------------- */

static void write_bytes(png_structp png, png_bytep from, size_t count)
{
    png_job *job = png_get_io_ptr(png);
    if (ts_out_write(job->ctx, job->to, from, (int64_t)count))
        png_error(png, "write error");
}

static void flush(png_structp png)
{
    (void)png; /* ts_out_commit does */
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\n') || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

/* PNG's rules: 1 to 79 characters, no blanks at the ends or side by side. */
static bool is_key(const char *key)
{
    const size_t length = strlen(key);
    return length >= 1 && length <= 79 && is_ascii(key) && !strchr(key, '\n') && key[0] != ' ' &&
           key[length - 1] != ' ' && !strstr(key, "  ");
}

static void write_text(png_job *job, const ts_picture_text *text)
{
    png_text chunk = {0};
    chunk.compression =
        is_ascii(text->text) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunk.key = (png_charp)(uintptr_t)text->key; /* libpng copies both */
    chunk.text = (png_charp)(uintptr_t)text->text;
    png_set_text(job->png, job->info, &chunk, 1);
}

static void encode(png_job *job, const ts_picture_text *texts, int count)
{
    const ts_picture *p = job->picture;
    const int color = p->channels == TS_GRAY  ? PNG_COLOR_TYPE_GRAY
                      : p->channels == TS_RGB ? PNG_COLOR_TYPE_RGB
                                              : PNG_COLOR_TYPE_RGB_ALPHA;
    if (setjmp(png_jmpbuf(job->png)))
        return;
    png_set_write_fn(job->png, job, write_bytes, flush);
    png_set_IHDR(job->png, job->info, (png_uint_32)p->width, (png_uint_32)p->height, 8, color,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    for (int i = 0; i < count; i++)
        write_text(job, &texts[i]);
    png_write_info(job->png, job->info);
    png_write_image(job->png, job->rows);
    png_write_end(job->png, NULL);
}

ts_status ts_png_encode(ts_ctx *ctx, ts_out *out, const ts_picture *picture,
                        const ts_picture_text *texts, int count)
{
    ts_picture copy = *picture;
    png_job job = {.ctx = ctx, .to = out, .picture = &copy};
    for (int i = 0; i < count; i++)
        if (!is_key(texts[i].key))
            ts_fail(ctx, TS_ERROR_USAGE, "%s: \"%.100s\" cannot be the key of a text in a PNG file",
                    out->path, texts[i].key);
    if (ctx->status || take_rows(&job))
        return ctx->status;
    job.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                        take, give);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    if (job.info)
        encode(&job, texts, count);
    else
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to write it", out->path);
    png_destroy_write_struct(&job.png, &job.info);
    ts_free(job.rows);
    return ctx->status;
}
