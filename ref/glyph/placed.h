/* placed.h: a text put into a polygon of a picture. */
#ifndef TS_GLYPH_PLACED_H
#define TS_GLYPH_PLACED_H

#include "ref/glyph/mask.h"
#include "ref/glyph/text.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of the grey pixels at the edges of letters in the end. */
typedef enum {
    TS_THRESHOLD, /* 128 and more is white */
    TS_DITHER     /* Floyd-Steinberg error diffusion: what was published (Pillow's convert("1")) */
} ts_last_step;

enum { TS_PROBE_SIZE = 60 };

/* Everything that placing decides. Filled up to the point of a failure. */
typedef struct {
    ts_rect rect;          /* around the polygon; its angle as measured */
    double angle;          /* of the text, degrees, counter-clockwise; 0 when vertical */
    bool vertical;         /* characters stacked, not turned */
    int64_t corner[4][2];  /* of rect, fractions cut off */
    int64_t probe[2];      /* right and bottom of the text's box at TS_PROBE_SIZE */
    int64_t spaces;        /* inserted between the characters */
    ts_text text;          /* with the spaces; ts_placement_free */
    double font_size;      /* cut to a whole number for drawing */
    ts_box box;            /* of the text at that size */
    double x, y;           /* where the text (vertical: its first character) begins */
    double y_end;          /* vertical: below its last character */
    int64_t layer[2];      /* width and height of the turned layer */
    int64_t paste[2];      /* and where its corner goes in the picture */
} ts_placement;

/* Decides, on a picture of width x height pixels. Fails with TS_ERROR_USAGE: an empty text, a
 * polygon too small for a font of 1 pixel, see ts_text_set and ts_points_check; TS_ERROR_MEMORY. */
ts_status ts_place(struct ts_ctx *ctx, ts_placement *placement, const char *utf8,
                   ts_polygon polygon, const ts_fonts *fonts, int64_t height, int64_t width);
void ts_placement_free(ts_placement *placement);

/* Draws: picture[height * width] receives 255 where the text is, and 0 elsewhere. */
ts_status ts_draw_placed(struct ts_ctx *ctx, uint8_t *picture, ts_placement *placement,
                         const ts_fonts *fonts, ts_last_step last, int64_t height, int64_t width);

#ifdef __cplusplus
}
#endif
#endif
