/* placed.c: a text fitted into the minimum-area rectangle of a polygon.
 *
 *   direction   angle = -rect.angle, + 90 when rect.width < rect.height
 *   vertical    within 10 degrees of an axis and the corners' box at least as high as wide
 *   size        s, l = short and long side; s high, the text is w = s * probe_right / probe_bottom
 *               wide. w <= l: size = 0.80 s, after as many blanks between the characters as still
 *               fit (not vertical). Otherwise size = s / (w / l) * 0.85 (vertical 0.75). Cut to an
 *               integer.
 *   position    the box's middle on the rectangle's centre; vertical: from the corners' top
 *               downwards, each character as far below the last one as that one's box reaches
 *   turning     the layer with the text is turned about the centre (nearest pixel) onto a canvas
 *               that holds all of it, and laid over the picture with both middles together
 *   last step   to black and white: threshold, or as published by error diffusion
 *
 * Pitfalls: probe_bottom is measured from the line's top, so it holds the gap above the letters.
 * The text's height stands for a character's width when they are stacked. The turned canvas is put
 * at (picture - canvas) / 2 cut towards zero.
 *
 * Source: draw_glyph2 of the published data set class (from AnyText); Pillow's Image.rotate.
 * Test: tests/glyph/test_placed.c, golden data/goldens/glyph/placed.json. */
#include "ref/glyph/placed.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"

#include <string.h>

static const double upright_within = 10.0; /* degrees */
static const int64_t most_spaces = 99;

static double fmod90(double v) /* v >= 0 */
{
    return v - 90.0 * floor(v / 90.0);
}

static ts_status find_direction(ts_ctx *ctx, ts_placement *p, ts_polygon polygon)
{
    ts_point corner[4];
    if (ts_min_area_rect(ctx, &p->rect, polygon.points, polygon.count))
        return ctx->status;
    ts_rect_corners(corner, &p->rect);
    int64_t low[2] = {INT64_MAX, INT64_MAX}, high[2] = {INT64_MIN, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        p->corner[i][0] = (int64_t)corner[i].x;
        p->corner[i][1] = (int64_t)corner[i].y;
        for (int k = 0; k < 2; k++) {
            low[k] = p->corner[i][k] < low[k] ? p->corner[i][k] : low[k];
            high[k] = p->corner[i][k] > high[k] ? p->corner[i][k] : high[k];
        }
    }
    double angle = (double)p->rect.angle;
    angle = angle < -45.0 ? angle + 90.0 : angle; /* only when the points are on a line */
    p->angle = -angle + (p->rect.width < p->rect.height ? 90.0 : 0.0);
    const double off = fmod90(fabs(p->angle));
    const bool along_axis = off < upright_within || fmod90(90.0 - off) < upright_within;
    p->vertical = along_axis && high[1] - low[1] >= high[0] - low[0];
    if (p->vertical) {
        p->angle = 0;
        p->x = (double)(low[0] + (high[0] - low[0]) / 2);
        p->y = (double)low[1];
    }
    return TS_OK;
}

static double short_side(const ts_placement *p)
{
    return (double)(p->rect.width < p->rect.height ? p->rect.width : p->rect.height);
}

static double long_side(const ts_placement *p)
{
    return (double)(p->rect.width < p->rect.height ? p->rect.height : p->rect.width);
}

/* The text's width if its box at the probe's size were as high as the rectangle's short side. */
static ts_status fitted_width(ts_ctx *ctx, double *width, ts_box *box, const ts_placement *p,
                              const ts_text *text, const ts_fonts *fonts)
{
    if (ts_text_box(ctx, box, text, fonts, TS_PROBE_SIZE, 0, text->count))
        return ctx->status;
    if (box->bottom <= 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "the text has no height");
    *width = short_side(p) * ((double)box->right / (double)box->bottom);
    return TS_OK;
}

/* As many blanks between the characters as fit. */
static ts_status widen(ts_ctx *ctx, ts_placement *p, const ts_fonts *fonts)
{
    int64_t spaces = 1;
    for (; spaces <= most_spaces; spaces++) {
        ts_text wide;
        ts_box box;
        double width = 0;
        if (ts_text_widen(ctx, &wide, &p->text, spaces, fonts))
            return ctx->status;
        const ts_status status = fitted_width(ctx, &width, &box, p, &wide, fonts);
        ts_text_free(&wide);
        if (status || width > long_side(p))
            break;
    }
    /* as published: when all 99 fit, the last one tried is taken back, too */
    p->spaces = (spaces > most_spaces ? most_spaces : spaces) - 1;
    ts_text wide;
    if (ctx->status || ts_text_widen(ctx, &wide, &p->text, p->spaces, fonts))
        return ctx->status;
    ts_text_free(&p->text);
    p->text = wide;
    return TS_OK;
}

