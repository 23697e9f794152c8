/* idx.c: MNIST's format: big-endian numbers of 32 bits: magic (type 8 = unsigned bytes, number of
 * dimensions), the sizes; then the bytes.
 * Source: LeCun, Cortes, Burges: The MNIST database. Test: tests/train/test_idx.c */
#include "ref/train/sources.h"

#include <stdio.h>
#include <string.h>

enum { MAX_SIDE = 4096 };

static int64_t big32(const unsigned char *b)
{
    return (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
}

/* Maps a file of `rank` sizes and checks its length; returns the place of the data. */
static int64_t open_idx(ts_ctx *ctx, ts_map *map, const char *path, int low, int high,
                        int64_t size[4])
{
    if (ts_map_open(ctx, map, path))
        return 0;
    const unsigned char *b = map->data;
    const int rank = map->size >= 4 && b[0] == 0 && b[1] == 0 && b[2] == 8 ? b[3] : 0;
    if (rank < low || rank > high || map->size < 4 + 4 * rank) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: no IDX file of bytes with %d%s dimensions", path, low,
                high > low ? " or 4" : "");
        return 0;
    }
    int64_t all = 1;
    for (int i = 0; i < rank; i++) {
        size[i] = big32(b + 4 + 4 * i);
        if (i > 0 && (size[i] < 1 || size[i] > MAX_SIDE)) {
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: size %lld of dimension %d: expected 1 to %d", path,
                    (long long)size[i], i, MAX_SIDE);
            return 0;
        }
        all *= size[i];
        if (all > map->size) /* the next product cannot overflow */
            break;
    }
    if (all != map->size - 4 - 4 * rank)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes behind the header do not fit its sizes", path,
                (long long)(map->size - 4 - 4 * rank));
    for (int i = rank; i < 4; i++)
        size[i] = 1;
    return 4 + 4 * rank;
}

/* "images" -> "labels" and "idx3" (or "idx4") -> "idx1" in the file's own name. */
static char *labels_path(ts_ctx *ctx, const char *path)
{
    char *copy = ts_strdup(path);
    if (!copy) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a path");
        return NULL;
    }
    char *name = strrchr(copy, '/');
    char *images = strstr(name ? name : copy, "images"), *idx = strstr(name ? name : copy, "idx");
    if (!images) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the name of a file of pictures has \"images\" in it, that "
                                     "of its labels \"labels\"", path);
        ts_free(copy);
        return NULL;
    }
    memcpy(images, "labels", 6);
    if (idx && (idx[3] == '3' || idx[3] == '4'))
        idx[3] = '1';
    return copy;
}

ts_status ts_samples_idx(ts_ctx *ctx, ts_samples *s, const char *path)
{
    int64_t size[4] = {0}, labels[4] = {0};
    char *beside = labels_path(ctx, path);
    s->files = beside != NULL;
    const int64_t first = beside ? open_idx(ctx, &s->file[0].map, path, 3, 4, size) : 0;
    if (!ctx->status)
        s->labels_first = open_idx(ctx, &s->labels, beside, 1, 1, labels);
    if (!ctx->status && labels[0] != size[0])
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld labels for %lld pictures", beside,
                (long long)labels[0], (long long)size[0]);
    if (!ctx->status && size[3] != 1 && size[3] != 3)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld channels: expected 1 or 3", path, (long long)size[3]);
    ts_free(beside);
    if (ctx->status)
        return ctx->status;
    s->file[0].first = first;
    s->file[0].count = size[0];
    s->record = size[1] * size[2] * size[3];
    s->label_at = -1;
    s->size = (ts_samples_size){size[0], 0, (int)size[3], size[1], size[2]};
    for (int64_t i = 0; i < size[0]; i++)
        if (ts_samples_label(s, i) >= s->size.classes)
            s->size.classes = ts_samples_label(s, i) + 1;
    return TS_OK;
}
