/* config.h: which network, from JSON.
 *
 *     {"model": "resnet50", "classes": 10, "stem": "small", ...}
 *
 * "model" names a published network; every further key changes one thing of it. Keys of a ResNet:
 * block (basic, bottleneck), layers, width, stem (large, small, deep), pooled_strides, zero_init_last;
 * of a VGG: layers, width, hidden, pool, batch_norm, dropout; both: channels, classes, eps, momentum;
 * of a language model: vocabulary, context, width, heads, layers, bias, tied, activation (gelu,
 * gelu_tanh), dropout, eps. Other keys are left alone: they may be a trainer's. */
#ifndef TS_MODELS_CONFIG_H
#define TS_MODELS_CONFIG_H

#include "ref/models/lm.h"
#include "ref/models/resnet.h"
#include "ref/models/vgg.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_MODEL_RESNET, TS_MODEL_VGG, TS_MODEL_LM } ts_model_kind;

typedef struct {
    ts_model_kind kind;
    ts_resnet_config resnet; /* the one that `kind` says */
    ts_vgg_config vgg;
    ts_lm_config lm;
} ts_model_config;

/* Reads `json` (NULL: nothing is changed); without "model" it is `otherwise`. `where` stands in
 * messages. Every size is checked: a model of the result can be listed. */
ts_status ts_model_config_read(ts_ctx *ctx, ts_model_config *config, const json_t *json,
                               const char *otherwise, const char *where);

/* Name of the i-th published network, NULL after the last: resnet18 ... lm-tiny. */
const char *ts_model_name(int i);

/* Its layers, and a pass over it with the network's own norms and dropout rate. */
void ts_model_layers(ts_ctx *ctx, ts_layers *list, const ts_model_config *config);
ts_pass ts_model_pass(const ts_model_config *config, ts_weights *weights);
ts_tensor ts_model_output(ts_ctx *ctx, ts_pass *pass, const ts_model_config *config, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