static ts_status find_size(ts_ctx *ctx, ts_placement *p, const ts_fonts *fonts)
{
    double width = 0;
    ts_box box;
    if (p->text.count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "the text is empty");
    if (fitted_width(ctx, &width, &box, p, &p->text, fonts))
        return ctx->status;
    p->probe[0] = box.right;
    p->probe[1] = box.bottom;
    if (width > long_side(p)) {
        p->font_size = short_side(p) / (width / long_side(p)) * (p->vertical ? 0.75 : 0.85);
    } else {
        if (p->text.count > 1 && !p->vertical && widen(ctx, p, fonts))
            return ctx->status;
        p->font_size = short_side(p) * 0.80;
    }
    if (p->font_size < 1.0)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "a region of %.1f x %.1f pixels is too small for its text: the letters "
                       "would be less than a pixel high", long_side(p), short_side(p));
    if (p->font_size > TS_MAX_FONT_SIZE)
        return ts_fail(ctx, TS_ERROR_USAGE, "a region of %.0f x %.0f pixels is too large",
                       long_side(p), short_side(p));
    return TS_OK;
}

static int64_t half(int64_t v) /* towards minus infinity */
{
    return v >= 0 ? v / 2 : -((1 - v) / 2);
}

static ts_status find_position(ts_ctx *ctx, ts_placement *p, const ts_fonts *fonts)
{
    const int64_t size = (int64_t)p->font_size;
    if (ts_text_box(ctx, &p->box, &p->text, fonts, size, 0, p->text.count))
        return ctx->status;
    const int64_t width = p->box.right - p->box.left, height = p->box.bottom - p->box.top;
    if (!p->vertical) {
        p->x = (double)p->rect.center.x - (double)half(width);
        p->y = (double)p->rect.center.y - (double)half(height) - (double)p->box.top;
        return TS_OK;
    }
    p->x -= (double)half(height);
    p->y_end = p->y;
    for (int64_t i = 0; i < p->text.count; i++) {
        ts_box box;
        if (ts_text_box(ctx, &box, &p->text, fonts, size, i, 1))
            return ctx->status;
        p->y_end += (double)box.bottom;
    }
    return TS_OK;
}

/* Where a pixel of the turned layer comes from: (a x + b y + c, d x + e y + f). */
typedef struct {
    double a, b, c, d, e, f;
} affine;

static double fifteen_places(double v)
{
    return nearbyint(v * 1e15) / 1e15; /* a quarter turn is exact */
}

/* The turn, and the size of the canvas that holds the whole layer (Pillow's rotate with expand). */
static affine find_turn(ts_placement *p, int64_t height, int64_t width)
{
    const double radians = -p->angle * (3.14159265358979323846 / 180.0);
    const double cosine = fifteen_places(ts_cos(radians)), sine = fifteen_places(ts_sin(radians));
    const double x = (double)p->rect.center.x, y = (double)p->rect.center.y;
    affine m = {cosine, sine, 0, -sine, cosine, 0};
    m.c = x - (m.a * x + m.b * y);
    m.f = y - (m.d * x + m.e * y);
    double low[2] = {(double)INFINITY, (double)INFINITY}, high[2] = {-(double)INFINITY, -(double)INFINITY};
    for (int i = 0; i < 4; i++) {
        const double cx = i & 1 ? (double)width : 0.0, cy = i & 2 ? (double)height : 0.0;
        const double v[2] = {m.a * cx + m.b * cy + m.c, m.d * cx + m.e * cy + m.f};
        for (int k = 0; k < 2; k++) {
            low[k] = v[k] < low[k] ? v[k] : low[k];
            high[k] = v[k] > high[k] ? v[k] : high[k];
        }
    }
    p->layer[0] = (int64_t)(ceil(high[0]) - floor(low[0]));
    p->layer[1] = (int64_t)(ceil(high[1]) - floor(low[1]));
    p->paste[0] = (width - p->layer[0]) / 2;
    p->paste[1] = (height - p->layer[1]) / 2;
    const double dx = -(double)(p->layer[0] - width) / 2, dy = -(double)(p->layer[1] - height) / 2;
    m.c += m.a * dx + m.b * dy;
    m.f += m.d * dx + m.e * dy;
    return m;
}

