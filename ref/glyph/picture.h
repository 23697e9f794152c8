/* picture.h: glyph picture and mask for an edit: fonts, regions and texts in, two pictures out. */
#ifndef TS_GLYPH_PICTURE_H
#define TS_GLYPH_PICTURE_H

#include "ref/glyph/placed.h"
#include "ref/glyph/prompt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const ts_fonts *fonts;
    const ts_polygon *regions;
    int64_t region_count;
    const char *const *texts; /* UTF-8, one for each region */
    int64_t text_count;
    ts_last_step last;        /* TS_THRESHOLD: ours; TS_DITHER: as published */
    bool black_on_white;      /* for looking at; the model takes white on black */
    int64_t max_lines;        /* 0: TS_EVALUATION_LINES; training and published inference: 8 */
    int64_t max_characters;   /* of a line; 0: TS_LINE_CHARACTERS; negative: no limit */
} ts_glyph_job;

/* Draws text i into region i. glyph[height * width] receives 0 and 255. `cut`, which may be NULL,
 * receives how many characters were cut from lines that are too long, all together. Fails with
 * TS_ERROR_USAGE when the numbers of texts and regions differ, when there are none or too many, or
 * when a text cannot be drawn (the message begins with "text 2"); with TS_ERROR_MEMORY. */
ts_status ts_glyph_picture(struct ts_ctx *ctx, uint8_t *glyph, int64_t *cut,
                           const ts_glyph_job *job, int64_t height, int64_t width);

/* The mask of all regions: mask[height * width] receives 255 inside of any polygon, 0 elsewhere. */
ts_status ts_regions_mask(struct ts_ctx *ctx, uint8_t *mask, const ts_polygon *regions,
                          int64_t count, int64_t height, int64_t width);

/* One channel as three equal ones, pixel after pixel: rgb[3 * count]. */
void ts_three_channels(uint8_t *rgb, const uint8_t *gray, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
