/* estimate.h: how much memory and time an edit will take, roughly, before it begins. */
#ifndef TS_CLI_ESTIMATE_H
#define TS_CLI_ESTIMATE_H

#include "ref/edit/pipeline.h"

#include <stdio.h>

typedef struct {
    const ts_pipeline *pipeline;
    const char *folder; /* of the checkpoint, for its text encoder */
    int64_t height, width, glyph_height, glyph_width;
    int64_t text, steps, tile;
} ts_estimate_of;

typedef struct {
    double flops;   /* of everything; a multiply-add is two */
    double speed;   /* flops a second: measured, or 0 when not worth it */
    double weights; /* bytes of the files that are mapped */
    double memory;  /* bytes beside them, at the worst moment */
} ts_estimate;

/* The formulas stand in estimate.c. Fails when the text encoder's folder cannot be opened. */
ts_estimate ts_estimate_edit(ts_ctx *ctx, const ts_estimate_of *of);

/* Says it in one line, if it is much: over 1 GiB or 20 TFLOP. */
void ts_estimate_say(FILE *to, const ts_estimate *e);

#endif
