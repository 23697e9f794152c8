/* modules.c: glyph.line, glyph.placed and glyph.position_mask, on the rows of golden cases.
 *
 * A row answers with "out_basic_layout": what the cases hold for Pillow's basic layout.
 * A row that cannot be drawn answers with "error", a sentence, beside what was found before it. The
 * published last step of a placed glyph is error diffusion; --set last=threshold is ours.
 * Test: tests/glyph/test_modules.c. */
#include "ref/glyph/modules.h"

#include "ref/glyph/fill.h"
#include "ref/glyph/line.h"
#include "ref/glyph/placed.h"
#include "ref/io/limits.h"

#include <stdio.h>
#include <string.h>

/* Fonts are opened once for all rows. */
typedef struct {
    ts_font *font[TS_MAX_FONTS];
    const char *name[TS_MAX_FONTS];
    int count;
} shelf;

static void shelf_close(shelf *s)
{
    for (int i = 0; i < s->count; i++)
        ts_font_close(s->font[i]);
}

static ts_font *shelf_get(ts_ctx *ctx, shelf *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->name[i], name) == 0)
            return s->font[i];
    if (s->count == TS_MAX_FONTS) {
        ts_fail(ctx, TS_ERROR_USAGE, "more than %d fonts in one case", TS_MAX_FONTS);
        return NULL;
    }
    ts_font *font = ts_font_open(ctx, name);
    if (font) {
        s->font[s->count] = font;
        s->name[s->count++] = name;
    }
    return font;
}

static const char *row_text(ts_ctx *ctx, const json_t *row, const char *key, size_t index)
{
    const json_t *value = json_object_get(row, key);
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value)) {
        ts_fail(ctx, TS_ERROR_FORMAT, "row %zu: \"%s\" must be a text%s", index, key,
                text ? " without \\u0000" : "");
        return NULL;
    }
    return text;
}

static int64_t row_int(ts_ctx *ctx, const json_t *row, const char *key, int64_t otherwise,
                       size_t index)
{
    const json_t *v = json_object_get(row, key);
    if (v && (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > 65536))
        ts_fail(ctx, TS_ERROR_FORMAT, "row %zu: \"%s\" must be an integer from 1 to 65536", index,
                key);
    return v ? (int64_t)json_integer_value(v) : otherwise;
}

/* One answer: rows are walked with the fonts at hand. */
typedef ts_status (*row_run)(ts_ctx *ctx, json_t *answer, const ts_call *call, const json_t *row,
                             const ts_fonts *fonts, size_t index);

static ts_status run_row(ts_ctx *ctx, ts_call *call, shelf *s, size_t i, row_run run)
{
    const json_t *row = json_array_get(call->rows, i);
    const char *name = row_text(ctx, row, "font", i);
    ts_fonts fonts = {.count = 1, .draw_missing = true};
    fonts.font[0] = name ? shelf_get(ctx, s, name) : NULL;
    json_t *answer = json_object(); /* borrowed from here on: the list holds it */
    json_t *outer = json_pack("{s:o}", "out_basic_layout", answer);
    if (!outer || json_array_append_new(call->answer, outer))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the answer of row %zu", i);
    return ctx->status ? ctx->status : run(ctx, answer, call, row, &fonts, i);
}

static ts_status run_rows(ts_ctx *ctx, ts_call *call, row_run run)
{
    if (!json_is_array(call->rows))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s runs on the rows of a JSON case", call->module);
    shelf s = {0};
    if (!call->answer)
        call->answer = json_array();
    if (!call->answer)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
    for (size_t i = 0; !ctx->status && i < json_array_size(call->rows); i++)
        run_row(ctx, call, &s, i, run);
    shelf_close(&s);
    return ctx->status;
}

/* Jansson reports a failed allocation by NULL, which json_object_set_new refuses in turn. */
static ts_status put(ts_ctx *ctx, json_t *answer, const char *key, json_t *value)
{
    if (json_object_set_new(answer, key, value))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for an answer");
    return TS_OK;
}

static json_t *pair(int64_t a, int64_t b)
{
    return json_pack("[I, I]", (json_int_t)a, (json_int_t)b);
}

