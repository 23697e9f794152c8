/* modules.c: residual networks, VGG and language models, and every part of them, run by name.
 *
 * Pitfalls: the settings are those of config.h; without them the checkpoint's config.json counts. In
 *           training the running averages after the step are further outputs, under their names.
 * Test:     tests/models/test_modules.c                 Golden: models/ */
#include "ref/models/modules.h"

#include "ref/base/trace.h"
#include "ref/models/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NET "model layers train seed step eps dropout label_smoothing"
#define RESNET NET " block width channels classes stem pooled_strides zero_init_last momentum"
#define VGG NET " width channels classes hidden pool batch_norm momentum"
#define LM NET " vocabulary context width heads bias tied activation"

/* What a call is about. */
typedef struct {
    ts_model_config config;
    ts_pass pass;
} net;

static ts_status open_net(ts_ctx *ctx, ts_call *call, net *n, const char *otherwise,
                          ts_model_kind kind)
{
    ts_weights *w = ts_call_weights(ctx, call, "");
    if (ctx->status)
        return ctx->status;
    const json_t *own = ts_weights_config(w);
    const bool in_file = call->checkpoint && json_object_get(own, "model");
    if (ts_model_config_read(ctx, &n->config, in_file ? own : call->settings, otherwise,
                             in_file ? ts_weights_label(w) : call->module))
        return ctx->status;
    if (n->config.kind != kind)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: the configuration is that of another kind of network",
                       call->module);
    n->pass = ts_model_pass(&n->config, w);
    n->pass.train = ts_call_bool(ctx, call, "train", false);
    n->pass.key.seed = (uint64_t)ts_call_int(ctx, call, "seed", 0);
    n->pass.key.step = ts_call_int(ctx, call, "step", 0);
    return ctx->status;
}

static void give_averages(ts_ctx *ctx, ts_call *call, const ts_running *running)
{
    for (; running; running = running->before)
        ts_call_output(ctx, call, running->name, running->value);
}

static ts_status give(ts_ctx *ctx, ts_call *call, const net *n, ts_tensor y)
{
    ts_call_output(ctx, call, "output", y);
    give_averages(ctx, call, n->pass.running);
    return ts_ctx_status(ctx);
}

/* The whole network; with a target the loss, too. */
static ts_status run_whole(ts_ctx *ctx, ts_call *call, const char *name, ts_model_kind kind,
                           const char *input)
{
    net n;
    const ts_tensor x = ts_call_input(ctx, call, input), target = ts_call_optional(call, "target");
    const double smoothing = ts_call_real(ctx, call, "label_smoothing", 0.0);
    if (open_net(ctx, call, &n, name, kind))
        return ctx->status;
    const ts_tensor y = ts_model_output(ctx, &n.pass, &n.config, x);
    if (!ts_is_empty(target) && !ctx->status) {
        const int64_t classes = ts_size(y, -1), rows = classes ? ts_numel(y) / classes : 0;
        const int64_t count = ts_numel(target);
        const ts_tensor z = ts_reshape(ctx, y, 2, (int64_t[]){rows, classes});
        const ts_tensor t = ts_reshape(ctx, target, 1, &count);
        ts_call_output(ctx, call, "loss", ts_cross_entropy_smooth(ctx, z, t, smoothing));
    }
    return give(ctx, call, &n, y);
}

static ts_status run_resnet(ts_ctx *ctx, ts_call *call)
{
    return run_whole(ctx, call, "resnet50", TS_MODEL_RESNET, "x");
}

static ts_status run_vgg(ts_ctx *ctx, ts_call *call)
{
    return run_whole(ctx, call, "vgg19", TS_MODEL_VGG, "x");
}

static ts_status run_lm(ts_ctx *ctx, ts_call *call)
{
    return run_whole(ctx, call, "gpt2", TS_MODEL_LM, "idx");
}

/* The results of the stages: what a detection network is asked for. */
static ts_status features(ts_ctx *ctx, ts_call *call, const char *otherwise)
{
    net n;
    ts_tensor of[TS_RESNET_STAGES];
    const ts_tensor x = ts_call_input(ctx, call, "x");
    if (open_net(ctx, call, &n, otherwise, TS_MODEL_RESNET))
        return ctx->status;
    ts_resnet_features(ctx, &n.pass, &n.config.resnet, of, x);
    for (int i = 0; i < n.config.resnet.stages && !ctx->status; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i + 1);
        ts_call_output(ctx, call, name, of[i]);
    }
    give_averages(ctx, call, n.pass.running);
    return ts_ctx_status(ctx);
}

