/* t5_encoder.h: T5's encoder.
 *
 *     x  = token[id]
 *     x += o(softmax(q k^T + bias) v)     of RMS(x); no 1 / sqrt(d)
 *     x += wo(act(wi_0 x) * wi_1 x)       of RMS(x); not gated: wo(act(wi x))
 *     y  = RMS(x)
 *
 * bias (1, h, L, L) comes from a table of buckets of (key - query) in the first block and serves
 * all blocks. Source: Raffel et al. 2020, section 2.1; Shazeer 2020 (gated); transformers
 * T5EncoderModel. */
#ifndef TS_TEXT_T5_ENCODER_H
#define TS_TEXT_T5_ENCODER_H

#include "ref/text/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t width, head, heads, inner, layers;
    int64_t buckets, distance;
    double eps;
    bool gated;
    ts_act act;
} ts_t5_config;

/* From an object in the form of config.json; `where` stands in messages. */
ts_status ts_t5_config_read(ts_ctx *ctx, ts_t5_config *c, const json_t *object, const char *where);

/* What is added to the scores of L tokens: the position bias of `block` ("encoder.block.0"), and,
 * where a mask (B, L) of 0 and 1 is given, the lowest float32 at the places of 0:
 * (1 or B, h, L, L). */
ts_tensor ts_t5_bias(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, const char *block,
                     int64_t length, ts_tensor mask);

/* One block ("encoder.block.3"), its attention, its feed-forward: (B, L, C) each. */
ts_tensor ts_t5_block(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                      ts_tensor bias, const char *block);
ts_tensor ts_t5_attention(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                          ts_tensor bias, const char *block);
ts_tensor ts_t5_feed_forward(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                             const char *block);

/* Blocks 0 .. count - 1 under `prefix` ("encoder.block"). */
ts_tensor ts_t5_blocks(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                       ts_tensor mask, const char *prefix, int64_t count);

/* The last hidden state (B, L, C) of ids (B, L); mask (B, L), or empty: every token is seen. */
ts_tensor ts_t5_encode(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor ids,
                       ts_tensor mask);

#ifdef __cplusplus
}
#endif
#endif
