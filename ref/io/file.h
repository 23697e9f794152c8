/* file.h: files as bytes.
 *
 * Read whole under a limit, map without reading, write so that a file is either the old one or the
 * new one and never half of it. Messages name the file and what the system said. */
#ifndef TS_IO_FILE_H
#define TS_IO_FILE_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The whole file with a 0 behind it (not counted in *size), to be given back with ts_free; NULL
 * after a failure. Fails when there are more than `limit` bytes. size may be NULL. */
char *ts_file_read(ts_ctx *ctx, const char *path, int64_t limit, int64_t *size);

/* A regular file as memory that must not be written to; data is NULL when the file is empty.
 * A file that another program shortens while it is mapped ends this one (SIGBUS): checkpoints are
 * replaced by rename, as ts_out does, never rewritten in place. */
typedef struct {
    void *data;
    int64_t size;
} ts_map;

ts_status ts_map_open(ts_ctx *ctx, ts_map *map, const char *path);
void ts_map_close(ts_map *map); /* may be called twice, and for a map of zeros */

/* Asks the system to read the pages of [data, data + bytes) of a map soon. */
void ts_map_ahead(const void *data, int64_t bytes);

/* Writing: open, write as often as needed, commit. The bytes go to a new file beside the target,
 * which takes the target's place when it is complete and on the disk; after a failure at any point
 * the target is what it was and nothing is left behind. A target that is no regular file (a pipe, a
 * terminal, /dev/null) is written directly; a link is followed. */
typedef struct {
    int fd;     /* -1: not open */
    char *path; /* of the target, links resolved */
    char *temp; /* NULL: written directly */
} ts_out;

ts_status ts_out_open(ts_ctx *ctx, ts_out *out, const char *path);
ts_status ts_out_write(ts_ctx *ctx, ts_out *out, const void *data, int64_t bytes);
/* Ends the writing, also after failures: if the context has failed by then, nothing is renamed. */
ts_status ts_out_commit(ts_ctx *ctx, ts_out *out);
void ts_out_abandon(ts_out *out); /* after commit: does nothing */

/* The three steps in one. */
ts_status ts_file_write(ts_ctx *ctx, const char *path, const void *data, int64_t bytes);

bool ts_path_exists(const char *path);
bool ts_path_is_folder(const char *path);

/* folder/name, to be given back with ts_free; NULL without memory. */
char *ts_path_join(ts_ctx *ctx, const char *folder, const char *name);

/* The real path of folder/name, to be given back with ts_free. Fails when there is no such file,
 * and when a link or ".." leads out of `root` (a folder; usually the same as `folder`). */
char *ts_path_inside(ts_ctx *ctx, const char *root, const char *folder, const char *name);

/* folder/name, whether there is such a file or not; fails when there is and a link or ".." leads to it
 * out of the folder. To be given back with ts_free. */
char *ts_path_member(ts_ctx *ctx, const char *folder, const char *name);

#ifdef __cplusplus
}
#endif
#endif
