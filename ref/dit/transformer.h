/* transformer.h: the FLUX transformer with the condition stream of FLUX-Text. */
#ifndef TS_DIT_TRANSFORMER_H
#define TS_DIT_TRANSFORMER_H

#include "ref/dit/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    double c_factor;      /* condition scale: log(c) is added between condition and all others */
    bool union_cond_attn; /* false: condition and others do not see each other; no effect when
                             c_factor is not 1 (as published) */
    bool add_cond_attn;
    bool latent_lora;     /* adapters act on the image, too */
    double c_t;           /* the condition's own timestep, in units of the model's (0 .. 1) */
    bool use_byt5_embeds; /* glyph tokens as a fourth stream of the double blocks */
    double base_ratio;
    bool compat;          /* published quirks of the glyph tokens */
} ts_dit_options;

/* c_factor 1, union_cond_attn, base_ratio 0.6, compat; everything else off. */
ts_dit_options ts_dit_default_options(void);

/* Names as in the published forward. Optional ones may be empty: guidance (where the model has
 * none), condition_latents with condition_ids, byt5_embeds, byt5_region_attn_mask. */
typedef struct {
    ts_tensor hidden_states;         /* (B, L, in_channels) */
    ts_tensor encoder_hidden_states; /* (B, T, text_dim) */
    ts_tensor pooled_projections;    /* (B, pooled_dim) */
    ts_tensor timestep, guidance;    /* (B), 0 .. 1 and the guidance as the user gives it */
    ts_tensor img_ids, txt_ids;      /* (L, axes), (T, axes) */
    ts_tensor condition_latents;     /* (B, M, in_channels) */
    ts_tensor condition_ids;         /* (M, axes) */
    ts_tensor byt5_embeds;           /* (B, G, width) */
    ts_tensor byt5_region_attn_mask; /* (B or 1, H or 1, N, N), N = T + L + M + G: U8 or additive */
} ts_dit_inputs;

/* The predicted velocity, (B, L, out_channels); empty after a failure. */
ts_tensor ts_transformer(ts_ctx *ctx, const ts_dit *dit, const ts_dit_inputs *in,
                         const ts_dit_options *options);

/* The last layer: LN(x) (1 + scale) + shift with [scale, shift] = linear(SiLU(temb)). */
ts_tensor ts_norm_out(ts_ctx *ctx, const ts_dit *dit, ts_tensor x, ts_tensor temb);

/* Bias between the last `last` of `length` tokens and all others; see transformer.c. */
ts_attention_bias ts_condition_bias(const ts_dit_options *options, int64_t length, int64_t last);

#ifdef __cplusplus
}
#endif
#endif
