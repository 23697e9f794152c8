/* text.c: characters one after the other, as Pillow's basic layout sets them.
 *
 *     pen(0) = 0      pen(i + 1) = pen(i) + advance(i) + kerning(i, i + 1) / 64
 *     left = min(0, pen + extent.left)     right = max(pen + advance, pen + extent.right)
 *     top = ascent - max(0, extent.top)    bottom = ascent - min(0, extent.bottom)
 *
 * There are no ligatures and no reordering. Pillow adds the kern table's whole pixels to a pen that
 * counts in 64ths, so that kerning all but vanishes: kept, because sizes follow from widths. The
 * box always reaches the baseline. Between two fonts there is no kerning at all.
 *
 * Source: Pillow, ImageFont.getbbox with Layout.BASIC. Test: tests/glyph/test_text.c. */
#include "ref/glyph/text.h"

#include "ref/base/ctx.h"
#include "ref/glyph/mono.h"

#include <string.h>
#include <utf8proc.h>

static ts_status text_room(ts_ctx *ctx, ts_text *text, int64_t count)
{
    const size_t n = (size_t)count;
    *text = (ts_text){.count = count};
    text->character = ts_alloc_zero(n, sizeof *text->character);
    text->font = ts_alloc_zero(n, sizeof *text->font);
    text->glyph = ts_alloc_zero(n, sizeof *text->glyph);
    if (text->character && text->font && text->glyph)
        return TS_OK;
    ts_text_free(text);
    return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a text of %lld characters",
                   (long long)count);
}

void ts_text_free(ts_text *text)
{
    ts_free(text->character);
    ts_free(text->font);
    ts_free(text->glyph);
    *text = (ts_text){0};
}

/* Finds font and glyph of character i. */
static ts_status choose(ts_ctx *ctx, ts_text *text, int64_t i, const ts_fonts *fonts)
{
    const uint32_t c = text->character[i];
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "the text holds the control character U+%04X: a region takes one line of "
                       "plain text", (unsigned)c);
    for (int k = 0; k < fonts->count; k++) {
        const int64_t glyph = ts_font_glyph(fonts->font[k], c);
        if (glyph > 0) {
            text->font[i] = k;
            text->glyph[i] = glyph;
            return TS_OK;
        }
    }
    if (fonts->draw_missing && fonts->count)
        return TS_OK; /* glyph 0 of the first font */
    return ts_fail(ctx, TS_ERROR_USAGE,
                   "no font has the character U+%04X (looked in %d, the first is %s): name one "
                   "that has it as a further font", (unsigned)c, fonts->count,
                   fonts->count ? ts_font_name(fonts->font[0]) : "missing");
}

ts_status ts_text_set(ts_ctx *ctx, ts_text *text, const char *utf8, const ts_fonts *fonts)
{
    const int64_t bytes = (int64_t)strlen(utf8);
    if (text_room(ctx, text, bytes)) /* at least as many as characters */
        return ctx->status;
    text->count = 0;
    for (int64_t at = 0; at < bytes && !ctx->status;) {
        utf8proc_int32_t c;
        const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)utf8 + at,
                                                    (utf8proc_ssize_t)(bytes - at), &c);
        if (n < 1) {
            ts_fail(ctx, TS_ERROR_USAGE, "the text is not UTF-8 at byte %lld", (long long)at);
            break;
        }
        text->character[text->count] = (uint32_t)c;
        choose(ctx, text, text->count++, fonts);
        at += (int64_t)n;
    }
    if (ctx->status)
        ts_text_free(text);
    return ctx->status;
}

ts_status ts_text_widen(ts_ctx *ctx, ts_text *wide, const ts_text *text, int64_t spaces,
                        const ts_fonts *fonts)
{
    const int64_t step = spaces + 1, count = text->count ? (text->count - 1) * step + 1 : 0;
    if (text_room(ctx, wide, count))
        return ctx->status;
    for (int64_t i = 0; i < count; i++) {
        const bool blank = i % step != 0;
        wide->character[i] = blank ? ' ' : text->character[i / step];
        wide->font[i] = blank ? 0 : text->font[i / step];
        wide->glyph[i] = blank ? 0 : text->glyph[i / step];
        if (blank && choose(ctx, wide, i, fonts)) {
            ts_text_free(wide);
            return ctx->status;
        }
    }
    return TS_OK;
}

char *ts_text_utf8(ts_ctx *ctx, const ts_text *text)
{
    char *out = ts_alloc((size_t)text->count * 4 + 1);
    if (!out) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a text of %lld characters",
                (long long)text->count);
        return NULL;
    }
    char *end = out;
    for (int64_t i = 0; i < text->count; i++)
        end += utf8proc_encode_char((utf8proc_int32_t)text->character[i], (utf8proc_uint8_t *)end);
    *end = '\0';
    return out;
}

