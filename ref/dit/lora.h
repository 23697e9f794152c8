/* lora.h: linear layers that may carry a low-rank adapter. */
#ifndef TS_DIT_LORA_H
#define TS_DIT_LORA_H

#include "ref/io/weights.h"
#include "ref/ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = W x + b, and with the adapter on  + scale B A x,  scale = alpha / rank. */
typedef struct {
    ts_tensor w, b;
    ts_tensor a_down, b_up; /* lora_A (rank, in), lora_B (out, rank); empty: no adapter */
    double scale;
} ts_adapted;

typedef struct ts_lora ts_lora;

/* Makes sense of a LoRA file's tensors (ts_weights_open_file), which must stay open as long as the
 * model. Keys are [transformer.]MODULE.lora_A[.default].weight, ...lora_B..., and perhaps
 * MODULE.alpha; anything else fails, as does half a pair. `alpha` 0: the file's own, or else the
 * rank. NULL after a failure. */
ts_lora *ts_lora_open(ts_ctx *ctx, ts_weights *file, double alpha);
void ts_lora_close(ts_lora *lora);

/* Gives `linear` the adapter of `module`, if the file has one. lora may be NULL. */
void ts_lora_attach(ts_ctx *ctx, ts_lora *lora, ts_adapted *linear, const char *module);

/* Fails with the names of tensors that no module has taken: a misspelt key would otherwise change
 * the picture silently. */
ts_status ts_lora_all_used(ts_ctx *ctx, const ts_lora *lora);

/* How many tensors the file has and how many were attached. */
void ts_lora_counts(const ts_lora *lora, int64_t *attached, int64_t *all);

ts_tensor ts_adapted_linear(ts_ctx *ctx, ts_tensor x, const ts_adapted *linear, bool adapter);

#ifdef __cplusplus
}
#endif
#endif
