#include "tests/support/cache.h"

#include "tests/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

unsigned char cache_byte(int64_t sample, int64_t at)
{
    return (unsigned char)(ts_mix64((uint64_t)sample * 1000003u + (uint64_t)at / 8) >>
                           8 * (at % 8));
}

void cache_make(const char *folder, int count, int bytes)
{
    mkdir(folder, 0777);
    for (int i = 0; i < count; i++) {
        char path[512];
        const int64_t n = bytes + 7 * i;
        unsigned char *data = malloc((size_t)n + 1);
        assert_non_null(data);
        for (int64_t k = 0; k < n; k++)
            data[k] = cache_byte(i, k);
        snprintf(path, sizeof path, "%s/s%05d", folder, i);
        files_write(path, data, (size_t)n);
        free(data);
    }
}

bool cache_right(int64_t sample, const void *data, int64_t bytes, int64_t expected, int salt)
{
    const unsigned char *at = data;
    const int64_t times = salt > 100 ? 2 : 1;
    if (!data || bytes != expected * times)
        return false;
    for (int64_t k = 0; k < bytes; k++)
        if (at[k] != (cache_byte(sample, k % expected) ^ salt))
            return false;
    return true;
}

ts_status cache_salted(ts_ctx *ctx, void *arg, int64_t sample, const void *raw, int64_t bytes,
                       ts_blob *out)
{
    const int salt = *(const int *)arg;
    const unsigned char *from = raw;
    const int64_t n = bytes * (salt > 100 ? 2 : 1);
    if (bytes && from[0] != cache_byte(sample, 0))
        return ts_fail(ctx, TS_ERROR_FORMAT, "sample %lld is broken", (long long)sample);
    if (ts_blob_reserve(ctx, out, n))
        return ctx->status;
    for (int64_t k = 0; k < n; k++)
        out->at[k] = (unsigned char)(from[k % bytes] ^ salt);
    out->size = n;
    return TS_OK;
}

int64_t *cache_order(int64_t count, uint64_t seed)
{
    int64_t *order = malloc((size_t)(count + 1) * sizeof *order);
    assert_non_null(order);
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t k = (int64_t)(ts_mix64(seed * 77777 + (uint64_t)i) % (uint64_t)(i + 1));
        const int64_t keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
    return order;
}

void cache_hear(void *arg, const char *sentence)
{
    cache_sentences *s = arg;
    atomic_fetch_add(&s->count, 1);
    snprintf(s->last, sizeof s->last, "%s", sentence);
}

void cache_flip(const char *path, int64_t at)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, at < 0 ? SEEK_END : SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_true(byte != EOF);
    assert_int_equal(fseek(file, (long)at, at < 0 ? SEEK_END : SEEK_SET), 0);
    fputc(byte ^ 0x41, file);
    assert_int_equal(fclose(file), 0);
}

static int look(const char *folder, const char *end, char *path, size_t room)
{
    int count = 0;
    DIR *list = opendir(folder);
    for (struct dirent *e; list && (e = readdir(list));) {
        const size_t n = strlen(e->d_name), m = strlen(end);
        if (n > m && strcmp(e->d_name + n - m, end) == 0 && e->d_name[0] != '.') {
            snprintf(path, room, "%s/%s", folder, e->d_name);
            count++;
        }
    }
    if (list)
        closedir(list);
    return count;
}

const char *cache_file(const char *folder, const char *end)
{
    static char path[1024];
    assert_int_equal(look(folder, end, path, sizeof path), 1);
    return path;
}

int cache_files(const char *folder, const char *end)
{
    char path[1024];
    return look(folder, end, path, sizeof path);
}
