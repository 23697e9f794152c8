#ifndef TS_DIT_SINGLE_BLOCK_H
#define TS_DIT_SINGLE_BLOCK_H

#include "ref/dit/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Replaces x of every stream; streams are [text ; image] as one sequence, then the condition. */
ts_status ts_single_block(ts_ctx *ctx, ts_stream *streams, int count, const ts_single_weights *w,
                          int64_t heads, const ts_attention_rule *rule);

/* Its attention alone: normalised tokens n[i] in, heads merged, no output projection. */
void ts_single_attention(ts_ctx *ctx, ts_tensor *out, const ts_stream *streams, const ts_tensor *n,
                         int count, const ts_single_weights *w, int64_t heads,
                         const ts_attention_rule *rule);

/* n = LN(x) (1 + scale) + shift and the gate, of the three vectors of linear(SiLU(temb)). */
ts_tensor ts_adaln_zero_single(ts_ctx *ctx, ts_tensor *gate, const ts_stream *s,
                               const ts_single_weights *w);

#ifdef __cplusplus
}
#endif
#endif
