/* dit.h: the parameters of a FLUX transformer, as a checkpoint has them. */
#ifndef TS_DIT_DIT_H
#define TS_DIT_DIT_H

#include "ref/dit/lora.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_AXES = 4 };
#define TS_ROPE_THETA 10000.0 /* fixed in the published model */

typedef struct {
    int64_t layers, single_layers;
    int64_t heads, head_dim, width; /* width = heads * head_dim */
    int64_t in_channels, out_channels;
    int64_t text_dim, pooled_dim;
    int axes;
    int64_t axes_dims[TS_MAX_AXES];
    double theta; /* longest period of the rotary embedding over 2 pi */
    bool guidance;
} ts_dit_config;

/* linear -> SiLU -> linear */
typedef struct {
    ts_adapted linear_1, linear_2;
} ts_embedder;

/* What one kind of tokens goes through in a double block. Image and condition tokens share theirs;
 * text and glyph tokens share the other. */
typedef struct {
    ts_adapted norm1_linear, to_q, to_k, to_v, to_out, ff_in, ff_out;
    ts_tensor norm_q, norm_k;
    const char *norm1, *norm2, *ff; /* their names in the block */
} ts_stream_weights;

typedef struct {
    ts_stream_weights image, text;
} ts_double_weights;

typedef struct {
    ts_adapted norm_linear, to_q, to_k, to_v, proj_mlp, proj_out;
    ts_tensor norm_q, norm_k;
} ts_single_weights;

typedef struct {
    ts_dit_config config;
    ts_weights *weights; /* not owned */
    ts_lora *lora;       /* not owned; may be NULL */
    ts_adapted x_embedder, context_embedder, norm_out_linear, proj_out;
    ts_embedder timestep, guidance, text;
    ts_double_weights *blocks;
    ts_single_weights *single_blocks;
} ts_dit;

/* Reads the configuration and finds every parameter in `weights` (a transformer component). With a
 * LoRA every tensor of it must find its module. Both stay open as long as the model. NULL after a
 * failure. */
ts_dit *ts_dit_open(ts_ctx *ctx, ts_weights *weights, ts_lora *lora);
void ts_dit_close(ts_dit *dit);

#ifdef __cplusplus
}
#endif
#endif
