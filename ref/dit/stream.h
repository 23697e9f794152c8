/* stream.h: tokens that go through a block together.
 *
 * A FLUX block walks an array of streams: text, image, the condition of FLUX-Text and its glyph
 * tokens. What differs between them is data: whose weights, which modulation, which positions, LoRA
 * on or off. FLUX becomes FLUX-Text by one more entry. */
#ifndef TS_DIT_STREAM_H
#define TS_DIT_STREAM_H

#include "ref/dit/embed.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_TEXT_TOKENS = 0, TS_IMAGE_TOKENS, TS_CONDITION_TOKENS, TS_GLYPH_TOKENS, TS_MAX_STREAMS };

typedef struct {
    ts_tensor x;    /* (B, L, C): the residual, replaced by the block's result */
    ts_tensor temb; /* (B, C): what modulates it */
    ts_rope rope;   /* (L, head_dim) */
    bool lora;      /* adapters act on these tokens */
    bool text;      /* uses the text's weights in double blocks */
    bool glyph;     /* queries and keys are not normalised; see the quirks in double_block.c */
    bool clip;      /* in float16 the residual is kept finite */
} ts_stream;

/* Who sees whom, and how strongly. */
typedef struct {
    ts_attention_bias bias;
    bool regions;             /* attend a second time, with region.mask alone, and mix */
    ts_attention_bias region; /* the mask (B, 1, L, L) of all streams; empty: everyone */
    double base_ratio;        /* share of the first pass in the mix */
    bool add_cond_attn;       /* the condition's attention is added to the image, too */
    bool compat;              /* published quirks of the glyph tokens */
} ts_attention_rule;

/* q, k, v (B, H, L, head_dim) of one stream. */
typedef struct {
    ts_tensor q, k, v;
} ts_heads;

/* Projects normalised tokens n (B, L, C) to heads; queries and keys are RMS-normalised, then
 * turned. */
ts_heads ts_heads_of(ts_ctx *ctx, const ts_stream *s, ts_tensor n, int64_t heads,
                     const ts_adapted *const to_qkv[3], ts_tensor norm_q, ts_tensor norm_k);

/* Attention over the streams laid end to end: (B, L, C). */
ts_tensor ts_joint_attention(ts_ctx *ctx, const ts_heads *heads, int count,
                             const ts_attention_rule *rule);

/* float16 has no room above 65504: a residual that overflowed is brought back. */
ts_tensor ts_finite_f16(ts_ctx *ctx, const ts_stream *s, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
