/* folder.c: who may touch which file.
 *
 * A writer holds a lock (fcntl, the whole file) on the file that it writes. The system takes the lock
 * back when the process ends, however it ends: a file whose lock can be had has no writer any more.
 * Locks are the process's, not the descriptor's: to close any descriptor of the file gives the lock
 * up. So a process leaves files alone that bear its own number, unless they have been still for long:
 * those are of a process before it that had the same number (as in containers).
 *
 * Were a living writer's file sealed all the same (a file system without locks that says otherwise),
 * it would write on behind the end that others know; its own seal would find the name gone. Entries
 * are then lost, none is wrong.
 *
 * The name begins with the time, so that the order of names is the order of age.
 *
 * Test: tests/cache/test_folder.c */
#include "ref/cache/folder.h"

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

enum { LONG_STILL = 600 };

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n > m && strncmp(name, "seg-", 4) == 0 && strcmp(name + n - m, end) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add(ts_ctx *ctx, ts_folder_list *list, const char *name)
{
    if (list->count == list->room) {
        const int64_t room = list->room ? 2 * list->room : 16;
        char **larger = ts_realloc(list->names, (size_t)room * sizeof *larger);
        if (!larger)
            return ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for a list of files"), false;
        list->names = larger;
        list->room = room;
    }
    char *copy = ts_strdup(name);
    if (!copy)
        return ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for a list of files"), false;
    list->names[list->count++] = copy;
    return true;
}

void ts_folder_free(ts_folder_list *list)
{
    for (int64_t i = 0; i < list->count; i++)
        ts_free(list->names[i]);
    ts_free(list->names);
    *list = (ts_folder_list){.names = NULL};
}

/* All names with one of the two endings. */
static bool read_names(ts_ctx *ctx, const char *folder, ts_folder_list *list, const char *end,
                       bool sizes)
{
    *list = (ts_folder_list){.names = NULL};
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    for (const struct dirent *e; !ctx->status && (e = readdir(dir));) {
        const bool open = ends_with(e->d_name, ".open");
        struct stat about;
        if (!open && !ends_with(e->d_name, ".dat"))
            continue;
        list->unsealed += open;
        if (sizes && fstatat(dirfd(dir), e->d_name, &about, 0) == 0)
            list->bytes += (int64_t)about.st_size;
        if (!end || ends_with(e->d_name, end))
            add(ctx, list, e->d_name);
    }
    closedir(dir);
    if (ctx->status)
        ts_folder_free(list);
    else if (list->count)
        qsort(list->names, (size_t)list->count, sizeof *list->names, by_name);
    return true;
}

bool ts_folder_read(ts_ctx *ctx, const char *folder, ts_folder_list *list)
{
    return read_names(ctx, folder, list, ".dat", true);
}

static bool lock(int fd)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &all) == 0;
}

int ts_folder_create(ts_ctx *ctx, const char *folder, char **path)
{
    const size_t room = strlen(folder) + 80;
    char *name = *path = ts_alloc(room);
    if (!name) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a name", folder);
        return -1;
    }
    for (int n = 0; n < 100; n++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, room, "%s/seg-%016llx-%ld-%02d.open", folder,
                 (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec,
                 (long)getpid(), n);
        const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && (errno == EEXIST || errno == EINTR))
            continue;
        if (fd < 0)
            break;
        if (lock(fd) || (errno != EACCES && errno != EAGAIN))
            return fd; /* without locks: others leave it alone until it has been still for long */
        close(fd);     /* someone took it for an orphan between the two calls, and removes it */
    }
    const int reason = errno;
    ts_free(name);
    *path = NULL;
    errno = reason;
    return -1;
}

static int sync_data(int fd)
{
    int code;
    do
        code = fsync(fd);
    while (code != 0 && errno == EINTR);
    return code;
}

