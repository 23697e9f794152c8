/* vgg.h: plain stacks of 3x3 convolutions. */
#ifndef TS_MODELS_VGG_H
#define TS_MODELS_VGG_H

#include "ref/models/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_VGG_STAGES = 5 };

typedef struct {
    int64_t layers[TS_VGG_STAGES]; /* convolutions before each halving: 2 2 4 4 4 is VGG-19 */
    int64_t width;                 /* of the first stage; twice as much each, at most 8 times */
    int64_t channels, classes, hidden;
    int64_t pool;   /* side of the picture that the classifier sees */
    bool batch_norm;
    double dropout, eps, momentum;
} ts_vgg_config;

void ts_vgg_layers(ts_ctx *ctx, ts_layers *list, const ts_vgg_config *config);

/* x (B, channels, H, W), H and W at least 32 -> (B, classes). */
ts_tensor ts_vgg_forward(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x);

/* The stack of convolutions, and what stands behind it. */
ts_tensor ts_vgg_features(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x);
ts_tensor ts_vgg_classifier(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x);

#ifdef __cplusplus
}
#endif
#endif
