/* weights.c: the parameters of a network, by name. See weights.h; folders: weights_folder.c. */
#include "ref/io/weights.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/io/limits.h"
#include "ref/io/weights_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef ts_weights_entry entry;

ts_status ts_weights_no_memory(ts_ctx *ctx, const char *label)
{
    return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its weights", label);
}

/* Entries. ------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static entry *find(const ts_weights *w, const char *name)
{
    int64_t low = 0, high = w->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int order = strcmp(name, w->entries[middle].name);
        if (order == 0)
            return &w->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

ts_status ts_weights_append(ts_ctx *ctx, ts_weights *w, const char *file, const char *name,
                            ts_tensor t)
{
    if (w->count == w->room) {
        const int64_t room = w->room ? 2 * w->room : 64;
        entry *larger = ts_realloc(w->entries, (size_t)room * sizeof *larger);
        if (!larger)
            return ts_weights_no_memory(ctx, w->label);
        w->entries = larger;
        w->room = room;
    }
    char *copy = ts_strdup(name);
    if (!copy)
        return ts_weights_no_memory(ctx, w->label);
    t.grad = NULL;
    t.gauge = NULL;
    t.name = copy;
    w->entries[w->count++] = (entry){.name = copy, .value = t, .file = file};
    return TS_OK;
}

void ts_weights_sort(ts_weights *w)
{
    if (w->count > 0)
        qsort(w->entries, (size_t)w->count, sizeof *w->entries, by_name);
}

ts_status ts_weights_add(ts_ctx *ctx, ts_weights *w, const char *name, ts_tensor t)
{
    if (ctx->status)
        return ctx->status;
    if (find(w, name))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: two weights are named %s", w->label, name);
    if (ts_weights_append(ctx, w, w->label, name, t))
        return ctx->status;
    const entry added = w->entries[w->count - 1];
    int64_t at = w->count - 1;
    while (at > 0 && strcmp(w->entries[at - 1].name, name) > 0)
        at--;
    memmove(&w->entries[at + 1], &w->entries[at], (size_t)(w->count - 1 - at) * sizeof added);
    w->entries[at] = added;
    return TS_OK;
}

/* Life. ---------------------------------------------------------------------------------------- */

ts_weights *ts_weights_new(ts_ctx *ctx, const char *label)
{
    if (ctx->status)
        return NULL;
    ts_weights *w = ts_alloc_zero(1, sizeof *w);
    if (w) {
        w->label = ts_strdup(label);
        w->config = json_object();
    }
    if (w && w->label && w->config)
        return w;
    ts_weights_no_memory(ctx, label);
    ts_weights_close(w);
    return NULL;
}

static void forget_grads(ts_weights *w)
{
    for (int64_t i = 0; i < w->count; i++)
        w->entries[i].grad = NULL;
    for (int64_t i = 0; i < w->asked_count; i++)
        ts_free(w->asked[i]);
    w->asked_count = 0;
}

void ts_weights_close(ts_weights *w)
{
    if (!w)
        return;
    forget_grads(w);
    ts_free(w->asked);
    for (int64_t i = 0; i < w->count; i++)
        ts_free(w->entries[i].name);
    ts_free(w->entries);
    for (int64_t i = 0; i < w->file_count; i++)
        ts_safetensors_close(w->files[i]);
    ts_free(w->files);
    json_decref(w->config);
    ts_free(w->config_path);
    ts_free(w->component);
    ts_free(w->label);
    ts_free(w);
}

/* Config. -------------------------------------------------------------------------------------- */

const json_t *ts_weights_config(const ts_weights *w)
{
    return w->config;
}

const char *ts_weights_label(const ts_weights *w)
{
    return w->label;
}

const char *ts_weights_component(const ts_weights *w)
{
    return w->component ? w->component : "";
}

static const char *where(const ts_weights *w)
{
    return w->config_path ? w->config_path : w->label;
}

int64_t ts_config_int(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t otherwise)
{
    return ts_json_int(ctx, w->config, where(w), key, otherwise);
}

double ts_config_real(ts_ctx *ctx, const ts_weights *w, const char *key, double otherwise)
{
    return ts_json_real(ctx, w->config, where(w), key, otherwise);
}

bool ts_config_bool(ts_ctx *ctx, const ts_weights *w, const char *key, bool otherwise)
{
    return ts_json_bool(ctx, w->config, where(w), key, otherwise);
}

const char *ts_config_text(ts_ctx *ctx, const ts_weights *w, const char *key, const char *otherwise)
{
    return ts_json_text(ctx, w->config, where(w), key, otherwise);
}

