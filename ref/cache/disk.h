/* disk.h: the second level: entries in append-only segment files of a local folder.
 *
 * One folder serves several processes. Each writes files of its own,
 *
 *     seg-<when>-<process>-<n>.open    being written, locked by its writer
 *     seg-<when>-<process>-<n>.dat     sealed: synced to the disk, then renamed
 *
 * and reads all that are sealed. A file without its writer (killed) is sealed by whoever opens the
 * folder next, cut where its sound part ends. Nothing is ever changed in place, so no moment of a kill
 * can leave a wrong entry: a record counts only when its checksums agree (segment.h).
 *
 * Failures of this level never fail the run: a full disk, an I/O error or a folder that cannot be
 * written switch the writing off, which is said once. Thread-safe. */
#ifndef TS_CACHE_DISK_H
#define TS_CACHE_DISK_H

#include "ref/cache/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where sentences go that are no failure ("FILE: ... is fetched again"); from any thread. */
typedef struct {
    void (*say)(void *arg, const char *sentence); /* NULL: nobody listens */
    void *arg;
} ts_listener;

typedef struct {
    const char *folder;    /* made when missing */
    int64_t budget;        /* bytes of all segments in it together; 0: no limit */
    int64_t segment_bytes; /* of one file; 0: 256 MiB */
    int zlib;              /* 0: entries as they are; 1 to 9: compressed where that makes them smaller */
    uint64_t dataset;      /* entries of others are left alone */
    ts_listener listener;
} ts_disk_options;

typedef struct {
    int64_t entries, bytes;   /* that can be read; bytes in the files */
    int64_t segments;         /* of this dataset */
    int64_t ignored;          /* files of another dataset, or not ours */
    int64_t used;             /* bytes in the folder */
    int64_t broken, refused;  /* records that failed a check; entries beyond the budget */
    bool writing;             /* false: switched off */
    char why[256];            /* it was */
} ts_disk_state;

typedef struct ts_disk ts_disk;

/* Fails only for lack of memory; a folder that cannot be used leaves a level that is switched off. */
ts_disk *ts_disk_open(ts_ctx *ctx, const ts_disk_options *options);
void ts_disk_close(ts_disk *disk); /* seals what is open */

typedef enum { TS_DISK_HIT, TS_DISK_MISS, TS_DISK_BROKEN } ts_disk_answer;

/* The newest entry of that form, key and stamp, in `out`. A broken one is said and forgotten. */
ts_disk_answer ts_disk_read(ts_ctx *ctx, ts_disk *disk, uint64_t form, uint64_t key, uint64_t stamp,
                            ts_blob *out, ts_blob *scratch);

typedef enum { TS_DISK_STORED, TS_DISK_PRESENT, TS_DISK_REFUSED } ts_disk_fate;

/* Appends an entry, unless it is there (then `again` says that it is not sound: append all the same),
 * the budget is full or the level is off. */
ts_disk_fate ts_disk_put(ts_ctx *ctx, ts_disk *disk, const ts_segment_head *form, uint64_t key,
                         uint64_t stamp, const void *data, int64_t bytes, bool again);

void ts_disk_seal(ts_disk *disk);                 /* what is being written becomes visible to others */
void ts_disk_refresh(ts_disk *disk);              /* finds what others have sealed */
void ts_disk_drop(ts_disk *disk, uint64_t form);  /* every entry of the form, with its files */
void ts_disk_look(ts_disk *disk, ts_disk_state *state);

#ifdef __cplusplus
}
#endif
#endif
