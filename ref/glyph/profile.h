/* profile.h: an outline as the places where it crosses the middles of rows; inside of this room. */
#ifndef TS_GLYPH_PROFILE_H
#define TS_GLYPH_PROFILE_H

#include "ref/glyph/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stretch of a contour that only rises or only falls, with its crossings, lowest row first. */
typedef struct {
    int32_t start, height; /* rows [start, start + height) */
    int64_t at;            /* its first crossing */
    int32_t next;          /* the stretch that follows in the contour */
    uint8_t scan;          /* drop-out mode of the contour */
    bool up;
    bool over_top, over_bottom; /* it reaches half a pixel or more beyond its last row */
} ts_profile;

/* Numbers are in units of 1 / `one` pixel, counted from the middle of the first pixel. */
typedef struct {
    ts_profile *profile;
    int32_t count, room;
    int32_t *cross;
    int64_t crossings, cross_room;
    int32_t one, step;
    int32_t rows;
    /* while a contour is followed */
    int32_t first;      /* its first stretch */
    int direction;      /* 1 rising, -1 falling, 0 not known yet */
    int64_t x, y;       /* the last point */
    bool fresh, joint;  /* no crossing yet; the last one was exactly at a point */
    uint8_t scan;
    const char *error;
    bool memory;        /* the error is a lack of it */
} ts_profiles;

enum { TS_MAX_CROSSINGS = 1 << 24 };

/* Follows the glyph's contours, moved by (dx, dy) 64ths of a pixel (the corner of the picture is
 * then 0), through `rows` rows; with `turned` x and y are swapped. `memory` or `error` are set when
 * it fails. Freed with ts_profiles_free in any case. */
bool ts_profiles_of(ts_profiles *all, const ts_hinted *glyph, int32_t dx, int32_t dy,
                    bool turned, int64_t rows);
void ts_profiles_free(ts_profiles *all);

#ifdef __cplusplus
}
#endif
#endif