static ts_status run_features(ts_ctx *ctx, ts_call *call)
{
    return features(ctx, call, "resnet50");
}

static ts_status run_odm_resnet(ts_ctx *ctx, ts_call *call)
{
    return features(ctx, call, "odm_resnet");
}

/* Layers by their path. ------------------------------------------------------------------------- */

/* The weight of the layer at a path, as it is stored; empty without one. */
static ts_tensor weight_at(const net *n, const char *path)
{
    const size_t length = strlen(path);
    for (int64_t i = 0; i < ts_weights_count(n->pass.weights); i++) {
        const char *name = ts_weights_name(n->pass.weights, i);
        if (strncmp(name, path, length) == 0 && strcmp(name + length, ".weight") == 0)
            return ts_weights_tensor(n->pass.weights, i);
    }
    return (ts_tensor){0};
}

/* The number behind `before` at *text, which moves behind it; -1 if there is none. */
static int64_t number_at(const char **text, const char *before)
{
    enum { DIGITS = 6 };
    const size_t length = strlen(before);
    int64_t n = 0, digits = 0;
    if (strncmp(*text, before, length) != 0)
        return -1;
    const char *at = *text + length;
    for (; *at >= '0' && *at <= '9' && digits < DIGITS; at++, digits++)
        n = 10 * n + (*at - '0');
    *text = at;
    return digits ? n : -1;
}

/* Stride of the convolution at a path of a ResNet: what stands between stages halves the picture. */
static int64_t stride_at(const ts_resnet_config *c, const char *path)
{
    const char *leaf = path;
    const int64_t stage = number_at(&leaf, "layer"), block = stage < 0 ? -1 : number_at(&leaf, ".");
    if (block >= 0 && *leaf++ == '.') {
        const bool strided = strcmp(leaf, c->bottleneck ? "conv2" : "conv1") == 0 ||
                             strncmp(leaf, "downsample", 10) == 0;
        return strided && block == 0 && stage > 1 && !c->pooled ? 2 : 1;
    }
    return strcmp(path, "conv1") == 0 && c->stem != TS_STEM_SMALL ? 2 : 1;
}

/* The layer at call->rest, if it has a weight; false if there is none. */
static bool run_layer(ts_ctx *ctx, const ts_call *call, net *n, ts_tensor x, ts_tensor *y)
{
    const char *path = call->rest;
    const ts_tensor w = weight_at(n, path);
    const bool resnet = n->config.kind == TS_MODEL_RESNET;
    if (ts_is_empty(w))
        return false;
    if (w.rank == 4)
        *y = ts_pass_conv(ctx, &n->pass, path, x, resnet ? stride_at(&n->config.resnet, path) : 1,
                          ts_size(w, -1) / 2);
    else if (w.rank == 2)
        *y = ts_dtype_is_float(x.dtype)
                 ? ts_pass_linear(ctx, &n->pass, path, x)
                 : ts_embedding(ctx, ts_weight(ctx, n->pass.weights, 2, w.size, "%s.weight", path),
                                x);
    else
        *y = n->config.kind == TS_MODEL_LM ? ts_pass_layer_norm(ctx, &n->pass, path, x)
                                           : ts_pass_batch_norm(ctx, &n->pass, path, x);
    return true;
}

static ts_status no_module(ts_ctx *ctx, const ts_call *call)
{
    return ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has no such module", call->module);
}

/* "layer2" and "layer2.0" of a ResNet; block < 0: the stage. */
static bool is_stage(const ts_resnet_config *c, const char *path, int *stage, int64_t *block)
{
    char *end;
    if (strncmp(path, "layer", 5) != 0)
        return false;
    const long s = strtol(path + 5, &end, 10);
    *stage = (int)s - 1;
    *block = -1;
    if (end == path + 5 || s < 1 || s > c->stages)
        return false;
    if (*end == '.') {
        const char *number = end + 1;
        *block = strtol(number, &end, 10);
        if (end == number || *block < 0 || *block >= c->layers[*stage])
            return false;
    }
    return *end == '\0';
}