static json_t *box_of(const ts_box *b)
{
    return json_pack("[I, I, I, I]", (json_int_t)b->left, (json_int_t)b->top, (json_int_t)b->right,
                     (json_int_t)b->bottom);
}

/* The box of the set pixels (null without any) and how many there are. */
static void put_picture(ts_ctx *ctx, json_t *answer, const uint8_t *picture, int64_t height,
                        int64_t width)
{
    int64_t set = 0;
    ts_box b = {width, height, 0, 0};
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            if (picture[y * width + x]) {
                set++;
                b.left = x < b.left ? x : b.left;
                b.top = y < b.top ? y : b.top;
                b.right = x >= b.right ? x + 1 : b.right;
                b.bottom = y >= b.bottom ? y + 1 : b.bottom;
            }
    put(ctx, answer, "picture_bbox", set ? box_of(&b) : json_null());
    put(ctx, answer, "pixels", json_integer((json_int_t)set));
}

/* Turns a failure that belongs to the row into its "error". */
static ts_status settle(ts_ctx *ctx, json_t *answer)
{
    if (ctx->status != TS_ERROR_USAGE)
        return ctx->status;
    json_t *sentence = json_string(ctx->message);
    ts_ctx_clear(ctx);
    return put(ctx, answer, "error", sentence);
}

static ts_status run_line(ts_ctx *ctx, json_t *answer, const ts_call *call, const json_t *row,
                          const ts_fonts *fonts, size_t index)
{
    (void)call;
    const char *text = row_text(ctx, row, "text", index);
    if (!text)
        return ctx->status;
    uint8_t *picture = ts_alloc((size_t)TS_LINE_WIDTH * TS_LINE_HEIGHT);
    if (!picture)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a line glyph");
    ts_line_glyph g;
    if (!ts_draw_line(ctx, &g, picture, text, fonts)) {
        put(ctx, answer, "bbox_50", box_of(&g.probe));
        put(ctx, answer, "ratio", json_real(g.ratio));
        put(ctx, answer, "size", json_integer((json_int_t)g.size));
        put(ctx, answer, "getsize", pair(g.width, g.height));
        put(ctx, answer, "getoffset", pair(g.box.left, g.box.top));
        put(ctx, answer, "x", json_integer((json_int_t)g.x));
        put(ctx, answer, "y", json_integer((json_int_t)g.y));
        put_picture(ctx, answer, picture, TS_LINE_HEIGHT, TS_LINE_WIDTH);
    }
    ts_free(picture);
    return settle(ctx, answer);
}

static void put_geometry(ts_ctx *ctx, json_t *answer, const ts_placement *p)
{
    const ts_rect *r = &p->rect;
    put(ctx, answer, "center", json_pack("[f, f]", (double)r->center.x, (double)r->center.y));
    put(ctx, answer, "size", json_pack("[f, f]", (double)r->width, (double)r->height));
    put(ctx, answer, "angle_raw", json_real((double)r->angle));
    put(ctx, answer, "angle", json_real(p->angle));
    put(ctx, answer, "vertical", json_boolean(p->vertical));
    put(ctx, answer, "box",
        json_pack("[o, o, o, o]", pair(p->corner[0][0], p->corner[0][1]),
                  pair(p->corner[1][0], p->corner[1][1]), pair(p->corner[2][0], p->corner[2][1]),
                  pair(p->corner[3][0], p->corner[3][1])));
}

static void put_text(ts_ctx *ctx, json_t *answer, const ts_placement *p)
{
    ts_ctx words; /* the row may have failed already: its sentence stays */
    ts_ctx_open_plain(&words);
    char *text = ts_text_utf8(&words, &p->text);
    put(ctx, answer, "font_size", json_real(p->font_size));
    put(ctx, answer, "font_size_int", json_integer((json_int_t)p->font_size));
    put(ctx, answer, "probe_size", pair(p->probe[0], p->probe[1]));
    put(ctx, answer, "text_after", text ? json_string(text) : NULL);
    put(ctx, answer, "spaces", json_integer((json_int_t)p->spaces));
    ts_free(text);
    ts_ctx_close(&words);
}

