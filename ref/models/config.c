/* config.c: which network, from JSON. config.h says the keys.
 *
 * Source:   torchvision.models (resnet18 ... vgg19_bn); He et al. 2016, section 4.2 (resnet20 ...
 *           resnet110, three stages from width 16, for pictures of 32 pixels); odm_resnet: the ResNet of
 *           text detection (three convolutions first, strides by pooling, no classes); GPT-2
 * Test:     tests/models/test_config.c */
#include "ref/models/config.h"

#include "ref/io/json.h"

#include <string.h>

enum { MAX_WIDTH = 1 << 16, MAX_LAYERS = 1 << 10, MAX_CLASSES = 1 << 24 };

typedef struct {
    const char *name;
    ts_model_kind kind;
    int64_t layers[5]; /* lm: layers, heads, width, context */
    bool bottleneck, small;
    bool other; /* vgg: with norms; resnet: deep stem, strides by pooling, no classes */
} published;

static const published networks[] = {
    {"resnet18", TS_MODEL_RESNET, {2, 2, 2, 2}, false, false, false},
    {"resnet34", TS_MODEL_RESNET, {3, 4, 6, 3}, false, false, false},
    {"resnet50", TS_MODEL_RESNET, {3, 4, 6, 3}, true, false, false},
    {"resnet101", TS_MODEL_RESNET, {3, 4, 23, 3}, true, false, false},
    {"resnet152", TS_MODEL_RESNET, {3, 8, 36, 3}, true, false, false},
    {"odm_resnet", TS_MODEL_RESNET, {3, 4, 6, 3}, true, false, true},
    {"resnet20", TS_MODEL_RESNET, {3, 3, 3}, false, true, false},
    {"resnet32", TS_MODEL_RESNET, {5, 5, 5}, false, true, false},
    {"resnet44", TS_MODEL_RESNET, {7, 7, 7}, false, true, false},
    {"resnet56", TS_MODEL_RESNET, {9, 9, 9}, false, true, false},
    {"resnet110", TS_MODEL_RESNET, {18, 18, 18}, false, true, false},
    {"resnet-digits", TS_MODEL_RESNET, {1, 1}, false, true, false},
    {"vgg11", TS_MODEL_VGG, {1, 1, 2, 2, 2}, false, false, false},
    {"vgg13", TS_MODEL_VGG, {2, 2, 2, 2, 2}, false, false, false},
    {"vgg16", TS_MODEL_VGG, {2, 2, 3, 3, 3}, false, false, false},
    {"vgg19", TS_MODEL_VGG, {2, 2, 4, 4, 4}, false, false, false},
    {"vgg11_bn", TS_MODEL_VGG, {1, 1, 2, 2, 2}, false, false, true},
    {"vgg13_bn", TS_MODEL_VGG, {2, 2, 2, 2, 2}, false, false, true},
    {"vgg16_bn", TS_MODEL_VGG, {2, 2, 3, 3, 3}, false, false, true},
    {"vgg19_bn", TS_MODEL_VGG, {2, 2, 4, 4, 4}, false, false, true},
    {"gpt2", TS_MODEL_LM, {12, 12, 768, 1024}, false, false, false},
    {"lm-tiny", TS_MODEL_LM, {4, 4, 128, 128}, false, true, false},
};

const char *ts_model_name(int i)
{
    return i >= 0 && (size_t)i < sizeof networks / sizeof *networks ? networks[i].name : NULL;
}

typedef struct {
    ts_ctx *ctx;
    const json_t *json;
    const char *where;
} reader;

static int64_t whole(reader r, const char *key, int64_t otherwise, int64_t least, int64_t most)
{
    const int64_t value = ts_json_int(r.ctx, r.json, r.where, key, otherwise);
    if (!r.ctx->status && (value < least || value > most))
        ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: %s is %lld, expected %lld to %lld", r.where, key,
                (long long)value, (long long)least, (long long)most);
    return value;
}

static double part(reader r, const char *key, double otherwise)
{
    const double value = ts_json_real(r.ctx, r.json, r.where, key, otherwise);
    if (!r.ctx->status && !(value >= 0.0 && value < 1.0))
        ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: %s is %g, expected 0 or more, below 1", r.where, key,
                value);
    return value;
}

static bool flag(reader r, const char *key, bool otherwise)
{
    return ts_json_bool(r.ctx, r.json, r.where, key, otherwise);
}

/* The place of a word among `count` of them; fails with all of them otherwise. */
static int word(reader r, const char *key, const char *const *words, int count, int otherwise)
{
    const char *text = ts_json_text(r.ctx, r.json, r.where, key, words[otherwise]);
    for (int i = 0; i < count && !r.ctx->status; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    if (!r.ctx->status)
        ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: %s is %s, expected %s, %s%s%s", r.where, key, text,
                words[0], words[1], count > 2 ? " or " : "", count > 2 ? words[2] : "");
    return otherwise;
}

/* "layers" into out, or `otherwise`; returns how many stages there are. */
static int stages(reader r, int64_t *out, int room, const int64_t *otherwise, int exactly)
{
    int count = ts_json_ints(r.ctx, r.json, r.where, "layers", out, room);
    if (r.ctx->status)
        return 0;
    for (int i = 0; !ts_json_find(r.json, "layers") && i < 5 && otherwise[i] > 0; i++)
        out[count++] = otherwise[i];
    for (int i = 0; i < count; i++)
        if (out[i] < 1 || out[i] > MAX_LAYERS)
            ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: layers: %lld of a stage, expected 1 to %d", r.where,
                    (long long)out[i], MAX_LAYERS);
    if (!r.ctx->status && (count < 1 || (exactly && count != exactly)))
        ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: layers: expected %d stages%s, got %d", r.where,
                exactly ? exactly : 1, exactly ? "" : " or more", count);
    return count;
}

