/* samples.c: sets of labelled pictures; the formats are in idx.c, cifar.c and folder.c.
 * Test: tests/train/test_samples.c */
#include "ref/train/samples.h"

#include "ref/train/sources.h"

#include <string.h>

/* The format by what is there: a folder of folders, a folder of *.bin, a name with "idx". */
static const char *guess(ts_ctx *ctx, const char *path)
{
    const char *found = "folder";
    if (!ts_path_is_folder(path)) {
        const size_t length = strlen(path);
        return length > 4 && strcmp(path + length - 4, ".bin") == 0 ? "cifar10" : "idx";
    }
    ts_names names = {0};
    ts_names_read(ctx, &names, path);
    for (int64_t i = 0; i < names.count; i++) {
        const size_t length = strlen(names.at[i]);
        if (length > 4 && strcmp(names.at[i] + length - 4, ".bin") == 0)
            found = strcmp(names.at[i], "train.bin") == 0 ? "cifar100" : "cifar10";
    }
    ts_names_free(&names);
    return found;
}

ts_samples *ts_samples_open(ts_ctx *ctx, const char *path, const char *format)
{
    ts_samples *s = ctx->status ? NULL : ts_alloc_zero(1, sizeof *s);
    if (!s) {
        if (!ctx->status)
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a set of pictures");
        return NULL;
    }
    if (strcmp(format, "auto") == 0)
        format = guess(ctx, path);
    if (!ctx->status && strcmp(format, "idx") == 0)
        ts_samples_idx(ctx, s, path);
    else if (!ctx->status && strcmp(format, "cifar10") == 0)
        ts_samples_cifar(ctx, s, path, 1);
    else if (!ctx->status && strcmp(format, "cifar100") == 0)
        ts_samples_cifar(ctx, s, path, 2);
    else if (!ctx->status && strcmp(format, "folder") == 0)
        ts_samples_folder(ctx, s, path);
    else if (!ctx->status)
        ts_fail(ctx, TS_ERROR_USAGE,
                "pictures of format \"%.40s\": expected auto, idx, cifar10, cifar100 or folder",
                format);
    if (!ctx->status && s->size.count < 1)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: no pictures", path);
    if (!ctx->status)
        return s;
    ts_samples_close(s);
    return NULL;
}

void ts_samples_close(ts_samples *s)
{
    if (!s)
        return;
    for (int f = 0; f < s->files; f++)
        ts_map_close(&s->file[f].map);
    ts_map_close(&s->labels);
    for (int64_t i = 0; s->paths && i < s->size.count; i++)
        ts_free(s->paths[i]);
    for (int i = 0; s->classes && i < s->size.classes; i++)
        ts_free(s->classes[i]);
    ts_free(s->paths);
    ts_free(s->classes);
    ts_free(s->label);
    ts_free(s);
}

ts_samples_size ts_samples_size_of(const ts_samples *s)
{
    return s->size;
}

/* The record of picture i. */
static const unsigned char *record(const ts_samples *s, int64_t i)
{
    int f = 0;
    while (i >= s->file[f].count)
        i -= s->file[f++].count;
    return (const unsigned char *)s->file[f].map.data + s->file[f].first + i * s->record;
}

int ts_samples_label(const ts_samples *s, int64_t i)
{
    if (s->label)
        return s->label[i];
    return s->label_at < 0 ? ((const unsigned char *)s->labels.data)[s->labels_first + i]
                           : record(s, i)[s->label_at];
}

const char *ts_samples_name(const ts_samples *s, int64_t i)
{
    return s->paths ? s->paths[i] : NULL;
}

const char *ts_samples_class(const ts_samples *s, int label)
{
    return s->classes ? s->classes[label] : NULL;
}

ts_status ts_samples_picture(ts_ctx *ctx, const ts_samples *s, int64_t i, ts_picture *picture)
{
    const int channels = s->size.channels;
    *picture = (ts_picture){0};
    if (ctx->status)
        return ctx->status;
    if (i < 0 || i >= s->size.count)
        return ts_fail(ctx, TS_ERROR_USAGE, "picture %lld of %lld", (long long)i,
                       (long long)s->size.count);
    if (s->paths)
        return ts_picture_read(ctx, picture, s->paths[i], TS_RGB);
    if (ts_picture_new(ctx, picture, s->size.width, s->size.height, (ts_picture_kind)channels))
        return ctx->status;
    const unsigned char *from = record(s, i) + s->skip;
    const int64_t area = s->size.width * s->size.height;
    for (int64_t p = 0; p < area; p++)
        for (int c = 0; c < channels; c++)
            picture->pixels[p * channels + c] = from[s->planes ? c * area + p : p * channels + c];
    return ctx->status;
}
