/* embed.h: what modulates the blocks, and where tokens are. */
#ifndef TS_DIT_EMBED_H
#define TS_DIT_EMBED_H

#include "ref/dit/dit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rotary tables (L, head_dim): each angle stands twice, for the two numbers of a pair. */
typedef struct {
    ts_tensor cos, sin;
} ts_rope;

/* The sum of the three embeddings, (B, C). timestep and guidance (B) are times 1000 already;
 * guidance is empty for models that have no such embedding; pooled (B, pooled_dim). */
ts_tensor ts_time_text_embed(ts_ctx *ctx, const ts_dit *dit, ts_tensor timestep, ts_tensor guidance,
                             ts_tensor pooled);

/* One embedder alone: linear, SiLU, linear, named "time_text_embed.NAME". */
ts_tensor ts_embed_with(ts_ctx *ctx, const ts_embedder *e, ts_tensor x, const char *name);

/* The sinusoid of the published model: 256 wide, cosines first, longest period 10000. */
ts_tensor ts_time_proj(ts_ctx *ctx, ts_tensor t);

/* Tables for position ids (L, axes). */
ts_rope ts_pos_embed(ts_ctx *ctx, const ts_dit *dit, ts_tensor ids);

/* Rows first .. first + count of the tables. */
ts_rope ts_rope_rows(ts_ctx *ctx, ts_rope rope, int64_t first, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