static ts_status run_resnet_part(ts_ctx *ctx, ts_call *call)
{
    net n;
    int stage;
    int64_t block;
    const ts_tensor x = ts_call_sole_input(ctx, call, "x");
    ts_tensor y;
    if (open_net(ctx, call, &n, "resnet50", TS_MODEL_RESNET))
        return ctx->status;
    if (is_stage(&n.config.resnet, call->rest, &stage, &block))
        y = block < 0 ? ts_resnet_stage(ctx, &n.pass, &n.config.resnet, stage, x)
                      : ts_resnet_block(ctx, &n.pass, &n.config.resnet, stage, block, x);
    else if (!run_layer(ctx, call, &n, x, &y))
        return no_module(ctx, call);
    return give(ctx, call, &n, y);
}

static ts_status run_vgg_part(ts_ctx *ctx, ts_call *call)
{
    net n;
    const ts_tensor x = ts_call_sole_input(ctx, call, "input");
    ts_tensor y;
    if (open_net(ctx, call, &n, "vgg19", TS_MODEL_VGG))
        return ctx->status;
    if (strcmp(call->rest, "features") == 0)
        y = ts_vgg_features(ctx, &n.pass, &n.config.vgg, x);
    else if (strcmp(call->rest, "classifier") == 0)
        y = ts_vgg_classifier(ctx, &n.pass, &n.config.vgg, x);
    else if (!run_layer(ctx, call, &n, x, &y))
        return no_module(ctx, call);
    return give(ctx, call, &n, y);
}

static ts_status run_lm_part(ts_ctx *ctx, ts_call *call)
{
    net n;
    const ts_tensor x = ts_call_sole_input(ctx, call, "x");
    ts_tensor y;
    if (open_net(ctx, call, &n, "gpt2", TS_MODEL_LM))
        return ctx->status;
    const char *leaf = call->rest;
    const int64_t block = number_at(&leaf, "h.");
    const bool in_block = block >= 0 && block < n.config.lm.layers;
    if (in_block && *leaf == '\0')
        y = ts_lm_block(ctx, &n.pass, &n.config.lm, block, x);
    else if (in_block && (strcmp(leaf, ".attn") == 0 || strcmp(leaf, ".mlp") == 0)) {
        ts_enter(ctx, "h.%lld", (long long)block);
        y = leaf[1] == 'a' ? ts_lm_attention(ctx, &n.pass, &n.config.lm, x)
                         : ts_lm_mlp(ctx, &n.pass, &n.config.lm, x);
        ts_leave(ctx);
    } else if (!run_layer(ctx, call, &n, x, &y))
        return no_module(ctx, call);
    return give(ctx, call, &n, y);
}

#define AVERAGES "; running averages after the step by name (train)"

const ts_module ts_models_modules[] = {
    {"resnet", "x (B, C, H, W); [target (B)]", "output (B, classes); [loss]" AVERAGES, RESNET,
     "a residual network: resnet18 ... resnet152, resnet20 ... resnet110, or any other", run_resnet},
    {"resnet.features", "x (B, C, H, W)", "x1; x2; ... (B, C', H', W')" AVERAGES, RESNET,
     "the results of its stages", run_features},
    {"vision.odm_resnet", "x (B, 3, H, W)", "x1; x2; ... (B, C', H', W')", RESNET,
     "the stages of the text-detection ResNet", run_odm_resnet},
    {"resnet.**", "x (B, C, H, W)", "output" AVERAGES, RESNET,
     "a stage, a block or a layer by its path", run_resnet_part},
    {"vgg", "x (B, C, H, W); [target (B)]", "output (B, classes); [loss]" AVERAGES, VGG,
     "a VGG: vgg11 ... vgg19, vgg11_bn ... vgg19_bn, or any other", run_vgg},
    {"vgg.**", "input (B, C, H, W)", "output" AVERAGES, VGG,
     "features, classifier or a layer by its path", run_vgg_part},
    {"lm", "idx (B, T); [target (B, T)]", "output (B, T, vocabulary); [loss]", LM,
     "a decoder-only language model: gpt2, or any other", run_lm},
    {"lm.**", "x (B, T, width)", "output", LM, "a block, its halves or a layer by its path",
     run_lm_part},
    {0},
};
