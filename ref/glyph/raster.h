/* raster.h: the area that an outline covers of each pixel. */
#ifndef TS_GLYPH_RASTER_H
#define TS_GLYPH_RASTER_H

#include "ref/base/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

/* A shape in picture coordinates (pixel (0, 0) is the square from 0 to 1), as straight lines, that
 * is being drawn. Opened for a picture, filled with closed outlines, painted, closed. */
typedef struct {
    float *area; /* [height * (width + 1)] */
    int64_t height, width;
} ts_shape;

ts_status ts_shape_open(struct ts_ctx *ctx, ts_shape *shape, int64_t height, int64_t width);
void ts_shape_close(ts_shape *shape);

/* A directed line, and a quadratic curve (end, control point, end) as lines. */
void ts_shape_line(ts_shape *shape, double x0, double y0, double x1, double y1);
void ts_shape_curve(ts_shape *shape, const double x[3], const double y[3]);

/* Lays the shape in white over the picture, uint8_t[height * width]: v + (255 - v) coverage; with
 * `sharp` every pixel covered at least by half becomes 255 and the rest stays. The shape is empty
 * again afterwards. */
void ts_shape_paint(ts_shape *shape, uint8_t *picture, int sharp);

#ifdef __cplusplus
}
#endif
#endif