static int64_t pixels(int64_t v64)
{
    return (v64 + 32) >> 6;
}

/* Kerning between character i and the next one, up to `end`. */
static int64_t kerning(const ts_text *text, const ts_fonts *fonts, int64_t size, int64_t i,
                       int64_t end)
{
    if (i + 1 >= end || text->font[i] != text->font[i + 1])
        return 0;
    return ts_font_kerning(fonts->font[text->font[i]], text->glyph[i], text->glyph[i + 1], size);
}

/* How far the pen moves from character i to the next one, up to `end`, in 64ths of a pixel. */
static int64_t step_of(const ts_text *text, const ts_fonts *fonts, int64_t size, int64_t i,
                       int64_t end)
{
    const ts_font *font = fonts->font[text->font[i]];
    return 64 * ts_font_advance(font, text->glyph[i], size) + kerning(text, fonts, size, i, end);
}

ts_status ts_text_box(ts_ctx *ctx, ts_box *box, const ts_text *text, const ts_fonts *fonts,
                      int64_t size, int64_t first, int64_t count)
{
    int64_t pen = 0, top = 0, bottom = 0;
    *box = (ts_box){0};
    for (int64_t i = first; i < first + count; i++) {
        ts_extent e;
        const ts_font *font = fonts->font[text->font[i]];
        if (ts_font_extent(ctx, &e, font, text->glyph[i], size))
            return ctx->status;
        const int64_t step = step_of(text, fonts, size, i, first + count);
        const int64_t here = pixels(pen), next = pixels(pen + step);
        const int64_t right = here + e.right > next ? here + e.right : next;
        box->right = right > box->right ? right : box->right;
        box->left = here + e.left < box->left ? here + e.left : box->left;
        top = e.top > top ? e.top : top;
        bottom = e.bottom < bottom ? e.bottom : bottom;
        pen += step;
    }
    const int64_t ascent = fonts->count ? ts_font_ascent(fonts->font[0], size) : 0;
    box->top = count ? ascent - top : 0;
    box->bottom = count ? ascent - bottom : 0;
    return TS_OK;
}

ts_status ts_text_draw(ts_ctx *ctx, ts_shape *shape, const ts_text *text, const ts_fonts *fonts,
                       int64_t size, double x, double y, int64_t first, int64_t count)
{
    const double base = y + (double)ts_font_ascent(fonts->font[0], size);
    int64_t pen = 0;
    for (int64_t i = first; i < first + count; i++) {
        if (ts_font_outline(ctx, shape, fonts->font[text->font[i]], text->glyph[i], size,
                            x + (double)pixels(pen), base))
            return ctx->status;
        pen += step_of(text, fonts, size, i, first + count);
    }
    return TS_OK;
}

/* Black and white: where the glyph has a pixel, the picture has one. */
static void stamp(uint8_t *picture, const ts_bitmap *b, int64_t x, int64_t y, int64_t height,
                  int64_t width)
{
    for (int64_t r = 0; r < b->height; r++)
        for (int64_t c = 0; c < b->width; c++) {
            const int64_t py = y - b->top + r, px = x + b->left + c;
            if (b->pixel[r * b->width + c] && py >= 0 && py < height && px >= 0 && px < width)
                picture[py * width + px] = UINT8_MAX;
        }
}

ts_status ts_text_draw_sharp(ts_ctx *ctx, uint8_t *picture, const ts_text *text,
                             const ts_fonts *fonts, int64_t size, int64_t x, int64_t y,
                             int64_t height, int64_t width)
{
    ts_hinter hinter[TS_MAX_FONTS];
    bool open[TS_MAX_FONTS] = {false};
    const int64_t base = fonts->count ? y + ts_font_ascent(fonts->font[0], size) : y;
    const ts_scope all = ts_scope_open(ctx);
    int64_t pen = 0;
    for (int64_t i = 0; i < text->count && !ctx->status; i++) {
        const int k = text->font[i];
        if (!open[k] && ts_hinter_open(ctx, &hinter[k], ts_font_tables(fonts->font[k]), size))
            break;
        open[k] = true;
        ts_hinted glyph;
        ts_bitmap bitmap;
        const ts_scope one = ts_scope_open(ctx);
        if (!ts_hint_glyph(ctx, &glyph, &hinter[k], text->glyph[i]) &&
            !ts_mono(ctx, &bitmap, &glyph)) {
            stamp(picture, &bitmap, x + pixels(pen), base, height, width);
            ts_bitmap_free(&bitmap);
            pen += glyph.advance + kerning(text, fonts, size, i, text->count);
        }
        ts_scope_close(ctx, one, NULL, 0);
    }
    ts_scope_close(ctx, all, NULL, 0);
    return ctx->status;
}