static void put_position(ts_ctx *ctx, json_t *answer, const ts_placement *p)
{
    put(ctx, answer, "text_bbox", box_of(&p->box));
    if (p->vertical) {
        put(ctx, answer, "x_s", json_integer((json_int_t)p->x));
        put(ctx, answer, "y_end", json_integer((json_int_t)p->y_end));
    }
    put(ctx, answer, "layer_size", pair(p->layer[0], p->layer[1]));
    put(ctx, answer, "paste", pair(p->paste[0], p->paste[1]));
}

static ts_status read_polygon(ts_ctx *ctx, ts_point **points, int64_t *count, const json_t *list,
                              int64_t scale, size_t index)
{
    *count = (int64_t)json_array_size(list);
    *points = ts_alloc((size_t)(*count + 1) * sizeof **points);
    if (!*points)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a polygon");
    for (int64_t i = 0; i < *count; i++) {
        const json_t *p = json_array_get(list, (size_t)i);
        const json_t *x = json_array_get(p, 0), *y = json_array_get(p, 1);
        if (!json_is_number(x) || !json_is_number(y))
            return ts_fail(ctx, TS_ERROR_FORMAT, "row %zu: \"polygon\" must be a list of [x, y]",
                           index);
        (*points)[i] = (ts_point){(float)(json_number_value(x) * (double)scale),
                                  (float)(json_number_value(y) * (double)scale)};
    }
    return TS_OK;
}

static ts_status draw_row(ts_ctx *ctx, json_t *answer, ts_placement *p, const ts_fonts *fonts,
                          ts_last_step last, int64_t height, int64_t width)
{
    uint8_t *picture = ts_alloc((size_t)(height * width));
    if (!picture)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a placed glyph");
    if (!ts_draw_placed(ctx, picture, p, fonts, last, height, width))
        put_picture(ctx, answer, picture, height, width);
    ts_free(picture);
    return ctx->status;
}

static ts_status run_placed(ts_ctx *ctx, json_t *answer, const ts_call *call, const json_t *row,
                            const ts_fonts *fonts, size_t index)
{
    const char *text = row_text(ctx, row, "text", index);
    const char *last = ts_call_text(ctx, call, "last", "dither");
    const int64_t scale = row_int(ctx, row, "scale", 1, index);
    const int64_t height = row_int(ctx, row, "height", 512, index) * scale;
    const int64_t width = row_int(ctx, row, "width", 512, index) * scale;
    if (!ctx->status && strcmp(last, "dither") != 0 && strcmp(last, "threshold") != 0)
        ts_fail(ctx, TS_ERROR_USAGE, "last: must be dither or threshold, not \"%s\"", last);
    else if (!ctx->status && width > TS_LIMIT_PIXELS / height)
        ts_fail(ctx, TS_ERROR_FORMAT, "row %zu: %lld x %lld pixels, at most %lld are allowed", index,
                (long long)width, (long long)height, (long long)TS_LIMIT_PIXELS);
    if (ctx->status)
        return ctx->status;
    ts_point *points;
    int64_t count;
    ts_placement p = {0};
    if (!read_polygon(ctx, &points, &count, json_object_get(row, "polygon"), scale, index)) {
        const ts_polygon polygon = {points, count};
        const ts_status status = ts_place(ctx, &p, text, polygon, fonts, height, width);
        put_geometry(ctx, answer, &p);
        if (p.probe[1])
            put_text(ctx, answer, &p);
        if (!status) {
            put_position(ctx, answer, &p);
            draw_row(ctx, answer, &p, fonts, last[0] == 'd' ? TS_DITHER : TS_THRESHOLD, height,
                     width);
        }
    }
    ts_placement_free(&p);
    ts_free(points);
    return settle(ctx, answer);
}

static ts_status line_module(ts_ctx *ctx, ts_call *call)
{
    return run_rows(ctx, call, run_line);
}

static ts_status placed_module(ts_ctx *ctx, ts_call *call)
{
    return run_rows(ctx, call, run_placed);
}

