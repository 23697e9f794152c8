/* realpath belongs to the X/Open part of POSIX. */
#define _XOPEN_SOURCE 700

#include "ref/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reading. ------------------------------------------------------------------------------------- */

static ts_status refused(ts_ctx *ctx, const char *path, const char *doing)
{
    const ts_status code = errno == ENOMEM ? TS_ERROR_MEMORY : TS_ERROR_IO;
    return ts_fail(ctx, code, "%s: cannot %s: %s", path, doing, strerror(errno));
}

static int open_to_read(ts_ctx *ctx, const char *path, struct stat *about)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        refused(ctx, path, "open it");
        return -1;
    }
    if (fstat(fd, about) == 0 && !S_ISDIR(about->st_mode))
        return fd;
    if (S_ISDIR(about->st_mode))
        errno = EISDIR;
    refused(ctx, path, "read it");
    close(fd);
    return -1;
}

static ssize_t read_some(int fd, void *to, size_t room)
{
    const size_t most = (size_t)1 << 30; /* read may take less than SIZE_MAX at once */
    ssize_t got;
    do
        got = read(fd, to, room < most ? room : most);
    while (got < 0 && errno == EINTR);
    return got;
}

static void too_large(ts_ctx *ctx, const char *path, int64_t limit)
{
    ts_fail(ctx, TS_ERROR_FORMAT, "%s: more than the %lld bytes that are allowed here", path,
            (long long)limit);
}

/* The size that the system tells is a guess (pipes have none, files grow): we read to the end. */
static char *read_all(ts_ctx *ctx, int fd, const char *path, int64_t guess, int64_t limit,
                      int64_t *size)
{
    int64_t room = (guess > 0 && guess <= limit ? guess : 4096) + 1, fill = 0;
    if (guess > limit) {
        too_large(ctx, path, limit);
        return NULL;
    }
    char *data = ts_alloc((size_t)room);
    while (data) {
        const ssize_t got = read_some(fd, data + fill, (size_t)(room - fill));
        if (got < 0) {
            refused(ctx, path, "read it");
            break;
        }
        fill += got;
        if (fill > limit) {
            too_large(ctx, path, limit);
            break;
        }
        if (got == 0) {
            data[fill] = '\0'; /* fill < room: a full buffer was made larger */
            *size = fill;
            return data;
        }
        if (fill == room) {
            room = room < limit / 2 ? 2 * room : limit + 1;
            char *larger = ts_realloc(data, (size_t)room);
            if (!larger)
                ts_free(data);
            data = larger;
        }
    }
    if (!data)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for %lld bytes", path, (long long)room);
    ts_free(data);
    return NULL;
}

char *ts_file_read(ts_ctx *ctx, const char *path, int64_t limit, int64_t *size)
{
    struct stat about = {0};
    int64_t unused;
    if (ctx->status)
        return NULL;
    const int fd = open_to_read(ctx, path, &about);
    if (fd < 0)
        return NULL;
    char *data = read_all(ctx, fd, path, about.st_size, limit, size ? size : &unused);
    close(fd);
    return data;
}

ts_status ts_map_open(ts_ctx *ctx, ts_map *map, const char *path)
{
    struct stat about = {0};
    *map = (ts_map){0};
    if (ctx->status)
        return ctx->status;
    const int fd = open_to_read(ctx, path, &about);
    if (fd < 0)
        return ctx->status;
    if (!S_ISREG(about.st_mode)) {
        ts_fail(ctx, TS_ERROR_IO, "%s: not a regular file", path);
    } else if (about.st_size > 0) {
        void *data = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            refused(ctx, path, "map it");
        else
            *map = (ts_map){data, about.st_size};
    }
    close(fd);
    return ctx->status;
}

void ts_map_close(ts_map *map)
{
    if (map->data)
        munmap(map->data, (size_t)map->size);
    *map = (ts_map){0};
}

void ts_map_ahead(const void *data, int64_t bytes)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)data / page * page;
    if (data && bytes > 0) /* a hint: whether it is taken does not matter */
        (void)posix_madvise((void *)first, (size_t)((uintptr_t)data - first + (uintptr_t)bytes),
                            POSIX_MADV_WILLNEED);
}

/* Writing. ------------------------------------------------------------------------------------- */

static char *real_path(const char *path)
{
    char *real = realpath(path, NULL), *copy = real ? ts_strdup(real) : NULL;
    if (real && !copy)
        errno = ENOMEM;
    free(real);
    return copy;
}

/* A name beside the target that nobody has: TARGET.PID-K.part. The new file has the old one's
 * permissions, or the usual ones. */
static int open_beside(ts_out *out, const struct stat *old)
{
    const size_t room = strlen(out->path) + 48;
    out->temp = ts_alloc(room);
    if (!out->temp) {
        errno = ENOMEM;
        return -1;
    }
    for (int k = 0; k < 100; k++) {
        snprintf(out->temp, room, "%s.%ld-%d.part", out->path, (long)getpid(), k);
        const int fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            if (old) /* best effort: another owner's file keeps the usual permissions */
                (void)fchmod(fd, old->st_mode & 07777);
            return fd;
        }
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    const int reason = errno;
    ts_free(out->temp);
    out->temp = NULL;
    errno = reason;
    return -1;
}

