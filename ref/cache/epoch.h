/* epoch.h: an epoch's entries in order, fetched ahead by threads while the caller computes. */
#ifndef TS_CACHE_EPOCH_H
#define TS_CACHE_EPOCH_H

#include "ref/cache/cache.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int threads;     /* that fetch; 0: the caller does, when it asks */
    int64_t ahead;   /* entries fetched before they are asked for, at most */
    bool pass_over;  /* a sample that cannot be had is an entry without data, not the end */
} ts_epoch_options;

typedef struct ts_epoch ts_epoch;

/* The order is copied. options NULL: 4 threads, 64 entries. Threads that the system refuses are done
 * without. Several epochs of one cache may be open, in one thread or several. */
ts_epoch *ts_epoch_open(ts_ctx *ctx, ts_cache *cache, int stage, const int64_t *order, int64_t count,
                        const ts_epoch_options *options);

/* The next entry; its data are valid until the next call. False at the end, and after a failure (then
 * the context has it). A caller's progress.stop is heeded. */
bool ts_epoch_next(ts_ctx *ctx, ts_epoch *epoch, ts_entry *entry);

/* With pass_over: why the last entry has no data. */
const char *ts_epoch_why(const ts_epoch *epoch);

/* Ends it, wherever it is: threads are joined. counts (may be NULL): of this epoch. */
void ts_epoch_close(ts_epoch *epoch, ts_cache_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
