/* cache.h: samples by way of memory, the local disk and the remote store.
 *
 *     ts_remote *remote = ts_remote_open(ctx, "/mnt/images", NULL, NULL);
 *     ts_stage stages[] = {{.name = "rgb-96", .version = 1, .run = decode_96}};
 *     ts_cache_options options = {.disk = {.folder = "/ssd/cache"}, .memory_budget = 4LL << 30};
 *     ts_cache *cache = ts_cache_open(ctx, remote, stages, 1, &options);
 *     ts_epoch *epoch = ts_epoch_open(ctx, cache, 0, order, count, NULL);         epoch.h
 *     while (ts_epoch_next(ctx, epoch, &entry)) ... entry.data, entry.bytes ...
 *
 * A stage is one form in which samples are kept in memory: as they come, or after a preprocessing
 * that gives the same bytes every time. Training at several resolutions has one for each; the region
 * of the one before is dropped whole at the switch (ts_cache_drop).
 *
 * Ranks. owner(sample) = hash(name) mod ranks, the same for a whole run: a rank keeps its own samples
 * and permutes among them, so that n nodes need 1/n of the memory each and nothing goes over the
 * network after the first epoch. Ranks that are threads may share one cache instead (ranks = 1): then
 * each may read all. Ranks that are processes share the disk's folder and nothing else.
 *
 * A cache is thread-safe; contexts are not: each thread brings its own. Do not fork while an epoch is
 * open. */
#ifndef TS_CACHE_CACHE_H
#define TS_CACHE_CACHE_H

#include "ref/cache/disk.h"
#include "ref/cache/memory.h"
#include "ref/cache/remote.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The deterministic part of the preprocessing. run: out = f(raw), into out->at (ts_blob_reserve) and
 * out->size; it fails in the context when the sample is broken. Called by several threads. */
typedef struct {
    const char *name;    /* "rgb-96"; part of the identity of what is kept */
    uint32_t version;    /* another one when f changes */
    const char *random;  /* what it draws at random ("random crop"): then it is refused */
    int64_t entry_bytes; /* each entry has so many; 0: they differ */
    ts_status (*run)(ts_ctx *ctx, void *arg, int64_t sample, const void *raw, int64_t bytes,
                     ts_blob *out); /* NULL: samples as they come */
    void *arg;
} ts_stage;

typedef enum { TS_KEEP_RAW, TS_KEEP_READY } ts_keep;

typedef struct {
    ts_disk_options disk; /* folder NULL: no such level. dataset is filled in. */
    ts_keep keep;         /* on the disk: samples as they come (for all stages), or preprocessed */
    int64_t memory_budget; /* bytes; 0: no such level */
    int memory_zlib;
    int rank, ranks;      /* ranks 0: one */
} ts_cache_options;

typedef enum { TS_MEMORY, TS_DISK, TS_REMOTE, TS_LEVELS } ts_level;

typedef struct {
    int64_t hits[TS_LEVELS], misses[TS_LEVELS]; /* misses: asked there, and not found */
    int64_t bytes[TS_LEVELS];                   /* of entries, from there */
    int64_t refused[TS_LEVELS]; /* beyond the budget, or the level is off */
    int64_t foreign;            /* asked for, of another rank: read, not kept */
    int64_t damaged;            /* entries on the disk that failed a check */
    int64_t retries;            /* of the remote store */
    int64_t failed;             /* samples that could not be read or preprocessed */
    double waited;              /* seconds that ts_epoch_next waited */
} ts_cache_counts;
void ts_cache_add(ts_cache_counts *to, const ts_cache_counts *more);

typedef struct ts_cache ts_cache;

/* Fails for a stage that draws random numbers, and where memory is missing. remote and what the
 * stages point to must live longer than the cache. */
ts_cache *ts_cache_open(ts_ctx *ctx, const ts_remote *remote, const ts_stage *stages, int count,
                        const ts_cache_options *options);
void ts_cache_close(ts_cache *cache); /* seals the disk's files */

int ts_cache_owner(uint64_t key, int ranks);
bool ts_cache_owns(const ts_cache *cache, int64_t sample);
/* The samples of this rank, in order, into list[room]; how many there are. */
int64_t ts_cache_samples(const ts_cache *cache, int64_t *list, int64_t room);

typedef struct {
    int64_t sample;
    const void *data; /* NULL: failed, and the epoch goes on (epoch.h) */
    int64_t bytes;
    ts_level from;
} ts_entry;

/* What one thread needs to get entries: zeros at first, ts_cache_hands_free in the end. */
typedef struct {
    ts_blob raw, ready, twice, scratch;
    const atomic_int *cancel; /* not 0: waiting for the remote store ends; NULL: never */
} ts_cache_hands;
void ts_cache_hands_free(ts_cache_hands *hands);

/* One entry. Its data lie in the cache or in the hands: until the next call with them, or until the
 * stage is dropped. What fails is never kept. counts are added to. */
ts_status ts_cache_get(ts_ctx *ctx, ts_cache *cache, int stage, int64_t sample, ts_entry *entry,
                       ts_cache_hands *hands, ts_cache_counts *counts);

/* Is it in memory? Then ts_cache_get is at once. */
bool ts_cache_has(const ts_cache *cache, int stage, int64_t sample);

/* The entries of the stage in memory go, and with TS_KEEP_READY those on the disk, too. Fails while an
 * epoch of the stage is open. */
ts_status ts_cache_drop(ts_ctx *ctx, ts_cache *cache, int stage);

/* Between epochs: what this process wrote becomes visible to others, and the other way round. */
void ts_cache_share(ts_cache *cache);

/* For epochs: a stage in use is not dropped. */
ts_status ts_cache_enter(ts_ctx *ctx, ts_cache *cache, int stage);
void ts_cache_leave(ts_cache *cache, int stage);

void ts_cache_look(ts_cache *cache, ts_disk_state *disk, int64_t *memory_entries,
                   int64_t *memory_bytes);
int64_t ts_cache_count(const ts_cache *cache); /* of samples in the store */

#ifdef __cplusplus
}
#endif
#endif
