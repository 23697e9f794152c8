/* resnet.c: residual networks.
 *
 *     y = ReLU(x' + F(x)),    x' = x, or its 1x1 shortcut where size or width change
 *     F: 3x3 norm ReLU 3x3 norm, or (bottleneck) 1x1 norm ReLU 3x3 norm ReLU 1x1 norm
 *
 * Source:   He et al. 2016; torchvision.models.resnet (names, and the stride in the 3x3, not in the
 *           first 1x1); Radford et al. 2021 for strides by pooling
 * Shapes:   x (B, channels, H, W), result (B, classes)
 * Pitfalls: no convolution has a bias; a shortcut's norm stands under downsample.1
 * Test:     tests/models/test_resnet.c              Golden: models/resnet_* */
#include "ref/models/resnet.h"

#include "ref/base/trace.h"

#include <stdio.h>

static int64_t expansion(const ts_resnet_config *c)
{
    return c->bottleneck ? 4 : 1;
}

static int64_t width_of(const ts_resnet_config *c, int stage)
{
    return c->width << stage;
}

int64_t ts_resnet_stride(const ts_resnet_config *config, int stage)
{
    (void)config;
    return stage ? 2 : 1;
}

/* Channels that come into a block. */
static int64_t inputs_of(const ts_resnet_config *c, int stage, int64_t block)
{
    if (block)
        return width_of(c, stage) * expansion(c);
    return stage ? width_of(c, stage - 1) * expansion(c) : c->width;
}

static bool has_shortcut(const ts_resnet_config *c, int stage, int64_t block)
{
    if (block)
        return false;
    return ts_resnet_stride(c, stage) > 1 ||
           inputs_of(c, stage, 0) != width_of(c, stage) * expansion(c);
}

/* Layers. ---------------------------------------------------------------------------------------- */

static ts_layer conv(int64_t out, int64_t in, int64_t kernel)
{
    return (ts_layer){.kind = TS_LAYER_CONV, .out = out, .in = in, .kernel = kernel,
                      .init = TS_INIT_FAN_OUT};
}

static ts_layer norm(int64_t out, bool zero)
{
    return (ts_layer){.kind = TS_LAYER_BATCH_NORM, .out = out, .bias = true,
                      .init = zero ? TS_INIT_ZERO : TS_INIT_ONE};
}

static void block_layers(ts_ctx *ctx, ts_layers *list, const ts_resnet_config *c, int stage,
                         int64_t block)
{
    const int64_t in = inputs_of(c, stage, block), width = width_of(c, stage);
    const int64_t out = width * expansion(c);
    const int count = c->bottleneck ? 3 : 2;
    for (int i = 1; i <= count; i++) {
        const bool narrow = c->bottleneck && i != 2, last = i == count;
        ts_layers_add(ctx, list, conv(last ? out : width, i == 1 ? in : width, narrow ? 1 : 3),
                      "layer%d.%lld.conv%d", stage + 1, (long long)block, i);
        ts_layers_add(ctx, list, norm(last ? out : width, last && c->zero_last),
                      "layer%d.%lld.bn%d", stage + 1, (long long)block, i);
    }
    if (has_shortcut(c, stage, block)) {
        ts_layers_add(ctx, list, conv(out, in, 1), "layer%d.0.downsample.0", stage + 1);
        ts_layers_add(ctx, list, norm(out, false), "layer%d.0.downsample.1", stage + 1);
    }
}

static void stem_layers(ts_ctx *ctx, ts_layers *list, const ts_resnet_config *c)
{
    if (c->stem != TS_STEM_DEEP) {
        ts_layers_add(ctx, list, conv(c->width, c->channels, c->stem == TS_STEM_LARGE ? 7 : 3),
                      "conv1");
        ts_layers_add(ctx, list, norm(c->width, false), "bn1");
        return;
    }
    const int64_t half = c->width / 2, out[] = {half, half, c->width}, in[] = {c->channels, half, half};
    for (int i = 0; i < 3; i++) {
        ts_layers_add(ctx, list, conv(out[i], in[i], 3), "conv%d", i + 1);
        ts_layers_add(ctx, list, norm(out[i], false), "bn%d", i + 1);
    }
}

void ts_resnet_layers(ts_ctx *ctx, ts_layers *list, const ts_resnet_config *config)
{
    stem_layers(ctx, list, config);
    for (int stage = 0; stage < config->stages; stage++)
        for (int64_t block = 0; block < config->layers[stage]; block++)
            block_layers(ctx, list, config, stage, block);
    if (config->classes)
        ts_layers_add(ctx, list,
                      (ts_layer){.kind = TS_LAYER_LINEAR, .out = config->classes,
                                 .in = inputs_of(config, config->stages - 1, 1), .bias = true,
                                 .init = TS_INIT_UNIFORM},
                      "fc");
}

