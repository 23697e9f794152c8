/* cache.h: a small store of files whose bytes are known, for tests of the cache. */
#ifndef TESTS_SUPPORT_CACHE_H
#define TESTS_SUPPORT_CACHE_H

#include "ref/cache/epoch.h"

/* A folder of `count` files s00000, s00001, ...; the i-th has `bytes` + 7 i bytes of a fixed pattern. */
void cache_make(const char *folder, int count, int bytes);
unsigned char cache_byte(int64_t sample, int64_t at);

/* Are these the bytes of that sample? salt: cache_salted was its preprocessing. */
bool cache_right(int64_t sample, const void *data, int64_t bytes, int64_t expected, int salt);

/* A preprocessing: every byte xor the salt (arg: int *), twice as long for salt > 100. It fails with
 * TS_ERROR_FORMAT for samples whose first byte is not as it must be. */
ts_status cache_salted(ts_ctx *ctx, void *arg, int64_t sample, const void *raw, int64_t bytes,
                       ts_blob *out);

/* The order 0 ... n-1 shuffled; list: free(). */
int64_t *cache_order(int64_t count, uint64_t seed);

/* Counts sentences and keeps the last (arg: cache_sentences *). */
typedef struct {
    atomic_int count;
    char last[512];
} cache_sentences;
void cache_hear(void *arg, const char *sentence);

/* One byte of a file is changed, from the end when at < 0. */
void cache_flip(const char *path, int64_t at);

/* The only file in a folder whose name ends so; the path is valid until the next call. */
const char *cache_file(const char *folder, const char *end);
int cache_files(const char *folder, const char *end); /* how many */

#endif
