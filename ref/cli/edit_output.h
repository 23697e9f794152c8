/* edit_output.h: the results of an edit as files. */
#ifndef TS_CLI_EDIT_OUTPUT_H
#define TS_CLI_EDIT_OUTPUT_H

#include "ref/cli/scene.h"
#include "ref/edit/pipeline.h"

/* What the PNG says about itself. */
typedef struct {
    const ts_options *o;
    const char *prompt; /* as the encoders got it */
    const char *precision, *backend;
} ts_edit_facts;

typedef struct {
    const char *path;
    int64_t every; /* steps from preview to preview; 0: none */
    bool compose;
    const ts_scene *scene;
    const ts_pipeline *pipeline;
    const ts_edit *edit;
    const ts_edit_facts *facts;
} ts_edit_output;

/* Reads --out and --compose, and fails now if --out cannot be written. */
ts_status ts_edit_output_check(ts_ctx *ctx, ts_edit_output *out, const ts_options *o);

/* Writes the picture (1, 3, H, W), composed when that was asked for. */
ts_status ts_edit_output_write(ts_ctx *ctx, const ts_edit_output *out, ts_tensor image);

/* A ts_edit's preview; arg is the ts_edit_output. */
void ts_edit_output_preview(void *arg, ts_ctx *ctx, int64_t step, ts_tensor latents);

#endif
