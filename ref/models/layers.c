/* layers.c: layers as lists of tensors, and their forward passes.
 *
 * Source:   torch.nn Conv2d, Linear, Embedding, LayerNorm, BatchNorm2d (names and layouts)
 * Pitfalls: a running average is moved by the *unbiased* variance, though the batch is normalised by
 *           the biased one; it is moved when a step is taken, not when a pass is computed, so that a
 *           pass can be computed twice
 * Test:     tests/models/test_layers.c */
#include "ref/models/layers.h"

#include "ref/base/trace.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ts_layers_add(ts_ctx *ctx, ts_layers *list, ts_layer layer, const char *format, ...)
{
    if (ctx->status)
        return;
    if (list->count == list->room) {
        const int64_t room = list->room ? 2 * list->room : 64;
        ts_layer *larger = ts_realloc(list->items, (size_t)room * sizeof *larger);
        if (!larger) {
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the layers of a model");
            return;
        }
        list->items = larger;
        list->room = room;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(layer.name, sizeof layer.name, format, args);
    va_end(args);
    list->items[list->count++] = layer;
}

void ts_layers_free(ts_layers *list)
{
    ts_free(list->items);
    *list = (ts_layers){0};
}

static ts_layer_tensor tensor_of(const ts_layer *layer, const char *leaf, int rank)
{
    ts_layer_tensor t = {.rank = rank, .size = {layer->out, layer->in, layer->kernel, layer->kernel},
                         .init = TS_INIT_ZERO};
    snprintf(t.name, sizeof t.name, "%s.%s", layer->name, leaf);
    return t;
}

int ts_layer_tensors(const ts_layer *layer, ts_layer_tensor out[TS_LAYER_TENSORS])
{
    static const int ranks[] = {
        [TS_LAYER_CONV] = 4, [TS_LAYER_LINEAR] = 2, [TS_LAYER_EMBEDDING] = 2, [TS_LAYER_NORM] = 1,
        [TS_LAYER_BATCH_NORM] = 1};
    const double fan_out = (double)layer->out * (double)layer->kernel * (double)layer->kernel;
    int n = 0;
    out[n] = tensor_of(layer, "weight", ranks[layer->kind]);
    out[n].init = layer->init;
    out[n].scale = layer->init == TS_INIT_FAN_OUT   ? sqrt(2.0 / fan_out)
                   : layer->init == TS_INIT_UNIFORM ? 1.0 / sqrt((double)layer->in)
                                                    : layer->scale;
    n++;
    if (layer->bias) {
        out[n] = tensor_of(layer, "bias", 1);
        if (layer->init == TS_INIT_UNIFORM) {
            out[n].init = TS_INIT_UNIFORM;
            out[n].scale = out[0].scale;
        }
        n++;
    }
    if (layer->kind == TS_LAYER_BATCH_NORM) {
        out[n] = tensor_of(layer, "running_mean", 1);
        out[n + 1] = tensor_of(layer, "running_var", 1);
        out[n + 1].init = TS_INIT_ONE;
        out[n].buffer = out[n + 1].buffer = true;
        n += 2;
    }
    return n;
}

ts_status ts_layers_check(ts_ctx *ctx, ts_weights *weights, const ts_layers *list)
{
    ts_layer_tensor t[TS_LAYER_TENSORS];
    for (int64_t i = 0; i < list->count && !ctx->status; i++) {
        const int n = ts_layer_tensors(&list->items[i], t);
        for (int k = 0; k < n && !ctx->status; k++)
            ts_buffer(ctx, weights, t[k].rank, t[k].size, "%s", t[k].name);
    }
    return ctx->status;
}

/* Forward. --------------------------------------------------------------------------------------- */

static const int64_t any[4] = {-1, -1, -1, -1};

/* "path.leaf" for the context's path. */
static const char *below(const ts_ctx *ctx, const char *leaf, char name[2 * TS_PATH])
{
    snprintf(name, 2 * TS_PATH, "%s%s%s", ctx->path, *ctx->path ? "." : "", leaf);
    return name;
}

ts_tensor ts_pass_weight(ts_ctx *ctx, const ts_pass *pass, const char *leaf, int rank)
{
    char name[2 * TS_PATH];
    return ts_weight(ctx, pass->weights, rank, any, "%s", below(ctx, leaf, name));
}

/* A layer's tensor `end`, empty where `optional` and not there. */
static ts_tensor part(ts_ctx *ctx, const ts_pass *pass, const char *leaf, const char *end, int rank,
                      bool optional)
{
    char name[2 * TS_PATH], full[2 * TS_PATH + 16];
    snprintf(full, sizeof full, "%s.%s", below(ctx, leaf, name), end);
    if (optional && !ts_weights_has(pass->weights, full))
        return (ts_tensor){0};
    return ts_weight(ctx, pass->weights, rank, any, "%s", full);
}

ts_tensor ts_pass_conv(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x,
                       int64_t stride, int64_t padding)
{
    const ts_tensor w = part(ctx, pass, leaf, "weight", 4, false);
    const ts_conv config = {.stride = {stride, stride}, .top = padding, .bottom = padding,
                            .left = padding, .right = padding};
    return ts_conv2d(ctx, x, w, part(ctx, pass, leaf, "bias", 1, true), config);
}

ts_tensor ts_pass_linear(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x)
{
    const ts_tensor w = part(ctx, pass, leaf, "weight", 2, false);
    return ts_linear(ctx, x, w, part(ctx, pass, leaf, "bias", 1, true));
}

ts_tensor ts_pass_layer_norm(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x)
{
    const ts_tensor w = part(ctx, pass, leaf, "weight", 1, false);
    return ts_layer_norm(ctx, x, w, part(ctx, pass, leaf, "bias", 1, true), pass->eps);
}

/* The running average `end` of a batch norm. */
static ts_tensor average(ts_ctx *ctx, const ts_pass *pass, const char *leaf, const char *end)
{
    char name[2 * TS_PATH];
    below(ctx, leaf, name);
    return ts_buffer(ctx, pass->weights, 1, any, "%s.%s", name, end);
}

static void move(ts_ctx *ctx, ts_pass *pass, ts_tensor old, ts_tensor new)
{
    ts_running *r = ts_take(ctx, sizeof *r);
    if (!r)
        return;
    ts_tensor from = old; /* the average is no module's output: it must not be traced as one */
    from.name = NULL;
    *r = (ts_running){pass->running, old.name, ts_lerp(ctx, from, new, pass->momentum)};
    pass->running = r;
}

ts_tensor ts_pass_batch_norm(ts_ctx *ctx, ts_pass *pass, const char *leaf, ts_tensor x)
{
    const ts_tensor w = part(ctx, pass, leaf, "weight", 1, true);
    const ts_tensor b = part(ctx, pass, leaf, "bias", 1, true);
    const ts_tensor mean = average(ctx, pass, leaf, "running_mean");
    const ts_tensor var = average(ctx, pass, leaf, "running_var");
    if (ctx->status)
        return (ts_tensor){0};
    if (!pass->train)
        return ts_batch_norm(ctx, x, w, b, mean, var, pass->eps);
    ts_tensor moments[2];
    const ts_tensor y = ts_batch_norm_train(ctx, x, w, b, pass->eps, moments);
    if (!ctx->status) {
        move(ctx, pass, mean, moments[0]);
        move(ctx, pass, var, moments[1]);
    }
    return ctx->status ? (ts_tensor){0} : y;
}

ts_tensor ts_pass_dropout(ts_ctx *ctx, ts_pass *pass, ts_tensor x)
{
    if (!pass->train || pass->dropout == 0.0)
        return x;
    const ts_tensor y = ts_dropout(ctx, x, pass->dropout, pass->key);
    pass->key.layer++;
    return y;
}

ts_tensor ts_pass_relu(ts_ctx *ctx, const char *leaf, ts_tensor x)
{
    return ts_named(ctx, ts_relu(ctx, x), leaf, -1);
}
