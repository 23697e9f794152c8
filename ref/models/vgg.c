/* vgg.c: plain stacks of 3x3 convolutions.
 *
 *     [conv3x3 (norm) ReLU] x layers, then halved, five times; mean to pool x pool; three linear layers
 *     with ReLU and dropout between
 *
 * Source:   Simonyan & Zisserman 2015; torchvision.models.vgg (numbers of modules, initialisation)
 * Shapes:   x (B, channels, H, W), result (B, classes)
 * Pitfalls: modules are numbered through `features`, ReLU and pooling included; convolutions have
 *           biases also before a norm; the mean is adaptive: of a small picture it repeats pixels
 * Test:     tests/models/test_vgg.c                 Golden: models/vgg_* */
#include "ref/models/vgg.h"

#include "ref/base/trace.h"

#include <stdio.h>

static int64_t width_of(const ts_vgg_config *c, int stage)
{
    return c->width << (stage < 3 ? stage : 3);
}

void ts_vgg_layers(ts_ctx *ctx, ts_layers *list, const ts_vgg_config *config)
{
    int64_t in = config->channels;
    int at = 0;
    for (int stage = 0; stage < TS_VGG_STAGES; stage++, at++) /* the pooling has a number, too */
        for (int64_t i = 0; i < config->layers[stage]; i++) {
            const int64_t out = width_of(config, stage);
            const ts_layer conv = {.kind = TS_LAYER_CONV, .out = out, .in = in, .kernel = 3,
                                   .bias = true, .init = TS_INIT_FAN_OUT};
            const ts_layer norm = {.kind = TS_LAYER_BATCH_NORM, .out = out, .bias = true,
                                   .init = TS_INIT_ONE};
            ts_layers_add(ctx, list, conv, "features.%d", at);
            if (config->batch_norm)
                ts_layers_add(ctx, list, norm, "features.%d", at + 1);
            at += config->batch_norm ? 3 : 2;
            in = out;
        }
    in *= config->pool * config->pool;
    for (int i = 0; i < 3; i++) {
        const int64_t out = i < 2 ? config->hidden : config->classes;
        ts_layers_add(ctx, list,
                      (ts_layer){.kind = TS_LAYER_LINEAR, .out = out, .in = in, .bias = true,
                                 .init = TS_INIT_NORMAL, .scale = 0.01},
                      "classifier.%d", 3 * i);
        in = out;
    }
}

/* The next module of a numbered list. */
static const char *next(char name[16], int *at)
{
    snprintf(name, 16, "%d", (*at)++);
    return name;
}

ts_tensor ts_vgg_features(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x)
{
    const ts_pool half = {.size = {2, 2}};
    char name[16];
    int at = 0;
    ts_enter(ctx, "features");
    for (int stage = 0; stage < TS_VGG_STAGES; stage++) {
        for (int64_t i = 0; i < config->layers[stage]; i++) {
            x = ts_pass_conv(ctx, pass, next(name, &at), x, 1, 1);
            if (config->batch_norm)
                x = ts_pass_batch_norm(ctx, pass, next(name, &at), x);
            x = ts_pass_relu(ctx, next(name, &at), x);
        }
        x = ts_named(ctx, ts_max_pool(ctx, x, half), next(name, &at), -1);
    }
    x = ts_named(ctx, x, "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_vgg_classifier(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x)
{
    char name[16];
    int at = 0;
    (void)config;
    ts_enter(ctx, "classifier");
    for (int i = 0; i < 3; i++) {
        x = ts_pass_linear(ctx, pass, next(name, &at), x);
        if (i == 2)
            break;
        x = ts_pass_relu(ctx, next(name, &at), x);
        x = ts_named(ctx, ts_pass_dropout(ctx, pass, x), next(name, &at), -1);
    }
    x = ts_named(ctx, x, "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_vgg_forward(ts_ctx *ctx, ts_pass *pass, const ts_vgg_config *config, ts_tensor x)
{
    x = ts_vgg_features(ctx, pass, config, x);
    x = ts_named(ctx, ts_adaptive_avg_pool(ctx, x, config->pool, config->pool), "avgpool", -1);
    if (ctx->status)
        return (ts_tensor){0};
    x = ts_reshape(ctx, x, 2, (int64_t[]){x.size[0], x.size[1] * x.size[2] * x.size[3]});
    return ts_vgg_classifier(ctx, pass, config, x);
}
