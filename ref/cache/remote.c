/* remote.c: the remote level: a list of samples, and reading one of them with patience.
 *
 *     time of one read = latency + bytes / bandwidth   (simulated, on top of what the disk takes)
 *     wait before attempt a = backoff * 2^(a-1)
 *
 * Tried again: what a network does (EIO, ETIMEDOUT, ESTALE, ...), and an attempt that took longer than
 * the time limit, whatever it brought. Not tried again: a file that is missing, forbidden, or has
 * another size than when the list was made; that does not pass.
 *
 * Test: tests/cache/test_remote.c */
#include "ref/cache/remote.h"

#include "ref/io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 32, BLOCK = 1 << 20 };

typedef struct {
    char *name;
    int64_t first, bytes;
    uint64_t key, stamp;
} sample;

struct ts_remote {
    char *folder;
    sample *list;
    int64_t count, room;
    bool slices; /* all names are the first one's */
    uint64_t identity;
    ts_remote_link link;
};

/* The list. ------------------------------------------------------------------------------------ */

static uint64_t stamp_of(uint64_t key, const struct stat *about, int64_t first)
{
    const int64_t words[] = {(int64_t)about->st_size, (int64_t)about->st_mtim.tv_sec,
                             (int64_t)about->st_mtim.tv_nsec, first};
    uint64_t h = key;
    for (int i = 0; i < 4; i++)
        h = ts_mix64(h + UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)words[i]);
    return h;
}

static sample *new_sample(ts_ctx *ctx, ts_remote *s)
{
    if (s->count == s->room) {
        const int64_t room = s->room ? 2 * s->room : 64;
        sample *larger = ts_realloc(s->list, (size_t)room * sizeof *larger);
        if (!larger) {
            ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a list of %lld samples", s->folder,
                    (long long)room);
            return NULL;
        }
        s->list = larger;
        s->room = room;
    }
    sample *one = &s->list[s->count++];
    *one = (sample){.name = NULL};
    return one;
}

static bool wanted(const char *name, const char *const *suffixes)
{
    const size_t length = strlen(name);
    if (!suffixes || !*suffixes)
        return true;
    for (; *suffixes; suffixes++) {
        const size_t end = strlen(*suffixes);
        if (length >= end && strcmp(name + length - end, *suffixes) == 0)
            return true;
    }
    return false;
}

static ts_status walk(ts_ctx *ctx, ts_remote *s, const char *below, const char *const *suffixes,
                      int depth);

/* `name` is relative to the store's folder. */
static void visit(ts_ctx *ctx, ts_remote *s, char *name, const char *const *suffixes, int depth)
{
    struct stat about;
    char *path = ts_path_join(ctx, s->folder, name);
    if (path && stat(path, &about) != 0) {
        if (errno != ENOENT) /* a link to nowhere, or removed meanwhile: not a sample */
            ts_fail(ctx, TS_ERROR_IO, "%s: %s", path, strerror(errno));
    } else if (path && S_ISDIR(about.st_mode)) {
        walk(ctx, s, name, suffixes, depth + 1);
    } else if (path && S_ISREG(about.st_mode) && wanted(name, suffixes)) {
        sample *one = new_sample(ctx, s);
        if (one) {
            one->name = ts_strdup(name);
            one->bytes = (int64_t)about.st_size;
            one->key = ts_hash64(0, name, (int64_t)strlen(name));
            one->stamp = stamp_of(one->key, &about, 0);
            if (!one->name)
                ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its name", path);
        }
    }
    ts_free(path);
}

static ts_status walk(ts_ctx *ctx, ts_remote *s, const char *below, const char *const *suffixes,
                      int depth)
{
    if (depth > DEPTH)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s/%s: more than %d folders deep (a link to itself?)",
                       s->folder, below, DEPTH);
    char *path = *below ? ts_path_join(ctx, s->folder, below) : ts_strdup(s->folder);
    DIR *list = path ? opendir(path) : NULL;
    if (!path && !ctx->status)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its name", s->folder);
    else if (path && !list)
        ts_fail(ctx, TS_ERROR_IO, "%s: cannot list it: %s", path, strerror(errno));
    while (list && !ts_interrupted(ctx)) {
        errno = 0;
        const struct dirent *entry = readdir(list);
        if (!entry && errno)
            ts_fail(ctx, TS_ERROR_IO, "%s: cannot list it: %s", path, strerror(errno));
        if (!entry || ctx->status)
            break;
        if (entry->d_name[0] == '.')
            continue;
        char *name = *below ? ts_path_join(ctx, below, entry->d_name) : ts_strdup(entry->d_name);
        if (name)
            visit(ctx, s, name, suffixes, depth);
        else if (!ctx->status)
            ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a name", path);
        ts_free(name);
    }
    if (list)
        closedir(list);
    ts_free(path);
    return ctx->status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sample *)a)->name, ((const sample *)b)->name);
}

