/* layers.h: the layers that text encoders consist of, found by their module's name. The name is a
 * printf format; ".weight" and ".bias" are put behind it. Results are contiguous and of the
 * context's storage; they are traced under the module's name. */
#ifndef TS_TEXT_LAYERS_H
#define TS_TEXT_LAYERS_H

#include "ref/io/weights.h"
#include "ref/ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a nonlinearity is called in config.json. */
typedef enum {
    TS_ACT_RELU,
    TS_ACT_GELU,      /* by erf */
    TS_ACT_GELU_TANH, /* "gelu_new", "gelu_pytorch_tanh" */
    TS_ACT_QUICK_GELU,
    TS_ACT_SILU
} ts_act;

/* Fails for a name that is not built in; `where` stands in the message. */
ts_status ts_act_named(ts_ctx *ctx, ts_act *out, const char *name, const char *where);
ts_tensor ts_act_apply(ts_ctx *ctx, ts_tensor x, ts_act act);

/* y (..., out) of x (..., in); the bias where the checkpoint has one. */
ts_tensor ts_linear_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, int64_t out, const char *format,
                          ...) TS_PRINTF(5, 6);
ts_tensor ts_layer_norm_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, double eps,
                              const char *format, ...) TS_PRINTF(5, 6);
ts_tensor ts_rms_norm_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, double eps,
                            const char *format, ...) TS_PRINTF(5, 6);
/* (..., width) of ids (...). */
ts_tensor ts_embedding_named(ts_ctx *ctx, ts_weights *w, ts_tensor ids, int64_t width,
                             const char *format, ...) TS_PRINTF(5, 6);

#ifdef __cplusplus
}
#endif
#endif
