/* weights_folder.c: finding and opening the files of a component. See weights.h.
 *
 * A component folder is searched for, in this order: an index (NAME.safetensors.index.json), one
 * file NAME.safetensors, with NAME diffusion_pytorch_model or model, plain and then as the variants
 * that publishers add (.bf16, .fp16, .fp32). Without any of them: the only *.safetensors file there
 * is. */
#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/io/limits.h"
#include "ref/io/weights_inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A place in a checkpoint: no link may lead out of `root`. */
typedef struct {
    const char *root, *folder;
} place;

static ts_safetensors *open_path(ts_ctx *ctx, ts_weights *w, const char *path)
{
    ts_safetensors *file = ts_safetensors_open(ctx, path);
    if (!file)
        return NULL;
    const size_t bytes = (size_t)(w->file_count + 1) * sizeof *w->files;
    ts_safetensors **larger = ts_realloc(w->files, bytes);
    if (!larger) {
        ts_weights_no_memory(ctx, w->label);
        ts_safetensors_close(file);
        return NULL;
    }
    w->files = larger;
    w->files[w->file_count++] = file;
    return file;
}

static ts_safetensors *open_file(ts_ctx *ctx, ts_weights *w, place at, const char *name)
{
    char *path = ts_path_inside(ctx, at.root, at.folder, name);
    ts_safetensors *file = path ? open_path(ctx, w, path) : NULL;
    ts_free(path);
    return file;
}

/* Every tensor of a file. */
static ts_status take_all(ts_ctx *ctx, ts_weights *w, const ts_safetensors *file)
{
    const int64_t count = file ? ts_safetensors_count(file) : 0;
    for (int64_t i = 0; i < count && !ctx->status; i++)
        ts_weights_append(ctx, w, ts_safetensors_path(file), ts_safetensors_name(file, i),
                          ts_safetensors_tensor(file, i));
    ts_weights_sort(w);
    return ctx->status;
}

/* The file of that base name among those opened already. */
static ts_safetensors *opened(const ts_weights *w, const char *name)
{
    for (int64_t i = w->file_count - 1; i >= 0; i--) {
        const char *path = ts_safetensors_path(w->files[i]), *slash = strrchr(path, '/');
        if (strcmp(slash ? slash + 1 : path, name) == 0)
            return w->files[i];
    }
    return NULL;
}

static ts_status open_shard(ts_ctx *ctx, ts_weights *w, place at, const char *index,
                            const char *tensor, const json_t *said)
{
    const char *name = json_string_value(said);
    if (!name || !*name || strchr(name, '/'))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: weight_map: %.200s: expected the name of a file",
                       index, tensor);
    const ts_safetensors *file = opened(w, name);
    if (!file && w->file_count == TS_LIMIT_SHARDS)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: more than %lld files", index,
                       (long long)TS_LIMIT_SHARDS);
    if (!file)
        file = open_file(ctx, w, at, name);
    if (!file)
        return ctx->status;
    const int64_t i = ts_safetensors_find(file, tensor);
    if (i < 0)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: the tensor %.200s is missing, which %s says is here",
                       ts_safetensors_path(file), tensor, index);
    return ts_weights_append(ctx, w, ts_safetensors_path(file), tensor,
                             ts_safetensors_tensor(file, i));
}

static ts_status open_index(ts_ctx *ctx, ts_weights *w, place at, const char *name)
{
    const char *tensor;
    json_t *said;
    char *path = ts_path_inside(ctx, at.root, at.folder, name);
    json_t *index = path ? ts_json_read_object(ctx, path) : NULL;
    json_t *map = json_object_get(index, "weight_map");
    if (index && !json_is_object(map))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: weight_map: expected an object", path);
    json_object_foreach (map, tensor, said)
        if (ctx->status || open_shard(ctx, w, at, path, tensor, said))
            break;
    json_decref(index);
    ts_free(path);
    ts_weights_sort(w);
    return ctx->status;
}

/* Is there such a file, or a link of that name? A dangling link counts: it gets its sentence. */
static bool is_there(const char *folder, const char *name)
{
    bool found = false;
    DIR *list = opendir(folder);
    const struct dirent *one;
    while (list && !found && (one = readdir(list)))
        found = strcmp(one->d_name, name) == 0;
    if (list)
        closedir(list);
    return found;
}