static ts_remote *new_store(ts_ctx *ctx, const char *folder, const ts_remote_link *link)
{
    ts_remote *s = ctx->status ? NULL : ts_alloc_zero(1, sizeof *s);
    if (!s) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a store", folder);
        return NULL;
    }
    if (link)
        s->link = *link;
    s->folder = ts_path_inside(ctx, folder, folder, "."); /* its real path */
    if (s->folder)
        s->identity = ts_hash64(1, s->folder, (int64_t)strlen(s->folder));
    return s;
}

static ts_remote *finish(ts_ctx *ctx, ts_remote *s)
{
    if (!ctx->status)
        return s;
    ts_remote_close(s);
    return NULL;
}

ts_remote *ts_remote_open(ts_ctx *ctx, const char *folder, const char *const *suffixes,
                        const ts_remote_link *link)
{
    ts_remote *s = new_store(ctx, folder, link);
    if (!s || ctx->status)
        return finish(ctx, s);
    if (!walk(ctx, s, "", suffixes, 0) && s->count == 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: no sample in it%s%s", folder,
                suffixes && *suffixes ? " whose name ends with " : "",
                suffixes && *suffixes ? *suffixes : "");
    else if (!ctx->status)
        qsort(s->list, (size_t)s->count, sizeof *s->list, by_name);
    return finish(ctx, s);
}

static void fill_slices(ts_ctx *ctx, ts_remote *s, const char *name, const int64_t shape[3])
{
    struct stat about;
    char *path = ts_path_join(ctx, s->folder, name);
    if (!path)
        return;
    if (stat(path, &about) != 0)
        ts_fail(ctx, TS_ERROR_IO, "%s: %s", path, strerror(errno));
    else if ((int64_t)about.st_size - shape[0] < 0 ||
             shape[2] > ((int64_t)about.st_size - shape[0]) / shape[1])
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes, too few for %lld samples of %lld bytes", path,
                (long long)about.st_size, (long long)shape[2], (long long)shape[1]);
    const uint64_t file = ts_hash64(2, name, (int64_t)strlen(name));
    for (int64_t i = 0; i < shape[2] && !ctx->status; i++) {
        sample *one = new_sample(ctx, s);
        if (!one)
            break;
        one->first = shape[0] + i * shape[1];
        one->bytes = shape[1];
        one->key = ts_mix64(file + (uint64_t)one->first);
        one->stamp = stamp_of(one->key, &about, one->bytes);
        if (i == 0 && !(one->name = ts_strdup(name)))
            ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its name", path);
    }
    ts_free(path);
}

ts_remote *ts_remote_open_slices(ts_ctx *ctx, const char *file, int64_t first, int64_t bytes,
                               int64_t count, const ts_remote_link *link)
{
    const char *slash = strrchr(file, '/');
    if (ctx->status || first < 0 || bytes <= 0 || count <= 0) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: %lld slices of %lld bytes from byte %lld on", file,
                (long long)count, (long long)bytes, (long long)first);
        return NULL;
    }
    char *folder = slash ? ts_strndup(file, (size_t)(slash - file) + 1) : ts_strdup(".");
    ts_remote *s = folder ? new_store(ctx, folder, link) : NULL;
    if (!folder)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its folder's name", file);
    ts_free(folder);
    if (s && !ctx->status) {
        s->slices = true;
        fill_slices(ctx, s, slash ? slash + 1 : file, (const int64_t[]){first, bytes, count});
    }
    return finish(ctx, s);
}

void ts_remote_close(ts_remote *s)
{
    if (!s)
        return;
    for (int64_t i = 0; i < s->count; i++)
        ts_free(s->list[i].name);
    ts_free(s->list);
    ts_free(s->folder);
    ts_free(s);
}

int64_t ts_remote_count(const ts_remote *s)
{
    return s->count;
}

const char *ts_remote_name(const ts_remote *s, int64_t i)
{
    return s->list[s->slices ? 0 : i].name;
}

