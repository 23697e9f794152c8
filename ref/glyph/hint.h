/* hint.h: outlines as a font's own hinting programs shape them for drawing in black and white. */
#ifndef TS_GLYPH_HINT_H
#define TS_GLYPH_HINT_H

#include "ref/glyph/guard.h"
#include "ref/glyph/hint_machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A font at a size, with the outcome of its programs. */
typedef struct {
    const ts_sfnt *font;
    int64_t size;
    int32_t scale;   /* font units to 64ths of a pixel, 16.16 */
    bool works;      /* programs can be run for this font at this size */
    ts_machine *machine;
    int32_t *storage, *control_value; /* as the size's program left them: each glyph begins so */
    ts_hint_point *twilight;          /* original and now */
    ts_hint_state state;
} ts_hinter;

typedef struct {
    ts_hint_point *point; /* 64ths of a pixel, y upwards, the origin on the baseline */
    uint8_t *flags;       /* TS_ON_CURVE */
    int32_t *ends;        /* the last point of each contour */
    int8_t *scan;         /* of each contour: SCANTYPE; -1: as the contour before */
    int32_t points, contours;
    int32_t scan_first;   /* of what comes before the first contour that says something */
    int32_t advance;      /* whole pixels in 64ths */
    int64_t size;
    bool hinted;          /* programs were run */
} ts_hinted;

/* Runs the font's and the size's programs. When the font has none, or one of them fails, `works` is
 * false and every glyph keeps its designed outline. Its memory is the context's arena, and the
 * font must outlive it. TS_ERROR_MEMORY; TS_ERROR_USAGE for a size below 1 or beyond reason. */
ts_status ts_hinter_open(struct ts_ctx *ctx, ts_hinter *hinter, const ts_sfnt *font, int64_t size);

/* The outline of a usable glyph, in the context's arena. When its program fails, or sends a point
 * further than 65536 pixels away, it is the designed outline, scaled. TS_ERROR_MEMORY;
 * TS_ERROR_UNSUPPORTED for a glyph that is put together of more than 20000 parts. */
ts_status ts_hint_glyph(struct ts_ctx *ctx, ts_hinted *out, ts_hinter *hinter, int64_t glyph);

#ifdef __cplusplus
}
#endif
#endif
