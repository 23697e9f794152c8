#ifndef TS_DIT_DOUBLE_BLOCK_H
#define TS_DIT_DOUBLE_BLOCK_H

#include "ref/dit/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Replaces x of every stream. Streams stand in the order text, image, condition, glyph. Names of
 * intermediates are those of the module at the context's path ("transformer_blocks.3"). */
ts_status ts_double_block(ts_ctx *ctx, ts_stream *streams, int count, const ts_double_weights *w,
                          int64_t heads, const ts_attention_rule *rule);

/* The attention of a double block alone: normalised tokens n[i] in, out[i] after the output
 * projection. */
void ts_double_attention(ts_ctx *ctx, ts_tensor *out, const ts_stream *streams, const ts_tensor *n,
                         int count, const ts_double_weights *w, int64_t heads,
                         const ts_attention_rule *rule);

/* Adaptive layer norm: n = LN(x) (1 + scale) + shift with the six vectors of linear(SiLU(temb)). */
typedef struct {
    ts_tensor shift, scale, gate; /* of attention */
    ts_tensor shift_mlp, scale_mlp, gate_mlp;
    ts_tensor n;
} ts_adaln;
ts_adaln ts_adaln_zero(ts_ctx *ctx, const ts_stream *s, const ts_stream_weights *w);

/* linear -> GELU (tanh form) -> linear. */
ts_tensor ts_feed_forward(ts_ctx *ctx, ts_tensor x, const ts_stream_weights *w, bool lora);

#ifdef __cplusplus
}
#endif
#endif