int64_t ts_remote_bytes(const ts_remote *s, int64_t i)
{
    return s->list[i].bytes;
}

uint64_t ts_remote_key(const ts_remote *s, int64_t i)
{
    return s->list[i].key;
}

uint64_t ts_remote_stamp(const ts_remote *s, int64_t i)
{
    return s->list[i].stamp;
}

uint64_t ts_remote_identity(const ts_remote *s)
{
    return s->identity;
}

/* Reading. ------------------------------------------------------------------------------------- */

double ts_remote_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Sleeps in short pieces; true when it shall stop instead. */
static bool wait_for(const ts_ctx *ctx, const atomic_int *cancel, double seconds)
{
    const double end = ts_remote_clock() + seconds;
    for (;;) {
        const double left = end - ts_remote_clock(), piece = left < 0.02 ? left : 0.02;
        if ((cancel && atomic_load(cancel)) || (ctx->progress.stop && *ctx->progress.stop))
            return true;
        if (left <= 0)
            return false;
        const struct timespec nap = {0, (long)(piece * 1e9)};
        nanosleep(&nap, NULL);
    }
}

static bool may_pass(int error)
{
    return error == EIO || error == ETIMEDOUT || error == ESTALE || error == EAGAIN ||
           error == ECONNRESET || error == ENETDOWN || error == ENETUNREACH || error == EHOSTUNREACH;
}

/* 0, or what the system said; -1: the file has another size, -2: out of time. */
static int read_file(const char *path, const sample *one, bool slices, ts_blob *out, double end)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno;
    int64_t fill = 0;
    int result = 0;
    const int64_t most = one->bytes + !slices; /* one more: has the file grown? */
    while (fill < most && !result) {
        const int64_t piece = most - fill < BLOCK ? most - fill : BLOCK;
        const ssize_t got = pread(fd, out->at + fill, (size_t)piece, (off_t)(one->first + fill));
        if (got > 0)
            fill += got;
        else if (got == 0)
            break;
        else if (errno != EINTR)
            result = errno;
        if (end > 0 && ts_remote_clock() > end)
            result = -2;
    }
    close(fd);
    out->size = fill;
    return result ? result : fill == one->bytes ? 0 : -1;
}

/* One attempt, in the time that the link takes. 0 and so on as above; -3: cancelled. */
static int attempt(const ts_ctx *ctx, const ts_remote *s, const sample *one, const char *path,
                   ts_blob *out, const atomic_int *cancel)
{
    const ts_remote_link *link = &s->link;
    const double end = link->timeout > 0 ? ts_remote_clock() + link->timeout : 0;
    double delay = link->latency;
    if (link->bandwidth > 0)
        delay += (double)one->bytes / link->bandwidth;
    const bool late = link->timeout > 0 && delay > link->timeout;
    if (delay > 0 && wait_for(ctx, cancel, late ? link->timeout : delay))
        return -3;
    return late ? -2 : read_file(path, one, s->slices, out, end);
}

ts_status ts_remote_read(ts_ctx *ctx, const ts_remote *s, int64_t i, ts_blob *out,
                        const atomic_int *cancel, int64_t *retried)
{
    const sample *one = &s->list[i];
    char *path = ts_path_join(ctx, s->folder, ts_remote_name(s, i));
    int result = 0;
    double pause = s->link.backoff;
    out->size = 0;
    if (path && !ts_blob_reserve(ctx, out, one->bytes + 1)) {
        result = attempt(ctx, s, one, path, out, cancel);
        for (int k = 0; k < s->link.retries && (result == -2 || may_pass(result)); k++) {
            ++*retried;
            result = wait_for(ctx, cancel, pause) ? -3 : attempt(ctx, s, one, path, out, cancel);
            pause *= 2;
        }
    }
    if (result == -1)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: not the %lld bytes that it had when the store was opened",
                path, (long long)one->bytes);
    else if (result == -2)
        ts_fail(ctx, TS_ERROR_IO, "%s: not read within %g s, %d attempts", path, s->link.timeout,
                s->link.retries + 1);
    else if (result == -3)
        ts_fail(ctx, TS_ERROR_INTERRUPTED, "%s: reading it was stopped", path);
    else if (result)
        ts_fail(ctx, TS_ERROR_IO, "%s: cannot read it: %s", path, strerror(result));
    ts_free(path);
    return ctx->status;
}