/* The known names, the likeliest first. */
static bool known_name(place at, char *name, size_t room, bool *index)
{
    static const char *const stems[] = {"diffusion_pytorch_model", "model"};
    static const char *const variants[] = {"", ".bf16", ".fp16", ".fp32"};
    for (int v = 0; v < 4; v++)
        for (int s = 0; s < 2; s++)
            for (int form = 0; form < 3; form++) {
                if (form == 0)
                    snprintf(name, room, "%s.safetensors.index%s.json", stems[s], variants[v]);
                else if (form == 1)
                    snprintf(name, room, "%s%s.safetensors.index.json", stems[s], variants[v]);
                else
                    snprintf(name, room, "%s%s.safetensors", stems[s], variants[v]);
                *index = form < 2;
                if (is_there(at.folder, name))
                    return true;
            }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The only *.safetensors file of the folder. */
static bool only_name(ts_ctx *ctx, place at, char *name, size_t room)
{
    int found = 0, pickled = 0;
    DIR *list = opendir(at.folder);
    const struct dirent *one;
    if (!list)
        return ts_fail(ctx, TS_ERROR_IO, "%s: cannot list it: %s", at.folder, strerror(errno)),
               false;
    while ((one = readdir(list))) {
        pickled += ends_with(one->d_name, ".bin") || ends_with(one->d_name, ".pt");
        if (ends_with(one->d_name, ".safetensors") && ++found)
            snprintf(name, room, "%s", one->d_name);
    }
    closedir(list);
    if (found == 0)
        ts_fail(ctx, TS_ERROR_IO, "%s: no .safetensors file in this folder%s", at.folder,
                pickled ? " (pickled weights, .bin or .pt, are not read: convert them)" : "");
    if (found > 1)
        ts_fail(ctx, TS_ERROR_IO, "%s: %d .safetensors files, none of a known name and no index",
                at.folder, found);
    return found == 1;
}

static ts_status open_tensors(ts_ctx *ctx, ts_weights *w, place at)
{
    char name[512];
    bool index = false;
    if (!known_name(at, name, sizeof name, &index) && !only_name(ctx, at, name, sizeof name))
        return ctx->status;
    if (index)
        open_index(ctx, w, at, name);
    else
        take_all(ctx, w, open_file(ctx, w, at, name));
    return ctx->status;
}

static ts_status open_component(ts_ctx *ctx, ts_weights *w, place at)
{
    w->config_path = ts_path_inside(ctx, at.root, at.folder, "config.json");
    json_t *config = w->config_path ? ts_json_read_object(ctx, w->config_path) : NULL;
    if (!config)
        return ctx->status;
    json_decref(w->config);
    w->config = config;
    return open_tensors(ctx, w, at);
}

/* The folder of the component: `dir`, or in a pipeline folder the one of that name. */
static char *component_folder(ts_ctx *ctx, const char *dir, const char *component)
{
    if (!ts_path_is_folder(dir)) {
        ts_fail(ctx, TS_ERROR_IO, "%s: %s", dir,
                ts_path_exists(dir)
                    ? "not a folder: a checkpoint in the diffusers layout is expected"
                    : "no such folder");
        return NULL;
    }
    if (is_there(dir, "config.json"))
        return ts_strdup(dir);
    if (!is_there(dir, "model_index.json")) {
        ts_fail(
            ctx, TS_ERROR_IO,
            "%s: neither config.json nor model_index.json: a checkpoint in the diffusers layout "
            "is expected",
            dir);
        return NULL;
    }
    if (!component || !is_there(dir, component)) {
        ts_fail(ctx, TS_ERROR_IO, "%s: this pipeline has no component %s", dir,
                component ? component : "of no name");
        return NULL;
    }
    return ts_path_inside(ctx, dir, dir, component);
}

ts_weights *ts_weights_open(ts_ctx *ctx, const char *dir, const char *component)
{
    if (ctx->status)
        return NULL;
    char *folder = component_folder(ctx, dir, component);
    ts_weights *w = folder ? ts_weights_new(ctx, folder) : NULL;
    if (!folder && !ctx->status)
        ts_weights_no_memory(ctx, dir);
    if (w)
        w->component = ts_strdup(component ? component : "");
    if (w && !w->component)
        ts_weights_no_memory(ctx, dir);
    if (w && !ctx->status)
        open_component(ctx, w, (place){dir, folder});
    ts_free(folder);
    if (!ctx->status)
        return w;
    ts_weights_close(w);
    return NULL;
}

ts_weights *ts_weights_open_file(ts_ctx *ctx, const char *path)
{
    ts_weights *w = ts_weights_new(ctx, path);
    if (w)
        take_all(ctx, w, open_path(ctx, w, path));
    if (!ctx->status)
        return w;
    ts_weights_close(w);
    return NULL;
}
