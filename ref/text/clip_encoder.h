/* clip_encoder.h: CLIP's text transformer.
 *
 *     x  = token[id] + position[0 .. L)
 *     x += out(attention(LN1(x)))      causal, scale 1 / sqrt(d)
 *     x += fc2(act(fc1(LN2(x))))
 *     y  = LN(x),  pooled = y at the end token
 *
 * Source: Radford et al. 2021, section 2.4; transformers CLIPTextModel. */
#ifndef TS_TEXT_CLIP_ENCODER_H
#define TS_TEXT_CLIP_ENCODER_H

#include "ref/text/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t width, inner, heads, layers;
    double eps;
    ts_act act;
    int64_t end; /* eos_token_id; 2 asks for the old rule */
} ts_clip_config;

/* From the config.json of the weights' folder. */
ts_status ts_clip_config_read(ts_ctx *ctx, ts_clip_config *c, const ts_weights *w);

/* last (B, L, C) and pooled (B, C) of ids (B, L), I64. */
void ts_clip_encode(ts_ctx *ctx, ts_tensor *last, ts_tensor *pooled, ts_weights *w,
                    const ts_clip_config *c, ts_tensor ids);

/* One layer, its attention, its feed-forward: (B, L, C) each. */
ts_tensor ts_clip_layer(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                        int64_t layer);
ts_tensor ts_clip_attention(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                            int64_t layer);
ts_tensor ts_clip_mlp(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                      int64_t layer);

#ifdef __cplusplus
}
#endif
#endif