ts_status ts_place(ts_ctx *ctx, ts_placement *placement, const char *utf8, ts_polygon polygon,
                   const ts_fonts *fonts, int64_t height, int64_t width)
{
    *placement = (ts_placement){0};
    if (height < 1 || width < 1 || (float)height > TS_MAX_COORDINATE ||
        (float)width > TS_MAX_COORDINATE)
        return ts_fail(ctx, TS_ERROR_USAGE, "a picture of %lld x %lld pixels", (long long)width,
                       (long long)height);
    if (!find_direction(ctx, placement, polygon) &&
        !ts_text_set(ctx, &placement->text, utf8, fonts) &&
        !find_size(ctx, placement, fonts) && !find_position(ctx, placement, fonts))
        find_turn(placement, height, width);
    return ctx->status;
}

void ts_placement_free(ts_placement *placement)
{
    ts_text_free(&placement->text);
}

static ts_status draw_upright(ts_ctx *ctx, uint8_t *layer, const ts_placement *p,
                              const ts_fonts *fonts, int64_t height, int64_t width)
{
    const int64_t size = (int64_t)p->font_size, n = p->text.count;
    ts_shape shape;
    if (ts_shape_open(ctx, &shape, height, width))
        return ctx->status;
    if (!p->vertical) {
        ts_text_draw(ctx, &shape, &p->text, fonts, size, p->x, p->y, 0, n);
        ts_shape_paint(&shape, layer, 0);
    }
    double y = p->y;
    for (int64_t i = 0; p->vertical && i < n && !ctx->status; i++) {
        ts_box box;
        if (!ts_text_box(ctx, &box, &p->text, fonts, size, i, 1))
            ts_text_draw(ctx, &shape, &p->text, fonts, size, p->x, y, i, 1);
        y += (double)box.bottom;
    }
    if (p->vertical)
        ts_shape_paint(&shape, layer, 0);
    ts_shape_close(&shape);
    return ctx->status;
}

/* Nearest pixel: the one in whose square the middle of the turned pixel falls. */
static void turn_onto(uint8_t *picture, const uint8_t *layer, const ts_placement *p,
                      const affine *m, int64_t height, int64_t width)
{
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            const double lx = (double)(x - p->paste[0]) + 0.5, ly = (double)(y - p->paste[1]) + 0.5;
            const double sx = floor(m->a * lx + m->b * ly + m->c);
            const double sy = floor(m->d * lx + m->e * ly + m->f);
            const bool inside = lx > 0 && ly > 0 && lx < (double)p->layer[0] &&
                                ly < (double)p->layer[1] && sx >= 0 && sy >= 0 &&
                                sx < (double)width && sy < (double)height;
            picture[y * width + x] = inside ? layer[(int64_t)sy * width + (int64_t)sx] : 0;
        }
}

/* Floyd-Steinberg in whole numbers: 7, 3, 5 and 1 sixteenths of the error go right, below left,
 * below and below right. `next` holds what the row above left for x - 1, in sixteenths. */
static void dither(uint8_t *picture, int *next, int64_t height, int64_t width)
{
    for (int64_t y = 0; y < height; y++) {
        int ahead = 0, before = 0, below = 0; /* of the pixels passed */
        for (int64_t x = 0; x < width; x++) {
            uint8_t *v = &picture[y * width + x];
            int wanted = *v + (ahead + next[x + 1]) / 16;
            wanted = wanted < 0 ? 0 : wanted > 255 ? 255 : wanted;
            *v = wanted > 128 ? 255 : 0;
            const int error = wanted - *v;
            next[x] = 3 * error + before;
            before = 5 * error + below;
            below = error;
            ahead = 7 * error;
        }
        next[width] = before;
    }
}

ts_status ts_draw_placed(ts_ctx *ctx, uint8_t *picture, ts_placement *placement,
                         const ts_fonts *fonts, ts_last_step last, int64_t height, int64_t width)
{
    const size_t n = (size_t)(height * width);
    uint8_t *layer = ts_alloc_zero(n, 1);
    int *errors = last == TS_DITHER ? ts_alloc_zero((size_t)width + 1, sizeof *errors) : NULL;
    if (!layer || (last == TS_DITHER && !errors))
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to draw on %lld x %lld pixels", (long long)width,
                (long long)height);
    else if (!draw_upright(ctx, layer, placement, fonts, height, width)) {
        const affine m = find_turn(placement, height, width);
        turn_onto(picture, layer, placement, &m, height, width);
        if (last == TS_DITHER)
            dither(picture, errors, height, width);
        for (size_t i = 0; i < n && last == TS_THRESHOLD; i++)
            picture[i] = picture[i] >= 128 ? 255 : 0;
    }
    ts_free(layer);
    ts_free(errors);
    return ctx->status;
}
