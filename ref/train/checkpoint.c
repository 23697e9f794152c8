/* checkpoint.c: see checkpoint.h. Test: tests/train/test_checkpoint.c */
#include "ref/train/checkpoint.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/io/safetensors.h"
#include "ref/train/agree.h"
#include "ref/train/settings.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, NAME = 64 };

static void name_of(char name[NAME], int64_t step, int rank)
{
    snprintf(name, NAME, "step-%06" PRId64 "-rank-%03d.safetensors", step, rank);
}

/* Views of what this rank alone has, and of what is the same on all. */
static ts_status list_own(const ts_comm *world, const ts_train_state *state, ts_items *items)
{
    for (int64_t i = 0; i < ts_model_count(state->model); i++) {
        const ts_parameter *p = ts_model_parameter(state->model, i);
        if (p->buffer)
            ts_items_add(world->ctx, items, p->name, p->value);
    }
    return ts_exchange_state(state->exchange, items);
}

static ts_status list_shared(ts_ctx *ctx, const ts_train_state *state, ts_items *items)
{
    for (int64_t i = 0; i < ts_model_count(state->model); i++) {
        const ts_parameter *p = ts_model_parameter(state->model, i);
        if (!p->buffer)
            ts_items_add(ctx, items, p->name, p->value);
    }
    return ctx->status;
}

/* Nobody goes on before all have come here, and nobody at all after a failure. */
static ts_status meet(ts_comm *world)
{
    ts_agree_words nothing = {0};
    return ts_agree(world, &nothing);
}

static void write_own(ts_comm *world, const char *folder, const ts_train_state *state, int64_t step)
{
    char name[NAME];
    ts_items items = {0};
    name_of(name, step, world->rank);
    char *path = ts_path_join(world->ctx, folder, name);
    list_own(world, state, &items);
    if (world->rank == 0 && !list_shared(world->ctx, state, &items))
        ts_update_collect(world->ctx, state->update, &items);
    if (path && !world->ctx->status)
        ts_safetensors_write(world->ctx, path, &items, NULL);
    ts_items_free(&items);
    ts_free(path);
}

static ts_status write_json(ts_ctx *ctx, const char *folder, const json_t *settings, int64_t step)
{
    char *path = ts_path_join(ctx, folder, "checkpoint.json");
    json_t *copy = json_deep_copy(settings);
    json_t *all = json_pack("{s:i, s:I, s:o}", "version", VERSION, "step", (json_int_t)step,
                            "settings", copy);
    if (!all)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %s", "checkpoint.json");
    else if (path)
        ts_json_write(ctx, path, all);
    json_decref(all);
    ts_free(path);
    return ctx->status;
}

/* Files of steps other than this one. That one of them cannot be removed harms nobody. */
static void remove_older(ts_ctx *ctx, const char *folder, int64_t step)
{
    char keep[NAME];
    DIR *dir = opendir(folder);
    name_of(keep, step, 0);
    const size_t same = strcspn(keep + 5, "-") + 6; /* "step-000120-" */
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const size_t n = strlen(e->d_name);
        int64_t other;
        int rank;
        if (n < 13 || strcmp(e->d_name + n - 12, ".safetensors") != 0 ||
            sscanf(e->d_name, "step-%18" SCNd64 "-rank-%9d", &other, &rank) != 2 ||
            strncmp(e->d_name, keep, same) == 0)
            continue;
        char *path = ts_path_join(ctx, folder, e->d_name);
        if (path)
            unlink(path);
        ts_free(path);
    }
    if (dir)
        closedir(dir);
}

ts_status ts_checkpoint_save(ts_comm *world, const char *folder, const ts_train_state *state,
                             const json_t *settings, int64_t step)
{
    ts_ctx *ctx = world->ctx;
    if (world->rank == 0 && !ctx->status && mkdir(folder, 0777) && errno != EEXIST)
        ts_fail(ctx, TS_ERROR_IO, "%s: %s", folder, strerror(errno));
    meet(world);
    write_own(world, folder, state, step);
    meet(world);
    if (world->rank == 0 && !ctx->status && !write_json(ctx, folder, settings, step))
        remove_older(ctx, folder, step);
    return meet(world);
}

int64_t ts_checkpoint_step(ts_ctx *ctx, const char *folder, const json_t *settings)
{
    char *path = ctx->status ? NULL : ts_path_join(ctx, folder, "checkpoint.json");
    json_t *json = NULL;
    int64_t step = -1;
    if (path && ts_path_exists(path)) {
        json = ts_json_read_object(ctx, path);
        if (json && ts_json_int(ctx, json, path, "version", 0) != VERSION && !ctx->status)
            ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: not a checkpoint of version %d", path, VERSION);
        step = ts_json_int(ctx, json, path, "step", -1);
        if (!ctx->status && (step < 0 || !json_is_object(json_object_get(json, "settings"))))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: no step or no settings", path);
        if (!ctx->status)
            ts_train_settings_same(ctx, json_object_get(json, "settings"), settings, path);
    }
    json_decref(json);
    ts_free(path);
    return ctx->status ? -1 : step;
}

/* From the file to the views of its tensors. */
static void fill(ts_ctx *ctx, const ts_safetensors *file, const ts_items *items)
{
    for (int64_t i = 0; i < items->count && !ctx->status; i++) {
        const ts_tensor to = items->items[i].value;
        const ts_tensor from = ts_safetensors_get(file, items->items[i].name);
        char a[TS_SHAPE_TEXT], b[TS_SHAPE_TEXT];
        if (ts_is_empty(from) || from.dtype != to.dtype || from.rank != to.rank ||
            !ts_same_size(from, to))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: %.200s is %s, expected %s", ts_safetensors_path(file),
                    items->items[i].name, ts_is_empty(from) ? "missing" : ts_shape_text(a, from),
                    ts_shape_text(b, to));
        else
            memcpy(to.data, from.data, (size_t)ts_numel(to) * ts_dtype_size(to.dtype));
    }
}

static ts_safetensors *open_of(ts_ctx *ctx, const char *folder, int64_t step, int rank)
{
    char name[NAME];
    name_of(name, step, rank);
    char *path = ctx->status ? NULL : ts_path_join(ctx, folder, name);
    ts_safetensors *file = path ? ts_safetensors_open(ctx, path) : NULL;
    ts_free(path);
    return file;
}

/* Every rank reads its own file, and parameters and the optimiser's state in that of rank 0. */
ts_status ts_checkpoint_load(ts_comm *world, const char *folder, const ts_train_state *state,
                             int64_t step)
{
    ts_ctx *ctx = world->ctx;
    ts_items own = {0}, shared = {0};
    ts_safetensors *file = open_of(ctx, folder, step, world->rank);
    ts_safetensors *first = world->rank ? open_of(ctx, folder, step, 0) : file;
    if (!ctx->status && !list_own(world, state, &own))
        fill(ctx, file, &own);
    if (!ctx->status && !list_shared(ctx, state, &shared))
        fill(ctx, first, &shared);
    if (!ctx->status)
        ts_update_restore(ctx, state->update, first);
    ts_items_free(&own);
    ts_items_free(&shared);
    if (first != file)
        ts_safetensors_close(first);
    ts_safetensors_close(file);
    return meet(world);
}
