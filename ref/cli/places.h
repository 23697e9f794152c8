/* places.h: where the new texts go: polygons and mask pictures of the command line. */
#ifndef TS_CLI_PLACES_H
#define TS_CLI_PLACES_H

#include "ref/cli/options.h"
#include "ref/glyph/mask.h"

#define TS_PLACES_OPTIONS                                                                          \
    {"--mask", "FILE", "white where texts go; each white patch is a region (often)"},        \
        {"--polygon", "POINTS", "a region: \"x,y x,y x,y ...\" in pixels of the picture (often)"}

typedef struct {
    ts_point *points;
    int64_t count;
    bool drawn; /* a --polygon, not a patch of a mask */
} ts_place_outline;

typedef struct {
    int64_t height, width; /* of the picture that the places are measured in */
    ts_place_outline *regions; /* as on the command line; a mask's as in ts_regions_of_mask */
    int64_t count, room;
    uint8_t *painted; /* (height, width): white of all mask pictures */
} ts_places;

/* Reads all --mask and --polygon for a picture of that size. Fails with TS_ERROR_USAGE: no place at
 * all, a polygon that cannot be read or lies outside of the picture, a mask of another size or
 * without white; and like ts_picture_read. To be freed also after a failure. */
ts_status ts_places_read(ts_ctx *ctx, ts_places *places, const ts_options *o, int64_t height,
                         int64_t width);
void ts_places_free(ts_places *places);

/* The size of the first --mask, for who has no other; false when there is none or it cannot be
 * read (the context then says why). */
bool ts_places_size(ts_ctx *ctx, const ts_options *o, int64_t *height, int64_t *width);

/* The regions for the same picture at another size: to[places->count], their points one after the
 * other in `points`, which has room for ts_places_points of them. Pixel centres stay centres. */
int64_t ts_places_points(const ts_places *places);
void ts_places_scaled(ts_polygon *to, ts_point *points, const ts_places *places, int64_t height,
                      int64_t width);

/* mask (height, width): 255 where any region is, at that size. A pixel is inside of a painted
 * region when its nearest pixel is, or when any pixel of the mask that falls on it is: nothing gets
 * lost by shrinking. */
ts_status ts_places_mask(ts_ctx *ctx, uint8_t *mask, const ts_places *places, int64_t height,
                         int64_t width);

#endif
