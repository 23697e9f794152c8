/* folder.c: a folder for each class, pictures in it.
 * Test: tests/train/test_folder.c */
#include "ref/train/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_name(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static ts_status add_name(ts_ctx *ctx, ts_names *names, const char *name)
{
    if (names->count == names->room) {
        const int64_t room = names->room ? 2 * names->room : 64;
        char **at = ts_realloc(names->at, (size_t)room * sizeof *at);
        if (!at)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the names of a folder");
        names->at = at;
        names->room = room;
    }
    names->at[names->count] = ts_strdup(name);
    if (!names->at[names->count])
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the names of a folder");
    names->count++;
    return TS_OK;
}

ts_status ts_names_read(ts_ctx *ctx, ts_names *names, const char *folder)
{
    DIR *dir = ctx->status ? NULL : opendir(folder);
    if (!dir)
        return ctx->status ? ctx->status
                           : ts_fail(ctx, TS_ERROR_IO, "%s: %s", folder, strerror(errno));
    errno = 0;
    for (const struct dirent *e; (e = readdir(dir)) && !ctx->status; errno = 0)
        if (e->d_name[0] != '.')
            add_name(ctx, names, e->d_name);
    if (!ctx->status && errno)
        ts_fail(ctx, TS_ERROR_IO, "%s: %s", folder, strerror(errno));
    closedir(dir);
    if (names->count > 1)
        qsort(names->at, (size_t)names->count, sizeof *names->at, by_name);
    return ctx->status;
}

void ts_names_free(ts_names *names)
{
    for (int64_t i = 0; i < names->count; i++)
        ts_free(names->at[i]);
    ts_free(names->at);
    *names = (ts_names){0};
}

static bool is_picture(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg"};
    const size_t length = strlen(name);
    for (int i = 0; i < 3; i++)
        if (length > strlen(ends[i]) && strcasecmp(name + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* A list of owned strings becomes longer by one. */
static ts_status grow(ts_ctx *ctx, ts_samples *s, int64_t *room)
{
    if (s->size.count < *room)
        return TS_OK;
    const int64_t more = *room ? 2 * *room : 64;
    char **paths = ts_realloc(s->paths, (size_t)more * sizeof *paths);
    if (paths)
        s->paths = paths;
    int32_t *label = paths ? ts_realloc(s->label, (size_t)more * sizeof *label) : NULL;
    if (!label)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld pictures' names", (long long)more);
    s->label = label;
    *room = more;
    return TS_OK;
}

static ts_status add_class(ts_ctx *ctx, ts_samples *s, int64_t *room, const char *folder, int label)
{
    ts_names names = {0};
    ts_names_read(ctx, &names, folder);
    for (int64_t i = 0; i < names.count && !ctx->status; i++) {
        if (!is_picture(names.at[i]) || grow(ctx, s, room))
            continue;
        s->label[s->size.count] = label;
        s->paths[s->size.count] = ts_path_join(ctx, folder, names.at[i]);
        s->size.count += s->paths[s->size.count] != NULL;
    }
    ts_names_free(&names);
    return ctx->status;
}

ts_status ts_samples_folder(ts_ctx *ctx, ts_samples *s, const char *path)
{
    ts_names names = {0};
    int64_t room = 0;
    s->size.channels = 3;
    ts_names_read(ctx, &names, path);
    if (!ctx->status && names.count > TS_SAMPLE_CLASSES)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: more than %d classes", path, TS_SAMPLE_CLASSES);
    if (!ctx->status && !(s->classes = ts_alloc_zero((size_t)names.count + 1, sizeof *s->classes)))
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld classes", (long long)names.count);
    for (int64_t i = 0; i < names.count && !ctx->status; i++) {
        char *folder = ts_path_join(ctx, path, names.at[i]);
        if (folder && ts_path_is_folder(folder)) {
            add_class(ctx, s, &room, folder, s->size.classes);
            s->classes[s->size.classes++] = names.at[i];
            names.at[i] = NULL; /* the set's now */
        }
        ts_free(folder);
    }
    ts_names_free(&names);
    if (!ctx->status && s->size.count < 1)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: no folders with PNG or JPEG pictures", path);
    return ctx->status;
}
