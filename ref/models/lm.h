/* lm.h: a language model: a decoder-only Transformer. */
#ifndef TS_MODELS_LM_H
#define TS_MODELS_LM_H

#include "ref/models/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t vocabulary, context, width, heads, layers;
    bool bias;       /* of linear layers and norms */
    bool tied;       /* the head is the table of tokens */
    bool gelu_tanh;  /* GPT-2's GELU; otherwise the exact one */
    double dropout, eps;
} ts_lm_config;

void ts_lm_layers(ts_ctx *ctx, ts_layers *list, const ts_lm_config *config);

/* ids (B, T) integers, T at most `context` -> logits (B, T, vocabulary). */
ts_tensor ts_lm_forward(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor ids);

/* One block on x (B, T, width), and its two halves without their residual sums. */
ts_tensor ts_lm_block(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, int64_t block,
                      ts_tensor x);
ts_tensor ts_lm_attention(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor x);
ts_tensor ts_lm_mlp(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, ts_tensor x);

/* How the next token is chosen: of the `top` likeliest (0: all), by probabilities of logits divided
 * by `temperature` (0: the likeliest). Number `i` of the seed's stream decides about token i. */
typedef struct {
    double temperature;
    int64_t top;
    uint64_t seed;
} ts_lm_choice;

/* Continues ids[0 .. given) to ids[0 .. total): each token after the last `context` at most. */
ts_status ts_lm_generate(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, int64_t *ids,
                         int64_t given, int64_t total, ts_lm_choice how);

/* The token that `logits` (n of them) give, for a uniform number u in [0, 1). */
int64_t ts_lm_choose(ts_ctx *ctx, const double *logits, int64_t n, ts_lm_choice how, double u);

#ifdef __cplusplus
}
#endif
#endif