bool ts_folder_seal(int fd, char *path)
{
    char *end = strrchr(path, '.'), *slash = strrchr(path, '/');
    char *old = ts_strdup(path);
    if (!old || sync_data(fd) != 0) {
        ts_free(old);
        return false;
    }
    memcpy(end, ".dat", 5); /* shorter than ".open" */
    const bool done = rename(old, path) == 0;
    const int reason = errno;
    if (!done)
        memcpy(end, ".open", 6);
    ts_free(old);
    *slash = '\0';
    const int folder = open(path, O_RDONLY | O_CLOEXEC);
    *slash = '/';
    if (folder >= 0) { /* some file systems cannot: the segment is then younger after a power cut */
        (void)fsync(folder);
        close(folder);
    }
    errno = reason;
    return done;
}

static bool has_own_number(const char *name)
{
    char mark[32];
    snprintf(mark, sizeof mark, "-%ld-", (long)getpid());
    return strstr(name + 4, mark) != NULL;
}

/* Has the file no writer any more? Then we hold its lock as long as the descriptor is open. */
static bool is_orphan(int fd, const char *path)
{
    struct stat mine, there;
    return lock(fd) && fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static void adopt(const char *folder, const char *name)
{
    char path[1024];
    struct stat about;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path ||
        (has_own_number(name) &&
         (stat(path, &about) != 0 || time(NULL) - about.st_mtime < LONG_STILL)))
        return;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && is_orphan(fd, path)) {
        ts_segment_head head;
        int64_t end;
        if (!ts_segment_scan(fd, &head, NULL, NULL, &end) || end == TS_SEGMENT_HEAD)
            unlink(path);
        else if (ftruncate(fd, (off_t)end) == 0)
            (void)ts_folder_seal(fd, path);
    }
    if (fd >= 0)
        close(fd);
}

void ts_folder_adopt(ts_ctx *ctx, const char *folder)
{
    ts_folder_list list;
    if (!read_names(ctx, folder, &list, ".open", false))
        return;
    for (int64_t i = 0; i < list.count; i++)
        adopt(folder, list.names[i]);
    ts_folder_free(&list);
}

/* A sealed file that cannot be read as a segment is of no form and no dataset: it goes only with all. */
static bool is_chosen(const char *path, const char *name, const ts_folder_choice *choice)
{
    const bool open_file = ends_with(name, ".open");
    ts_segment_head head;
    unsigned char bytes[TS_SEGMENT_HEAD];
    if (open_file && has_own_number(name))
        return false;
    if (!open_file && !choice->form_only && !choice->dataset_only)
        return true;
    const int fd = open(path, (open_file ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool sound = ts_read_at(fd, bytes, TS_SEGMENT_HEAD, 0) == TS_SEGMENT_HEAD &&
                       ts_segment_head_read(&head, bytes);
    const bool ours = (!choice->form_only || (sound && head.form == choice->form)) &&
                      (!choice->dataset_only || (sound && head.dataset == choice->dataset));
    const bool free_file = !open_file || is_orphan(fd, path);
    close(fd);
    return ours && free_file;
}

int64_t ts_folder_clear(ts_ctx *ctx, const char *folder, const ts_folder_choice *choice,
                        int64_t *bytes)
{
    ts_folder_list list;
    int64_t removed = 0;
    *bytes = 0;
    if (!read_names(ctx, folder, &list, NULL, false))
        return ts_fail(ctx, TS_ERROR_IO, "%s: cannot list it: %s", folder, strerror(errno)), 0;
    for (int64_t i = 0; i < list.count && !ts_interrupted(ctx); i++) {
        struct stat about;
        char *path = ts_path_join(ctx, folder, list.names[i]);
        if (path && is_chosen(path, list.names[i], choice) && stat(path, &about) == 0) {
            if (unlink(path) == 0) {
                removed++;
                *bytes += (int64_t)about.st_size;
            } else if (errno != ENOENT) { /* someone else was faster: fine */
                ts_fail(ctx, TS_ERROR_IO, "%s: cannot remove it: %s", path, strerror(errno));
            }
        }
        ts_free(path);
    }
    ts_folder_free(&list);
    return removed;
}
