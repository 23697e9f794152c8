/* resnet.h: residual networks. */
#ifndef TS_MODELS_RESNET_H
#define TS_MODELS_RESNET_H

#include "ref/models/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_RESNET_STAGES = 8 };

typedef enum {
    TS_STEM_LARGE, /* 7x7 of stride 2, 3x3 maximum of stride 2: torchvision, for ImageNet */
    TS_STEM_SMALL, /* 3x3: for pictures of 8 to 64 pixels */
    TS_STEM_DEEP,  /* three 3x3, the first of stride 2, then a 2x2 mean: text detection, CLIP */
} ts_resnet_stem;

typedef struct {
    bool bottleneck; /* 1x1, 3x3, 1x1 to four times the width; otherwise two 3x3 */
    int64_t layers[TS_RESNET_STAGES];
    int stages;
    int64_t width; /* of the first stage; each further one has twice as much and half the size */
    int64_t channels, classes;
    ts_resnet_stem stem;
    bool pooled; /* strides are means, also on the shortcut: text detection, CLIP */
    bool zero_last; /* the last norm of each block begins with 0: every block as the identity */
    double eps, momentum;
} ts_resnet_config;

/* Its layers, in the order of PyTorch's named_parameters. Without classes there is no fc. */
void ts_resnet_layers(ts_ctx *ctx, ts_layers *list, const ts_resnet_config *config);

/* x (B, channels, H, W) -> (B, classes). */
ts_tensor ts_resnet_forward(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, ts_tensor x);

/* The results of the stages, the largest picture first. */
void ts_resnet_features(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config,
                        ts_tensor features[TS_RESNET_STAGES], ts_tensor x);

/* Parts, for running them by name: a stage and a block of a stage (both from 0), and a shortcut. */
ts_tensor ts_resnet_stage(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, int stage,
                          ts_tensor x);
ts_tensor ts_resnet_block(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, int stage,
                          int64_t block, ts_tensor x);

/* Stride of the first block of a stage. */
int64_t ts_resnet_stride(const ts_resnet_config *config, int stage);

#ifdef __cplusplus
}
#endif
#endif
