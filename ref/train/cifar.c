/* cifar.c: the binary version of CIFAR-10 and CIFAR-100: records of labels and 32 x 32 pictures.
 * Source: Krizhevsky, Learning multiple layers of features from tiny images (2009).
 * Test: tests/train/test_cifar.c */
#include "ref/train/sources.h"

#include <string.h>

enum { SIDE = 32, PICTURE = 3 * SIDE * SIDE };

static ts_status add_file(ts_ctx *ctx, ts_samples *s, const char *path)
{
    if (s->files == TS_SAMPLE_FILES)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: more than %d files", path, TS_SAMPLE_FILES);
    ts_sample_file *f = s->file + s->files;
    if (ts_map_open(ctx, &f->map, path))
        return ctx->status;
    s->files++;
    if (f->map.size % s->record)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes are no records of %lld", path,
                       (long long)f->map.size, (long long)s->record);
    f->count = f->map.size / s->record;
    for (int64_t i = 0; i < f->count; i++)
        if (((unsigned char *)f->map.data)[i * s->record + s->label_at] >= s->size.classes)
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: record %lld has label %d of %d", path,
                           (long long)i,
                           ((unsigned char *)f->map.data)[i * s->record + s->label_at],
                           s->size.classes);
    s->size.count += f->count;
    return TS_OK;
}

static bool is_records(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".bin") == 0;
}

ts_status ts_samples_cifar(ts_ctx *ctx, ts_samples *s, const char *path, int label_bytes)
{
    s->record = label_bytes + PICTURE;
    s->skip = label_bytes;
    s->label_at = label_bytes - 1;
    s->planes = true;
    s->size = (ts_samples_size){0, label_bytes == 1 ? 10 : 100, 3, SIDE, SIDE};
    if (!ts_path_is_folder(path))
        return add_file(ctx, s, path);
    ts_names names = {0};
    ts_names_read(ctx, &names, path);
    for (int tests = 0; tests < 2 && s->files == 0 && !ctx->status; tests++)
        for (int64_t i = 0; i < names.count && !ctx->status; i++) {
            if (!is_records(names.at[i]) || (strstr(names.at[i], "test") != NULL) != (tests == 1))
                continue;
            char *file = ts_path_join(ctx, path, names.at[i]);
            if (file)
                add_file(ctx, s, file);
            ts_free(file);
        }
    ts_names_free(&names);
    return ctx->status;
}