/* Forward. --------------------------------------------------------------------------------------- */

static ts_tensor halved(ts_ctx *ctx, ts_tensor x, int64_t stride)
{
    return stride == 1 ? x : ts_avg_pool(ctx, x, (ts_pool){.size = {stride, stride}});
}

static ts_tensor shortcut(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *c, int stage,
                          ts_tensor x)
{
    const int64_t stride = ts_resnet_stride(c, stage);
    if (c->pooled)
        x = ts_named(ctx, halved(ctx, x, stride), "downsample.-1", -1);
    x = ts_pass_conv(ctx, pass, "downsample.0", x, c->pooled ? 1 : stride, 0);
    return ts_named(ctx, ts_pass_batch_norm(ctx, pass, "downsample.1", x), "downsample", -1);
}

/* The branch beside the shortcut; the path is the block's. */
static ts_tensor branch(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *c, int64_t stride,
                        ts_tensor x)
{
    const int count = c->bottleneck ? 3 : 2;
    for (int i = 1; i <= count; i++) {
        const bool narrow = c->bottleneck && i != 2;
        const bool strided = i == (c->bottleneck ? 2 : 1);
        char conv_name[16], norm_name[16];
        snprintf(conv_name, sizeof conv_name, "conv%d", i);
        snprintf(norm_name, sizeof norm_name, "bn%d", i);
        if (c->pooled && i == 3)
            x = ts_named(ctx, halved(ctx, x, stride), "avgpool", -1);
        x = ts_pass_conv(ctx, pass, conv_name, x, strided && !c->pooled ? stride : 1, narrow ? 0 : 1);
        x = ts_pass_batch_norm(ctx, pass, norm_name, x);
        if (i < count)
            x = ts_pass_relu(ctx, "relu", x);
    }
    return x;
}

ts_tensor ts_resnet_block(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, int stage,
                          int64_t block, ts_tensor x)
{
    ts_enter(ctx, "layer%d.%lld", stage + 1, (long long)block);
    const int64_t stride = block ? 1 : ts_resnet_stride(config, stage);
    const ts_tensor y = branch(ctx, pass, config, stride, x);
    if (has_shortcut(config, stage, block))
        x = shortcut(ctx, pass, config, stage, x);
    x = ts_named(ctx, ts_pass_relu(ctx, "relu", ts_add(ctx, y, x)), "", -1);
    ts_leave(ctx);
    return x;
}

ts_tensor ts_resnet_stage(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, int stage,
                          ts_tensor x)
{
    for (int64_t block = 0; block < config->layers[stage]; block++)
        x = ts_resnet_block(ctx, pass, config, stage, block, x);
    char name[24];
    snprintf(name, sizeof name, "layer%d", stage + 1);
    return ts_named(ctx, x, name, -1);
}

static ts_tensor stem(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *c, ts_tensor x)
{
    const int count = c->stem == TS_STEM_DEEP ? 3 : 1;
    const bool large = c->stem == TS_STEM_LARGE;
    for (int i = 1; i <= count; i++) {
        char conv_name[16], norm_name[16];
        snprintf(conv_name, sizeof conv_name, "conv%d", i);
        snprintf(norm_name, sizeof norm_name, "bn%d", i);
        x = ts_pass_conv(ctx, pass, conv_name, x, i == 1 && c->stem != TS_STEM_SMALL ? 2 : 1,
                         large ? 3 : 1);
        x = ts_pass_relu(ctx, "relu", ts_pass_batch_norm(ctx, pass, norm_name, x));
    }
    if (c->stem == TS_STEM_DEEP)
        return ts_named(ctx, halved(ctx, x, 2), "avgpool", -1);
    const ts_pool most = {.size = {3, 3}, .stride = {2, 2}, .top = 1, .bottom = 1, .left = 1,
                          .right = 1};
    return large ? ts_named(ctx, ts_max_pool(ctx, x, most), "maxpool", -1) : x;
}

void ts_resnet_features(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config,
                        ts_tensor features[TS_RESNET_STAGES], ts_tensor x)
{
    x = stem(ctx, pass, config, x);
    for (int stage = 0; stage < config->stages; stage++)
        features[stage] = x = ts_resnet_stage(ctx, pass, config, stage, x);
}

ts_tensor ts_resnet_forward(ts_ctx *ctx, ts_pass *pass, const ts_resnet_config *config, ts_tensor x)
{
    ts_tensor features[TS_RESNET_STAGES];
    ts_resnet_features(ctx, pass, config, features, x);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor last = features[config->stages - 1];
    const ts_pool whole = {.size = {last.size[2], last.size[3]}};
    x = ts_named(ctx, ts_avg_pool(ctx, last, whole), "avgpool", -1);
    x = ts_reshape(ctx, x, 2, (int64_t[]){last.size[0], last.size[1]});
    return ts_pass_linear(ctx, pass, "fc", x);
}
