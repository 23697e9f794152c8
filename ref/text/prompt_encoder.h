/* prompt_encoder.h: a prompt as FLUX's transformer takes it.
 *
 *     pooled = CLIP's pooled state of 77 tokens
 *     embeds = T5's last hidden state of max_sequence_length tokens, padding attended
 *     ids    = zeros
 *
 * Source: diffusers, FluxFillPipeline.encode_prompt. */
#ifndef TS_TEXT_PROMPT_ENCODER_H
#define TS_TEXT_PROMPT_ENCODER_H

#include "ref/io/weights.h"
#include "ref/text/clean.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_tensor prompt_embeds;        /* (1, T, text width) */
    ts_tensor pooled_prompt_embeds; /* (1, pooled width) */
    ts_tensor text_ids;             /* (T, 3), zeros */
} ts_prompt_state;

typedef struct {
    int64_t max_sequence_length; /* T5's tokens, 1 .. 512; 0: 512 */
    ts_clean clean;              /* of CLIP's text */
} ts_prompt_config;

/* Encodes `prompt` (UTF-8, `bytes` long) with the tokenizers and text encoders of the pipeline
 * folder. The encoders' files are open only while they are computed. Results live in the arena. */
ts_status ts_encode_prompt(ts_ctx *ctx, ts_prompt_state *out, const char *folder,
                           const char *prompt, int64_t bytes, const ts_prompt_config *config);

/* The two parts, with weights that are open already: pooled (1, C), embeds (1, T, C). */
ts_tensor ts_encode_pooled(ts_ctx *ctx, ts_weights *clip, const char *folder, const char *prompt,
                           int64_t bytes, ts_clean clean);
ts_tensor ts_encode_text(ts_ctx *ctx, ts_weights *t5, const char *folder, const char *prompt,
                         int64_t bytes, int64_t length);

#ifdef __cplusplus
}
#endif
#endif