/* Polygon k of the inputs; its points are the arena's. count 0: there is no such input. */
static ts_polygon input_polygon(ts_ctx *ctx, const ts_call *call, int k)
{
    char name[32];
    snprintf(name, sizeof name, "polygon.%d", k);
    const ts_tensor t = ts_call_optional(call, name);
    if (ts_is_empty(t) || ts_expect(ctx, t, name, 2, (const int64_t[]){-1, 2}))
        return (ts_polygon){0};
    ts_point *points = ts_take(ctx, (size_t)ts_size(t, 0) * sizeof *points);
    for (int64_t i = 0; points && i < ts_size(t, 0); i++) {
        const int64_t at = i * t.stride[0];
        points[i] = (ts_point){(float)ts_load(t.data, t.dtype, at),
                               (float)ts_load(t.data, t.dtype, at + t.stride[1])};
    }
    return (ts_polygon){points, points ? ts_size(t, 0) : 0};
}

static void put_masks(ts_ctx *ctx, ts_call *call, ts_polygon polygon, int k, int64_t height,
                      int64_t width)
{
    static const char *const kind[] = {"fill", "dilate1", "erode1", "dilate2", "erode2"};
    for (int c = 0; c < 5 && !ctx->status; c++) {
        char name[32];
        snprintf(name, sizeof name, "%s.%d", kind[c], k);
        ts_tensor mask = ts_new(ctx, TS_U8, 2, (const int64_t[]){height, width});
        if (mask.data &&
            !ts_position_mask(ctx, mask.data, polygon, (ts_mask_change)c, height, width))
            ts_call_output(ctx, call, name, mask);
    }
}

enum { MAX_POLYGONS = 255, HINTED = 3 };

static ts_status mask_module(ts_ctx *ctx, ts_call *call)
{
    const int64_t height = ts_call_int(ctx, call, "height", 512);
    const int64_t width = ts_call_int(ctx, call, "width", 512);
    ts_polygon polygons[MAX_POLYGONS];
    int count = 0;
    if (!ctx->status && (height < 1 || width < 1 || height > 65536 || width > 65536))
        return ts_fail(ctx, TS_ERROR_USAGE, "height and width must be from 1 to 65536");
    ts_call_input(ctx, call, "polygon.0");
    for (; count < MAX_POLYGONS && !ctx->status; count++) {
        polygons[count] = input_polygon(ctx, call, count);
        if (!polygons[count].count)
            break;
        put_masks(ctx, call, polygons[count], count, height, width);
    }
    const int lines = count < HINTED ? count : HINTED;
    ts_tensor hint = ts_new_zero(ctx, TS_U8, 2, (const int64_t[]){height, width});
    ts_tensor numbers = ts_new(ctx, TS_U8, 2, (const int64_t[]){height, width});
    for (int i = 0; i < lines && !ctx->status; i++)
        ts_fill_polygon(ctx, hint.data, polygons[i].points, polygons[i].count, UINT8_MAX, height,
                        width);
    if (ctx->status || ts_line_numbers(ctx, numbers.data, polygons, lines, height, width))
        return ctx->status;
    ts_call_output(ctx, call, "hint", hint);
    ts_call_output(ctx, call, "attnmask", numbers);
    return ctx->status;
}

const ts_module ts_glyph_modules[] = {
    {"glyph.line", "rows of text, font",
     "out_basic_layout with bbox_50, ratio, size, getsize, getoffset, x, y, picture_bbox, pixels",
     "", "a text as large as 512 x 80 pixels allow", line_module},
    {"glyph.placed", "rows of text, polygon, font, width, height, scale",
     "out_basic_layout with center, size, angle, vertical, box, font_size, text_after, pixels",
     "last", "a text put into a polygon's minimum-area rectangle", placed_module},
    {"glyph.position_mask", "polygon.0 (N, 2); [polygon.1 (N, 2)]",
     "fill.0 (H, W); dilate1.0; erode1.0; dilate2.0; erode2.0; hint (H, W); attnmask (H, W)",
     "height width", "filled polygons, dilated and eroded; of the first three: hint and attnmask",
     mask_module},
    {0},
};
