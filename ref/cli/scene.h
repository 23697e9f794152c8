/* scene.h: what `edit` and `glyph` are given, at the size at which it is worked on. */
#ifndef TS_CLI_SCENE_H
#define TS_CLI_SCENE_H

#include "ref/cli/fonts.h"
#include "ref/cli/places.h"
#include "ref/io/picture.h"

#include <stdio.h>

#define TS_SCENE_OPTIONS                                                                           \
    TS_PLACES_OPTIONS, {"--text", "TEXT", "the new text, one for each region (often)"},            \
        TS_FONT_OPTION,                                                                            \
        {"--size", "WxH", "working size, cut to multiples of 16; default: the picture's"},         \
        {"--max-characters", "N", "of a text, the rest is cut (default 20; 0: no limit)"},         \
        {"--dither", NULL, "edges of letters dithered, as published; default: a threshold"}

typedef struct {
    ts_picture photo;      /* --image as it is in the file; zeros without one */
    ts_places places;      /* at the photo's size, or at --size, or at the mask's */
    char **texts;          /* --text, cut to the length that is drawn */
    int64_t text_count;
    int64_t cut;           /* characters of texts that were cut */
    int64_t asked_height, asked_width;
    int64_t height, width; /* those, cut to multiples of 16 */
    uint8_t *picture;      /* (height, width, 3); NULL without --image */
    uint8_t *mask;         /* (height, width), 0 and 255 */
    uint8_t *glyph;        /* the same; NULL unless drawn */
} ts_scene;

/* Reads picture, places and texts, and draws the texts if `draw`; otherwise there need not be any.
 * To be freed also after a failure. */
ts_status ts_scene_read(ts_ctx *ctx, ts_scene *scene, const ts_options *o, bool draw);
void ts_scene_free(ts_scene *scene);

/* Says when the working size is not the one asked for, and when texts were cut. */
void ts_scene_say(FILE *to, const ts_scene *scene);

/* "640x480". */
ts_status ts_size_read(ts_ctx *ctx, const char *name, const char *text, int64_t *width,
                       int64_t *height);

#endif
