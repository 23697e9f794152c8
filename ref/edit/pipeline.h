/* pipeline.h: from a picture, a mask, a glyph picture and a prompt to the edited picture. */
#ifndef TS_EDIT_PIPELINE_H
#define TS_EDIT_PIPELINE_H

#include "ref/dit/transformer.h"
#include "ref/edit/latents.h"
#include "ref/edit/scheduler.h"
#include "ref/text/prompt_encoder.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The networks of a checkpoint in the diffusers layout (FluxFillPipeline). */
typedef struct {
    ts_weights *transformer_weights, *vae_weights, *lora_weights;
    ts_lora *lora;
    ts_dit *dit;
    ts_vae *vae;
    ts_scheduler scheduler;
} ts_pipeline;

/* Opens everything and finds every parameter, so that a broken checkpoint is known before anything
 * is computed. lora may be NULL; lora_alpha 0: as ts_lora_open. Fails with what is missing where. */
ts_status ts_pipeline_open(ts_ctx *ctx, ts_pipeline *p, const char *folder, const char *lora,
                           double lora_alpha);
void ts_pipeline_close(ts_pipeline *p);

typedef struct {
    ts_prompt_state prompt;
    ts_edit_pictures pictures;
    ts_tensor latents; /* (1, N, 64): the noise that the edit begins with, packed */
    int64_t steps;
    double guidance;
    ts_dit_options options;
    /* After each step: the picture so far (x - sigma v), (1, N, 64), to be decoded by whoever wants to
     * look. NULL: nobody. */
    void (*preview)(void *arg, ts_ctx *ctx, int64_t step, ts_tensor latents);
    void *preview_arg;
} ts_edit;

/* What came out on the way. */
typedef struct {
    double *sigmas;     /* steps + 1 */
    double *timesteps;  /* steps: 1000 sigma */
    ts_tensor *latents; /* steps, after each; only with keep_latents */
    bool keep_latents;
    ts_tensor image;    /* (1, 3, H, W), not clamped */
} ts_edit_result;

/* Runs the edit; results live in the context's arena. */
ts_status ts_edit_run(ts_ctx *ctx, ts_edit_result *out, const ts_pipeline *p, const ts_edit *edit);

/* Latents (1, N, 64) of a picture of that size, decoded: (1, 3, H, W). */
ts_tensor ts_edit_decode(ts_ctx *ctx, const ts_pipeline *p, ts_tensor latents, int64_t height,
                         int64_t width, int64_t tile);

#ifdef __cplusplus
}
#endif
#endif
