#define _XOPEN_SOURCE 700

#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!*folder) {
        const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(folder, sizeof folder, "%s/touchstone-fuzz-XXXXXX", base);
        fuzz_require(mkdtemp(folder) != NULL, "a folder for the files of this run");
        atexit(remove_folder);
    }
    return folder;
}

static char *path_of(const char *name)
{
    static char paths[16][256];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder(), name);
    char *slash = strrchr(name, '/') ? strrchr(path, '/') : NULL;
    if (slash) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return path;
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    const char *path = path_of(name);
    if (!data) {
        unlink(path);
        return path;
    }
    FILE *file = fopen(path, "wb");
    fuzz_require(file && fwrite(data, 1, size, file) == size, "room for the files of this run");
    fuzz_require(fclose(file) == 0, "room for the files of this run");
    return path;
}

const char *fuzz_copy(const char *name, const char *from)
{
    const char *path = path_of(name);
    if (access(path, R_OK) == 0)
        return path;
    static uint8_t bytes[4 << 20];
    FILE *file = fopen(from, "rb");
    fuzz_require(file != NULL, "run from the repository's root");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return fuzz_file(name, bytes, size);
}

fuzz_piece fuzz_next(fuzz_piece *rest)
{
    static const char line[] = "\n%%%%\n";
    const size_t length = sizeof line - 1;
    for (size_t i = 0; i + length <= rest->size; i++)
        if (memcmp(rest->data + i, line, length) == 0) {
            const fuzz_piece piece = {rest->data, i};
            *rest = (fuzz_piece){rest->data + i + length, rest->size - i - length};
            return piece;
        }
    const fuzz_piece piece = *rest;
    *rest = (fuzz_piece){rest->data + rest->size, 0};
    return piece;
}

const char *fuzz_piece_file(const char *name, fuzz_piece *rest)
{
    const fuzz_piece piece = fuzz_next(rest);
    return fuzz_file(name, piece.size ? piece.data : NULL, piece.size);
}

void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

void fuzz_end(ts_ctx *ctx)
{
    fuzz_require(!ctx->status == !ctx->message[0], "a failure has a message, a success has none");
    for (const char *p = ctx->message; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            fprintf(stderr, "message: %s\n", ctx->message);
            fuzz_require(false, "a message is one line without control characters");
        }
    ts_ctx_close(ctx);
}

void fuzz_touch(ts_tensor t)
{
    if (ts_is_empty(t))
        return;
    const volatile unsigned char *bytes = t.data;
    const size_t size = (size_t)ts_numel(t) * ts_dtype_size(t.dtype);
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    (void)sum;
}
