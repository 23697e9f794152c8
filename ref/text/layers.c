/* layers.c: test: tests/text/test_layers.c. */
#include "ref/text/layers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ts_status ts_act_named(ts_ctx *ctx, ts_act *out, const char *name, const char *where)
{
    static const struct {
        const char *name;
        ts_act act;
    } known[] = {{"relu", TS_ACT_RELU},
                 {"gelu", TS_ACT_GELU},
                 {"gelu_new", TS_ACT_GELU_TANH},
                 {"gelu_pytorch_tanh", TS_ACT_GELU_TANH},
                 {"quick_gelu", TS_ACT_QUICK_GELU},
                 {"silu", TS_ACT_SILU},
                 {"swish", TS_ACT_SILU}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strcmp(name, known[i].name)) {
            *out = known[i].act;
            return TS_OK;
        }
    }
    return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: the activation \"%.40s\" is not built in", where,
                   name);
}

ts_tensor ts_act_apply(ts_ctx *ctx, ts_tensor x, ts_act act)
{
    switch (act) {
    case TS_ACT_RELU:
        return ts_relu(ctx, x);
    case TS_ACT_GELU:
        return ts_gelu(ctx, x);
    case TS_ACT_GELU_TANH:
        return ts_gelu_tanh(ctx, x);
    case TS_ACT_QUICK_GELU:
        return ts_quick_gelu(ctx, x);
    case TS_ACT_SILU:
        break;
    }
    return ts_silu(ctx, x);
}

#define MODULE_NAME(name, format)                                                                  \
    char name[TS_PATH];                                                                            \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        vsnprintf(name, sizeof name, format, args);                                                \
        va_end(args);                                                                              \
    } while (0)

static ts_tensor bias_of(ts_ctx *ctx, ts_weights *w, int64_t n, const char *module)
{
    char name[TS_PATH + 8];
    snprintf(name, sizeof name, "%s.bias", module);
    return ts_weights_has(w, name) ? ts_weight(ctx, w, 1, &n, "%s", name) : (ts_tensor){0};
}

/* The input's width, or -1 after a failure. */
static int64_t width_of(ts_ctx *ctx, ts_tensor x, const char *module)
{
    if (!ctx->status && x.rank < 1)
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: the input has no axis", module);
    return ctx->status ? -1 : ts_size(x, -1);
}

ts_tensor ts_linear_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, int64_t out, const char *format,
                          ...)
{
    MODULE_NAME(module, format);
    const int64_t in = width_of(ctx, x, module);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor weight = ts_weight(ctx, w, 2, (int64_t[]){out, in}, "%s.weight", module);
    return ts_linear(ctx, x, weight, bias_of(ctx, w, out, module));
}

ts_tensor ts_layer_norm_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, double eps,
                              const char *format, ...)
{
    MODULE_NAME(module, format);
    const int64_t n = width_of(ctx, x, module);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor weight = ts_weight(ctx, w, 1, &n, "%s.weight", module);
    return ts_layer_norm(ctx, x, weight, bias_of(ctx, w, n, module), eps);
}

ts_tensor ts_rms_norm_named(ts_ctx *ctx, ts_weights *w, ts_tensor x, double eps,
                            const char *format, ...)
{
    MODULE_NAME(module, format);
    const int64_t n = width_of(ctx, x, module);
    if (ctx->status)
        return (ts_tensor){0};
    return ts_rms_norm(ctx, x, ts_weight(ctx, w, 1, &n, "%s.weight", module), eps);
}

ts_tensor ts_embedding_named(ts_ctx *ctx, ts_weights *w, ts_tensor ids, int64_t width,
                             const char *format, ...)
{
    MODULE_NAME(module, format);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor table = ts_weight(ctx, w, 2, (int64_t[]){-1, width}, "%s.weight", module);
    return ctx->status ? (ts_tensor){0} : ts_embedding(ctx, table, ids);
}
