/* rect.h: convex hull and minimum-area rectangle of a set of points.
 *
 * Picture coordinates: x to the right, y downwards, pixel centres at whole numbers. */
#ifndef TS_GLYPH_RECT_H
#define TS_GLYPH_RECT_H

#include "ref/base/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

typedef struct {
    float x, y;
} ts_point;

typedef struct {
    ts_point center;
    float width, height; /* width is the side that `angle` belongs to */
    float angle; /* degrees, clockwise on the screen; (0, 90] unless the points are on a line */
} ts_rect;

/* Coordinates beyond this are refused: up to here whole numbers and their products are exact. */
#define TS_MAX_COORDINATE 1048576.0f

/* Fails with TS_ERROR_USAGE unless there is a point and every coordinate is finite and in range. */
ts_status ts_points_check(struct ts_ctx *ctx, const ts_point *points, int64_t count);

/* The corners of the convex hull into hull[count] (room for all points), and how many there are:
 * 1 when all points are equal, 2 when they are on a line. They go from the rightmost point (of
 * several, the lowest on the screen) over the lower side of the picture to the leftmost and back;
 * if they are then in the order of the input, or in its reverse, they start at the first or last of
 * them instead. Fails: see ts_points_check; TS_ERROR_MEMORY. */
ts_status ts_convex_hull(struct ts_ctx *ctx, ts_point *hull, int64_t *corners,
                         const ts_point *points, int64_t count);

/* The rectangle of least area around the points, with the floats and the choice among equals of
 * OpenCV 4.5 to 4.x (cv::minAreaRect). Fails like ts_convex_hull. */
ts_status ts_min_area_rect(struct ts_ctx *ctx, ts_rect *rect, const ts_point *points,
                           int64_t count);

/* Its four corners in the order of cv::boxPoints. */
void ts_rect_corners(ts_point corner[4], const ts_rect *rect);

#ifdef __cplusplus
}
#endif
#endif
