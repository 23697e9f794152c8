/* line.c: a line of text as large as 512 x 80 pixels allow.
 *
 *     ratio = min(0.9 * 512 / w, 0.9 * 80 / h)      w, h of the box at 50 pixels, at least 5
 *     size  = floor(50 * ratio)
 *     x     = floor((512 - w') / 2)     y = floor((80 - h') / 2) - floor(top' / 2)
 *
 * with the box at the new size, h' counted from the line's top (that is what the text's height
 * meant in Pillow before version 10).
 *
 * Source: draw_glyph of the published data set class (from AnyText).
 * Test: tests/glyph/test_line.c, golden data/goldens/glyph/line.json. */
#include "ref/glyph/line.h"

#include "ref/base/ctx.h"

#include <string.h>

static int64_t half(int64_t v) /* towards minus infinity */
{
    return v >= 0 ? v / 2 : -((1 - v) / 2);
}

static int64_t at_least(int64_t v, int64_t least)
{
    return v > least ? v : least;
}

static ts_status measure(ts_ctx *ctx, ts_line_glyph *line, const ts_text *text,
                         const ts_fonts *fonts)
{
    if (text->count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "the text is empty");
    if (ts_text_box(ctx, &line->probe, text, fonts, 50, 0, text->count))
        return ctx->status;
    const double w = (double)at_least(line->probe.right - line->probe.left, 5);
    const double h = (double)at_least(line->probe.bottom - line->probe.top, 5);
    const double across = TS_LINE_WIDTH * 0.9 / w, down = TS_LINE_HEIGHT * 0.9 / h;
    line->ratio = across < down ? across : down;
    line->size = (int64_t)(50 * line->ratio);
    if (line->size < 1)
        return ts_fail(ctx, TS_ERROR_USAGE, "a text of %lld characters is too long for a line",
                       (long long)text->count);
    if (ts_text_box(ctx, &line->box, text, fonts, line->size, 0, text->count))
        return ctx->status;
    line->width = line->box.right - line->box.left;
    line->height = line->box.bottom;
    line->x = half(TS_LINE_WIDTH - line->width);
    line->y = half(TS_LINE_HEIGHT - line->height) - half(line->box.top);
    return TS_OK;
}

ts_status ts_draw_line(ts_ctx *ctx, ts_line_glyph *line, uint8_t *picture, const char *utf8,
                       const ts_fonts *fonts)
{
    ts_text text;
    *line = (ts_line_glyph){0};
    memset(picture, 0, (size_t)TS_LINE_WIDTH * TS_LINE_HEIGHT);
    if (ts_text_set(ctx, &text, utf8, fonts))
        return ctx->status;
    if (!measure(ctx, line, &text, fonts))
        ts_text_draw_sharp(ctx, picture, &text, fonts, line->size, line->x, line->y,
                           TS_LINE_HEIGHT, TS_LINE_WIDTH);
    ts_text_free(&text);
    return ctx->status;
}
