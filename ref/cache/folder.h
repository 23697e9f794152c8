/* folder.h: the files of a cache folder: their names, their locks, their removal. */
#ifndef TS_CACHE_FOLDER_H
#define TS_CACHE_FOLDER_H

#include "ref/cache/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names of the sealed segments, oldest first. After a failure it is empty. */
typedef struct {
    char **names;
    int64_t count, room;
    int64_t bytes;     /* of all segments, those being written included */
    int64_t unsealed;  /* files being written, by us or others */
} ts_folder_list;

/* False with errno when the folder cannot be listed; the context fails only for lack of memory. */
bool ts_folder_read(ts_ctx *ctx, const char *folder, ts_folder_list *list);
void ts_folder_free(ts_folder_list *list);

/* A new file for writing, locked, with a name that nobody has; -1 with errno. path: ts_free. */
int ts_folder_create(ts_ctx *ctx, const char *folder, char **path);

/* path becomes the sealed name (its text is changed); false when it could not be synced or renamed. */
bool ts_folder_seal(int fd, char *path);

/* Seals the files of writers that are gone; those without any record are removed. */
void ts_folder_adopt(ts_ctx *ctx, const char *folder);

/* Removes all segments (form_only: of that form; dataset_only: of that dataset), and unsealed files
 * without a writer. The writer of a file that is removed goes on, for nothing. How many files were
 * removed; *bytes: in them. Fails when one cannot be removed. */
typedef struct {
    bool form_only, dataset_only;
    uint64_t form, dataset;
} ts_folder_choice;
int64_t ts_folder_clear(ts_ctx *ctx, const char *folder, const ts_folder_choice *choice,
                        int64_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