static void read_resnet(reader r, ts_resnet_config *c, const published *p)
{
    static const char *const blocks[] = {"basic", "bottleneck"};
    static const char *const stems[] = {"large", "small", "deep"};
    c->bottleneck = word(r, "block", blocks, 2, p->bottleneck) == 1;
    c->stages = stages(r, c->layers, TS_RESNET_STAGES, p->layers, 0);
    c->stem = (ts_resnet_stem)word(r, "stem", stems, 3, p->other   ? TS_STEM_DEEP
                                                           : p->small ? TS_STEM_SMALL
                                                                      : TS_STEM_LARGE);
    c->width = whole(r, "width", p->small ? 16 : 64, c->stem == TS_STEM_DEEP ? 2 : 1, MAX_WIDTH);
    c->channels = whole(r, "channels", strcmp(p->name, "resnet-digits") == 0 ? 1 : 3, 1, MAX_WIDTH);
    c->classes = whole(r, "classes", p->other ? 0 : p->small ? 10 : 1000, 0, MAX_CLASSES);
    c->pooled = flag(r, "pooled_strides", p->other);
    c->zero_last = flag(r, "zero_init_last", false);
    c->eps = part(r, "eps", 1e-5);
    c->momentum = part(r, "momentum", 0.1);
}

static void read_vgg(reader r, ts_vgg_config *c, const published *p)
{
    stages(r, c->layers, TS_VGG_STAGES, p->layers, TS_VGG_STAGES);
    c->width = whole(r, "width", 64, 1, MAX_WIDTH);
    c->channels = whole(r, "channels", 3, 1, MAX_WIDTH);
    c->classes = whole(r, "classes", 1000, 1, MAX_CLASSES);
    c->hidden = whole(r, "hidden", 4096, 1, MAX_CLASSES);
    c->pool = whole(r, "pool", 7, 1, 1024);
    c->batch_norm = flag(r, "batch_norm", p->other);
    c->dropout = part(r, "dropout", 0.5);
    c->eps = part(r, "eps", 1e-5);
    c->momentum = part(r, "momentum", 0.1);
}

static void read_lm(reader r, ts_lm_config *c, const published *p)
{
    static const char *const activations[] = {"gelu", "gelu_tanh"};
    c->layers = whole(r, "layers", p->layers[0], 1, MAX_LAYERS);
    c->heads = whole(r, "heads", p->layers[1], 1, MAX_WIDTH);
    c->width = whole(r, "width", p->layers[2], 1, MAX_WIDTH);
    c->context = whole(r, "context", p->layers[3], 1, MAX_CLASSES);
    c->vocabulary = whole(r, "vocabulary", p->small ? 256 : 50257, 1, MAX_CLASSES);
    c->bias = flag(r, "bias", true);
    c->tied = flag(r, "tied", true);
    c->gelu_tanh = word(r, "activation", activations, 2, !p->small) == 1;
    c->dropout = part(r, "dropout", p->small ? 0.0 : 0.1);
    c->eps = part(r, "eps", 1e-5);
    if (!r.ctx->status && c->width % c->heads)
        ts_fail(r.ctx, TS_ERROR_FORMAT, "%s: %lld heads do not divide the width of %lld", r.where,
                (long long)c->heads, (long long)c->width);
}

ts_status ts_model_config_read(ts_ctx *ctx, ts_model_config *config, const json_t *json,
                               const char *otherwise, const char *where)
{
    const reader r = {ctx, json, where};
    if (ctx->status)
        return ctx->status;
    const char *name = ts_json_text(ctx, json, where, "model", otherwise);
    const published *p = networks, *end = networks + sizeof networks / sizeof *networks;
    while (!ctx->status && p < end && strcmp(p->name, name) != 0)
        p++;
    if (!ctx->status && p == end)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: no network is named %s", where, name);
    if (ctx->status)
        return ctx->status;
    memset(config, 0, sizeof *config);
    config->kind = p->kind;
    if (p->kind == TS_MODEL_RESNET)
        read_resnet(r, &config->resnet, p);
    else if (p->kind == TS_MODEL_VGG)
        read_vgg(r, &config->vgg, p);
    else
        read_lm(r, &config->lm, p);
    return ctx->status;
}

void ts_model_layers(ts_ctx *ctx, ts_layers *list, const ts_model_config *config)
{
    if (config->kind == TS_MODEL_RESNET)
        ts_resnet_layers(ctx, list, &config->resnet);
    else if (config->kind == TS_MODEL_VGG)
        ts_vgg_layers(ctx, list, &config->vgg);
    else
        ts_lm_layers(ctx, list, &config->lm);
}

ts_pass ts_model_pass(const ts_model_config *config, ts_weights *weights)
{
    const ts_resnet_config *r = &config->resnet;
    const ts_vgg_config *v = &config->vgg;
    if (config->kind == TS_MODEL_RESNET)
        return (ts_pass){.weights = weights, .eps = r->eps, .momentum = r->momentum};
    if (config->kind == TS_MODEL_VGG)
        return (ts_pass){.weights = weights, .eps = v->eps, .momentum = v->momentum,
                         .dropout = v->dropout};
    return (ts_pass){.weights = weights, .eps = config->lm.eps, .dropout = config->lm.dropout};
}

ts_tensor ts_model_output(ts_ctx *ctx, ts_pass *pass, const ts_model_config *config, ts_tensor x)
{
    if (config->kind == TS_MODEL_RESNET)
        return ts_resnet_forward(ctx, pass, &config->resnet, x);
    if (config->kind == TS_MODEL_VGG)
        return ts_vgg_forward(ctx, pass, &config->vgg, x);
    return ts_lm_forward(ctx, pass, &config->lm, x);
}
