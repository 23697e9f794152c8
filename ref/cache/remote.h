/* remote.h: where the samples come from: a folder on a network file system.
 *
 * A sample is a file of the folder, or a slice of one large file. Its number is its place in the
 * order of names; its key a hash of its name, which stays when other files come and go; its stamp
 * also depends on size and time of change: an entry with another stamp is of another file. */
#ifndef TS_CACHE_REMOTE_H
#define TS_CACHE_REMOTE_H

#include "ref/cache/codec.h"

#ifdef __cplusplus
#include <atomic>
using std::atomic_int;
#else
#include <stdatomic.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How the store is reached. Zeros: at once, without limit. Latency and bandwidth are simulated: the
 * local folder is made as slow as a network, one reader independent of the others. */
typedef struct {
    double latency;   /* seconds before the first byte */
    double bandwidth; /* bytes a second of one reader; 0: no limit */
    double timeout;   /* seconds for one attempt; 0: none */
    int retries;      /* further attempts after a timeout or an error that may pass */
    double backoff;   /* seconds before the first further attempt, doubled each time */
} ts_remote_link;

typedef struct ts_remote ts_remote;

/* The regular files below a folder whose names end with one of the suffixes (ended by NULL; NULL:
 * all), names that begin with a dot left out. Names are relative to the folder. */
ts_remote *ts_remote_open(ts_ctx *ctx, const char *folder, const char *const *suffixes,
                        const ts_remote_link *link);

/* `count` samples of `bytes` bytes each from byte `first` on of one file (IDX, CIFAR). */
ts_remote *ts_remote_open_slices(ts_ctx *ctx, const char *file, int64_t first, int64_t bytes,
                               int64_t count, const ts_remote_link *link);
void ts_remote_close(ts_remote *store);

int64_t ts_remote_count(const ts_remote *store);
const char *ts_remote_name(const ts_remote *store, int64_t sample); /* of its file */
int64_t ts_remote_bytes(const ts_remote *store, int64_t sample);
uint64_t ts_remote_key(const ts_remote *store, int64_t sample);
uint64_t ts_remote_stamp(const ts_remote *store, int64_t sample);
uint64_t ts_remote_identity(const ts_remote *store); /* of its real path */

/* The bytes of a sample. Fails with the file's name, after the retries; a file whose size is not what
 * it was when the store was opened fails. *cancel not 0 (NULL: never) ends waiting with
 * TS_ERROR_INTERRUPTED. *retried counts further attempts. Several threads may read at a time.
 *
 * A read that the system never ends cannot be ended from here: mount with a limit of its own (NFS:
 * soft, timeo), whose error is one of those that are tried again. */
ts_status ts_remote_read(ts_ctx *ctx, const ts_remote *store, int64_t sample, ts_blob *out,
                        const atomic_int *cancel, int64_t *retried);

/* Seconds of a clock that only goes on. */
double ts_remote_clock(void);

#ifdef __cplusplus
}
#endif
#endif
