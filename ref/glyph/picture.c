/* picture.c: all texts of an edit on one glyph picture, and the mask that goes with it.
 *
 *     glyph = max over i of placed(text i, region i)        mask = union of the regions
 *
 * The published code adds the lines' pictures and clips the sum, which is the same for black and
 * white pictures.
 *
 * Source: the data set class of the published code. Test: tests/glyph/test_picture.c. */
#include "ref/glyph/picture.h"

#include "ref/base/ctx.h"
#include "ref/glyph/fill.h"

#include <string.h>

static ts_status check_counts(ts_ctx *ctx, const ts_glyph_job *job)
{
    const int64_t most = job->max_lines > 0 ? job->max_lines : TS_EVALUATION_LINES;
    if (job->region_count != job->text_count)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%lld text%s for %lld region%s: there must be one for each",
                       (long long)job->text_count, job->text_count == 1 ? "" : "s",
                       (long long)job->region_count, job->region_count == 1 ? "" : "s");
    if (job->text_count < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "there is no text to draw");
    if (job->text_count > most)
        return ts_fail(ctx, TS_ERROR_USAGE, "%lld texts: a picture takes at most %lld",
                       (long long)job->text_count, (long long)most);
    if (job->fonts->count < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "there is no font to draw with");
    return TS_OK;
}

static int64_t characters(const char *text)
{
    int64_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* The part of text i that is drawn; ts_free. */
static char *shortened(ts_ctx *ctx, const ts_glyph_job *job, int64_t i, int64_t *cut)
{
    const int64_t most = job->max_characters ? job->max_characters : TS_LINE_CHARACTERS;
    const int64_t all = characters(job->texts[i]), keep = most < 0 || all < most ? all : most;
    char *text = ts_strndup(job->texts[i], (size_t)ts_cut_line(job->texts[i], keep));
    if (!text)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a text");
    *cut += all - keep;
    return text;
}

/* A failure, with the number of its text in front. */
static ts_status name_text(ts_ctx *ctx, int64_t i)
{
    char message[TS_MESSAGE];
    const ts_status status = ctx->status;
    memcpy(message, ctx->message, sizeof message);
    ts_ctx_clear(ctx);
    return ts_fail(ctx, status, "text %lld: %.900s", (long long)i + 1, message);
}

static ts_status draw_text(ts_ctx *ctx, uint8_t *one, const ts_glyph_job *job, int64_t i,
                           int64_t *cut, int64_t height, int64_t width)
{
    ts_placement place = {0};
    char *text = shortened(ctx, job, i, cut);
    if (text && !ts_place(ctx, &place, text, job->regions[i], job->fonts, height, width))
        ts_draw_placed(ctx, one, &place, job->fonts, job->last, height, width);
    ts_placement_free(&place);
    ts_free(text);
    return ctx->status ? name_text(ctx, i) : TS_OK;
}

static ts_status check_size(ts_ctx *ctx, int64_t *pixels, int64_t height, int64_t width)
{
    if (height < 1 || width < 1 || (float)height > TS_MAX_COORDINATE ||
        (float)width > TS_MAX_COORDINATE || !ts_mul_size(height, width, pixels))
        return ts_fail(ctx, TS_ERROR_USAGE, "a picture of %lld x %lld pixels", (long long)width,
                       (long long)height);
    return TS_OK;
}

ts_status ts_glyph_picture(ts_ctx *ctx, uint8_t *glyph, int64_t *cut, const ts_glyph_job *job,
                           int64_t height, int64_t width)
{
    int64_t n, lost = 0;
    if (check_counts(ctx, job) || check_size(ctx, &n, height, width))
        return ctx->status;
    uint8_t *one = ts_alloc((size_t)n);
    if (!one)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a glyph picture");
    memset(glyph, 0, (size_t)n);
    for (int64_t i = 0; i < job->text_count; i++) {
        if (draw_text(ctx, one, job, i, &lost, height, width))
            break;
        for (int64_t k = 0; k < n; k++)
            glyph[k] = one[k] > glyph[k] ? one[k] : glyph[k];
    }
    for (int64_t k = 0; job->black_on_white && k < n; k++)
        glyph[k] = (uint8_t)(UINT8_MAX - glyph[k]);
    if (cut)
        *cut = lost;
    ts_free(one);
    return ctx->status;
}

ts_status ts_regions_mask(ts_ctx *ctx, uint8_t *mask, const ts_polygon *regions, int64_t count,
                          int64_t height, int64_t width)
{
    int64_t n;
    if (check_size(ctx, &n, height, width))
        return ctx->status;
    memset(mask, 0, (size_t)n);
    for (int64_t i = 0; i < count; i++)
        if (ts_fill_polygon(ctx, mask, regions[i].points, regions[i].count, UINT8_MAX, height,
                            width))
            return ctx->status;
    return TS_OK;
}

void ts_three_channels(uint8_t *rgb, const uint8_t *gray, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = gray[i];
}