int64_t ts_config_int_required(ts_ctx *ctx, const ts_weights *w, const char *key)
{
    return ts_json_require(ctx, w->config, where(w), key)
               ? ts_json_int(ctx, w->config, where(w), key, 0)
               : 0;
}

int ts_config_ints(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t *out, int room)
{
    return ts_json_ints(ctx, w->config, where(w), key, out, room);
}

/* Tensors. ------------------------------------------------------------------------------------- */

/* The record is the weight's, not one view's: whoever asks for the weight again in the same run
 * gets the same one, so that all that flows into a shared weight adds up. */
static void attach_grad(ts_ctx *ctx, ts_weights *w, entry *e, ts_tensor *t)
{
    if (!e->grad && w->asked_count == w->asked_room) {
        const int64_t room = w->asked_room ? 2 * w->asked_room : 64;
        ts_grad **larger = ts_realloc(w->asked, (size_t)room * sizeof *larger);
        if (!larger) {
            ts_weights_no_memory(ctx, w->label);
            return;
        }
        w->asked = larger;
        w->asked_room = room;
    }
    if (!e->grad) {
        e->grad = ts_alloc(sizeof *e->grad);
        if (!e->grad) {
            ts_weights_no_memory(ctx, w->label);
            return;
        }
        *e->grad = (ts_grad){.name = e->name};
        w->asked[w->asked_count++] = e->grad;
    }
    t->grad = e->grad;
    ctx->record = true;
}

/* The entry of that name, when it has these sizes; NULL after a failure. */
TS_PRINTF(5, 0)
static entry *expected(ts_ctx *ctx, ts_weights *w, int rank, const int64_t *size,
                       const char *format, va_list args)
{
    char name[TS_LIMIT_NAME + 1], label[TS_MESSAGE];
    if (ctx->status)
        return NULL;
    vsnprintf(name, sizeof name, format, args);
    entry *e = find(w, name);
    if (!e) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: the tensor %s is missing (%lld others are there)",
                w->label, name, (long long)w->count);
        return NULL;
    }
    snprintf(label, sizeof label, "%s: tensor %s", e->file, name);
    if (!ts_dtype_is_float(e->value.dtype))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: expected a floating type, got %s", label,
                ts_dtype_name(e->value.dtype));
    return !ctx->status && !ts_expect(ctx, e->value, label, rank, size) ? e : NULL;
}

ts_tensor ts_weight(ts_ctx *ctx, ts_weights *w, int rank, const int64_t *size, const char *format,
                    ...)
{
    va_list args;
    va_start(args, format);
    entry *e = expected(ctx, w, rank, size, format, args);
    va_end(args);
    ts_tensor t = e ? e->value : (ts_tensor){0};
    if (e && w->want_grads)
        attach_grad(ctx, w, e, &t);
    return ctx->status ? (ts_tensor){0} : t;
}

ts_tensor ts_buffer(ts_ctx *ctx, ts_weights *w, int rank, const int64_t *size, const char *format,
                    ...)
{
    va_list args;
    va_start(args, format);
    const entry *e = expected(ctx, w, rank, size, format, args);
    va_end(args);
    return e ? e->value : (ts_tensor){0};
}

bool ts_weights_has(const ts_weights *w, const char *name)
{
    return find(w, name) != NULL;
}

int64_t ts_weights_count(const ts_weights *w)
{
    return w->count;
}

const char *ts_weights_name(const ts_weights *w, int64_t i)
{
    return w->entries[i].name;
}

ts_tensor ts_weights_tensor(const ts_weights *w, int64_t i)
{
    return w->entries[i].value;
}

void ts_weights_want_grads(ts_weights *w, bool on)
{
    forget_grads(w);
    w->want_grads = on;
}

int64_t ts_weights_grad_count(const ts_weights *w)
{
    return w->asked_count;
}

ts_tensor ts_weights_grad(const ts_weights *w, int64_t i, const char **name)
{
    if (name)
        *name = w->asked[i]->name;
    return w->asked[i]->value;
}

void ts_weights_prefetch(const ts_weights *w, const char *prefix)
{
    const size_t length = strlen(prefix);
    for (int64_t i = 0; i < w->count; i++) {
        const ts_tensor t = w->entries[i].value;
        if (strncmp(w->entries[i].name, prefix, length) == 0)
            ts_map_ahead(t.data, ts_numel(t) * (int64_t)ts_dtype_size(t.dtype));
    }
}
