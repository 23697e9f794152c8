/* lora.c: low-rank adapters.
 *
 *     y = W x + b + (alpha / r) B (A x)
 *
 * Source:   Hu et al. 2021, section 4.1; the key names are those of PEFT and of diffusers'
 *           save_lora_weights
 * Shapes:   A (r, in), B (out, r)
 * Pitfalls: published files hold no alpha, so alpha = r unless the user says otherwise; the adapter
 *           belongs to a token stream, not to a layer: the caller says when it acts
 * Test:     tests/dit/test_lora.c            Golden: modules/x_embedder_lora */
#include "ref/dit/lora.h"

#include "ref/base/trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum { DOWN, UP, ALPHA } role;

typedef struct {
    char *module;
    role what;
    const char *key; /* in the file */
    bool used;
} entry;

struct ts_lora {
    ts_weights *file; /* not owned */
    double alpha;
    entry *entries; /* in the order of the file's names */
    int64_t count;
};

/* "transformer.M.lora_A.default.weight" -> "M", DOWN. False: not the key of an adapter. */
static bool parse_key(char *module, size_t room, role *what, const char *key)
{
    static const char prefix[] = "transformer.";
    static const char *const tails[][2] = {{".lora_A.weight", ".lora_A.default.weight"},
                                           {".lora_B.weight", ".lora_B.default.weight"},
                                           {".alpha", ".alpha"}};
    if (strncmp(key, prefix, sizeof prefix - 1) == 0)
        key += sizeof prefix - 1;
    const size_t length = strlen(key);
    for (int i = 0; i < 6; i++) {
        const char *tail = tails[i / 2][i % 2];
        const size_t end = strlen(tail);
        if (length <= end || length - end >= room || strcmp(key + length - end, tail) != 0)
            continue;
        snprintf(module, room, "%.*s", (int)(length - end), key);
        *what = (role)(i / 2);
        return true;
    }
    return false;
}

static entry *find(ts_lora *lora, const char *module, role what)
{
    for (int64_t i = 0; i < lora->count; i++)
        if (lora->entries[i].what == what && strcmp(lora->entries[i].module, module) == 0)
            return &lora->entries[i];
    return NULL;
}

static ts_status read_keys(ts_ctx *ctx, ts_lora *lora)
{
    const char *label = ts_weights_label(lora->file);
    for (int64_t i = 0; i < ts_weights_count(lora->file); i++) {
        const char *key = ts_weights_name(lora->file, i);
        char module[TS_PATH];
        entry e = {.key = key};
        if (!parse_key(module, sizeof module, &e.what, key))
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "%s: %s is not the key of an adapter "
                           "([transformer.]MODULE.lora_A.weight, .lora_B.weight or .alpha)",
                           label, key);
        if (find(lora, module, e.what))
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s stands there twice", label, key);
        e.module = ts_strdup(module);
        if (!e.module)
            return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to read it", label);
        lora->entries[lora->count++] = e;
    }
    return lora->count ? TS_OK : ts_fail(ctx, TS_ERROR_FORMAT, "%s: holds no adapter", label);
}

ts_lora *ts_lora_open(ts_ctx *ctx, ts_weights *file, double alpha)
{
    if (ctx->status)
        return NULL;
    if (!(alpha >= 0.0) || !isfinite(alpha)) {
        ts_fail(ctx, TS_ERROR_USAGE, "the alpha of an adapter must be positive, not %g", alpha);
        return NULL;
    }
    ts_lora *lora = ts_alloc_zero(1, sizeof *lora);
    if (lora) {
        *lora = (ts_lora){.file = file, .alpha = alpha};
        lora->entries = ts_alloc_zero((size_t)ts_weights_count(file), sizeof *lora->entries);
    }
    if (!lora || !lora->entries)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to read it", ts_weights_label(file));
    else
        read_keys(ctx, lora);
    if (!ctx->status)
        return lora;
    ts_lora_close(lora);
    return NULL;
}

void ts_lora_close(ts_lora *lora)
{
    if (!lora)
        return;
    for (int64_t i = 0; i < lora->count; i++)
        ts_free(lora->entries[i].module);
    ts_free(lora->entries);
    ts_free(lora);
}

static double scale_of(ts_ctx *ctx, ts_lora *lora, const char *module, int64_t rank)
{
    entry *alpha = find(lora, module, ALPHA);
    double value = lora->alpha > 0 ? lora->alpha : (double)rank;
    if (alpha) {
        const ts_tensor t = ts_weights_tensor(lora->file, alpha - lora->entries);
        const bool one = ts_numel(t) == 1 && ts_dtype_is_float(t.dtype);
        value = one ? ts_load(t.data, t.dtype, 0) : (double)NAN;
        if (!isfinite(value))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s: expected one number",
                    ts_weights_label(lora->file), alpha->key);
        alpha->used = true;
    }
    return rank ? value / (double)rank : 0.0;
}

void ts_lora_attach(ts_ctx *ctx, ts_lora *lora, ts_adapted *linear, const char *module)
{
    if (!lora || ctx->status)
        return;
    entry *down = find(lora, module, DOWN), *up = find(lora, module, UP);
    if (!down && !up)
        return;
    if (!down || !up) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s has no %s beside it", ts_weights_label(lora->file),
                down ? down->key : up->key, down ? "lora_B" : "lora_A");
        return;
    }
    linear->a_down =
        ts_weight(ctx, lora->file, 2, (int64_t[]){-1, linear->w.size[1]}, "%s", down->key);
    if (ctx->status)
        return;
    const int64_t rank = linear->a_down.size[0];
    linear->b_up = ts_weight(ctx, lora->file, 2, (int64_t[]){linear->w.size[0], rank}, "%s",
                             up->key);
    linear->scale = scale_of(ctx, lora, module, rank);
    down->used = up->used = true;
}

void ts_lora_counts(const ts_lora *lora, int64_t *attached, int64_t *all)
{
    *all = lora ? lora->count : 0;
    *attached = 0;
    for (int64_t i = 0; i < *all; i++)
        *attached += lora->entries[i].used;
}

ts_status ts_lora_all_used(ts_ctx *ctx, const ts_lora *lora)
{
    if (!lora || ctx->status)
        return ctx->status;
    int64_t attached, all;
    ts_lora_counts(lora, &attached, &all);
    for (int64_t i = 0; i < all; i++)
        if (!lora->entries[i].used)
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "%s: %s matches no module of the transformer (%lld of %lld tensors do)",
                           ts_weights_label(lora->file), lora->entries[i].key, (long long)attached,
                           (long long)all);
    return TS_OK;
}

/* The module's name belongs to the sum, as in PEFT: its own product is the base layer's. */
ts_tensor ts_adapted_linear(ts_ctx *ctx, ts_tensor x, const ts_adapted *linear, bool adapter)
{
    if (!adapter || ts_is_empty(linear->a_down))
        return ts_linear(ctx, x, linear->w, linear->b);
    ts_tensor w = linear->w;
    w.name = NULL;
    const ts_tensor base = ts_linear(ctx, x, w, linear->b);
    const ts_tensor down = ts_linear(ctx, x, linear->a_down, (ts_tensor){0});
    const ts_tensor up = ts_linear(ctx, down, linear->b_up, (ts_tensor){0});
    const ts_tensor y = ts_add(ctx, base, ts_scale(ctx, up, linear->scale));
    return ts_named_by_weight(ctx, y, linear->w.name);
}