ts_status ts_out_open(ts_ctx *ctx, ts_out *out, const char *path)
{
    struct stat about;
    *out = (ts_out){.fd = -1};
    if (ctx->status)
        return ctx->status;
    const bool there = lstat(path, &about) == 0, link = there && S_ISLNK(about.st_mode);
    out->path = link ? real_path(path) : ts_strdup(path);
    if (!out->path) {
        if (!link)
            return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its name", path);
        return refused(ctx, path, "follow the link");
    }
    const bool old = there && stat(out->path, &about) == 0;
    if (old && S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        out->fd = -1;
    } else if (old && !S_ISREG(about.st_mode)) {
        out->fd = open(out->path, O_WRONLY | O_CLOEXEC);
    } else if (old && faccessat(AT_FDCWD, out->path, W_OK, AT_EACCESS) != 0) {
        out->fd = -1; /* a write-protected file is not replaced, though its folder would allow it */
    } else {
        out->fd = open_beside(out, old ? &about : NULL);
    }
    if (out->fd < 0) {
        refused(ctx, path, "write it");
        ts_out_abandon(out);
    }
    return ctx->status;
}

ts_status ts_out_write(ts_ctx *ctx, ts_out *out, const void *data, int64_t bytes)
{
    const char *from = data;
    const int64_t most = (int64_t)1 << 30;
    if (!ctx->status && out->fd < 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "written to a file that is not open");
    while (!ctx->status && bytes > 0) {
        const ssize_t done = write(out->fd, from, (size_t)(bytes < most ? bytes : most));
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0) /* cannot happen by the book; an endless loop would be worse */
            errno = EIO;
        if (done <= 0)
            return refused(ctx, out->path, "write it");
        from += done;
        bytes -= done;
    }
    return ctx->status;
}

/* The rename itself is on the disk when the folder is; a folder that cannot be synced (some network
 * file systems) does not make the file any less complete. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? ts_strndup(path, (size_t)(slash - path) + 1) : ts_strdup(".");
    const int fd = folder ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    ts_free(folder);
}

ts_status ts_out_commit(ts_ctx *ctx, ts_out *out)
{
    if (out->fd < 0 || ctx->status) {
        ts_out_abandon(out);
        return ctx->status ? ctx->status
                           : ts_fail(ctx, TS_ERROR_USAGE, "a file that is not open was ended");
    }
    int synced;
    do
        synced = out->temp ? fsync(out->fd) : 0;
    while (synced != 0 && errno == EINTR);
    if (synced != 0)
        refused(ctx, out->path, "write it to the disk");
    const int closed = close(out->fd);
    out->fd = -1;
    if (!ctx->status && closed != 0 && errno != EINTR)
        refused(ctx, out->path, "write it");
    if (!ctx->status && out->temp) {
        if (rename(out->temp, out->path) != 0) {
            refused(ctx, out->path, "put the new file in its place");
        } else {
            ts_free(out->temp);
            out->temp = NULL;
            sync_folder(out->path);
        }
    }
    ts_out_abandon(out);
    return ctx->status;
}

void ts_out_abandon(ts_out *out)
{
    if (out->fd >= 0)
        close(out->fd);
    if (out->temp)
        unlink(out->temp);
    ts_free(out->temp);
    ts_free(out->path);
    *out = (ts_out){.fd = -1};
}

ts_status ts_file_write(ts_ctx *ctx, const char *path, const void *data, int64_t bytes)
{
    ts_out out;
    if (ts_out_open(ctx, &out, path))
        return ctx->status;
    ts_out_write(ctx, &out, data, bytes);
    return ts_out_commit(ctx, &out);
}

/* Paths. --------------------------------------------------------------------------------------- */

bool ts_path_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

bool ts_path_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

char *ts_path_join(ts_ctx *ctx, const char *folder, const char *name)
{
    const size_t length = strlen(folder), room = length + strlen(name) + 2;
    const bool slash = length > 0 && folder[length - 1] != '/';
    char *path = ctx->status ? NULL : ts_alloc(room);
    if (path)
        snprintf(path, room, "%s%s%s", folder, slash ? "/" : "", name);
    else if (!ctx->status)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the path %s/%s", folder, name);
    return path;
}

static bool lies_inside(const char *root, const char *path)
{
    const size_t length = strlen(root);
    return strncmp(root, path, length) == 0 &&
           (path[length] == '/' || path[length] == '\0' || strcmp(root, "/") == 0);
}

char *ts_path_inside(ts_ctx *ctx, const char *root, const char *folder, const char *name)
{
    char *path = ts_path_join(ctx, folder, name);
    if (!path)
        return NULL;
    char *real_root = real_path(root), *real = real_root ? real_path(path) : NULL;
    if (!real_root)
        refused(ctx, root, "open it");
    else if (!real)
        refused(ctx, path, "open it");
    else if (!lies_inside(real_root, real))
        ts_fail(ctx, TS_ERROR_FORMAT,
                "%s: leads out of the folder %s (to %s); links out of a checkpoint are refused",
                path, root, real);
    ts_free(path);
    ts_free(real_root);
    if (ctx->status) {
        ts_free(real);
        return NULL;
    }
    return real;
}

char *ts_path_member(ts_ctx *ctx, const char *folder, const char *name)
{
    char *path = ts_path_join(ctx, folder, name);
    if (!path || !ts_path_exists(path))
        return path;
    ts_free(ts_path_inside(ctx, folder, folder, name));
    if (!ctx->status)
        return path;
    ts_free(path);
    return NULL;
}
