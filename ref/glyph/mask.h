/* mask.h: masks of text positions, and the regions of a mask picture.
 *
 * A mask is uint8_t[height * width], row by row. Position masks hold 0 and 255; a mask picture
 * counts as set from 128 on. */
#ifndef TS_GLYPH_MASK_H
#define TS_GLYPH_MASK_H

#include "ref/glyph/rect.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A polygon of the caller's memory. */
typedef struct {
    const ts_point *points;
    int64_t count;
} ts_polygon;

/* Greatest (least) value of the 3 x 3 neighbourhood, `steps` times; what is outside of the picture
 * counts as less (more) than everything. out may equal in. Fails with TS_ERROR_MEMORY. */
ts_status ts_dilate(struct ts_ctx *ctx, uint8_t *out, const uint8_t *in, int steps, int64_t height,
                    int64_t width);
ts_status ts_erode(struct ts_ctx *ctx, uint8_t *out, const uint8_t *in, int steps, int64_t height,
                   int64_t width);

/* What training does to a filled polygon, to let the model see masks that do not fit exactly: which
 * one is drawn at random (keep 70 %, then 10, 10, 5 and 5 %). */
typedef enum {
    TS_MASK_KEEP,
    TS_MASK_DILATE1,
    TS_MASK_ERODE1,
    TS_MASK_DILATE2,
    TS_MASK_ERODE2
} ts_mask_change;

/* The mask of one line of text: the filled polygon (255), changed. A polygon whose minimum-area
 * rectangle has a side under 20 pixels is never eroded: as published, the choice then falls to the
 * next branch, so ERODE1 dilates twice, and ERODE2 keeps. Fails like ts_fill_polygon. */
ts_status ts_position_mask(struct ts_ctx *ctx, uint8_t *mask, ts_polygon polygon,
                           ts_mask_change change, int64_t height, int64_t width);

/* For every pixel the number (from 1) of the first of `count` <= 255 polygons that covers it. */
ts_status ts_line_numbers(struct ts_ctx *ctx, uint8_t *numbers, const ts_polygon *polygons,
                          int64_t count, int64_t height, int64_t width);

/* The regions of a mask picture: its 8-connected components, in the order of their first pixels
 * (from top to bottom, in a row from left to right), each as its convex hull. */
typedef struct {
    int64_t count;
    ts_polygon *polygons; /* into points */
    int64_t *pixels;      /* how many pixels each region has */
    ts_point *points;
} ts_regions;

enum { TS_MAX_REGIONS = 4096 };

/* Fails with TS_ERROR_USAGE when nothing is set or there are more than TS_MAX_REGIONS regions (a
 * photograph taken for a mask), TS_ERROR_MEMORY. The regions are freed with ts_regions_free. */
ts_status ts_regions_of_mask(struct ts_ctx *ctx, ts_regions *regions, const uint8_t *mask,
                             int64_t height, int64_t width);
void ts_regions_free(ts_regions *regions);

#ifdef __cplusplus
}
#endif
#endif
