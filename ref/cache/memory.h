/* memory.h: the first level: entries in memory, a region for each stage, until the budget is full.
 *
 * Thread-safe: one writer for each entry, any number of readers, and nothing that a reader holds is
 * ever moved or given back before its stage is dropped. The memory is the process's: ranks that are
 * threads share it when they share the cache; ranks that are processes have each their own, for their
 * own samples (cache.h). */
#ifndef TS_CACHE_MEMORY_H
#define TS_CACHE_MEMORY_H

#include "ref/cache/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_memory ts_memory;

/* budget: bytes of entries, all stages together (each rounded up to 64); the table of a stage, 24 bytes
 * a sample, comes on top. zlib 1 to 9: entries are compressed where that makes them smaller. */
ts_memory *ts_memory_open(ts_ctx *ctx, int64_t budget, int64_t samples, int stages, int zlib);
void ts_memory_close(ts_memory *memory);

/* The entry, ready and whole, or NULL. When it was compressed it is in `out`, otherwise it lies in the
 * cache and stays there until the stage is dropped. */
const void *ts_memory_get(ts_ctx *ctx, ts_memory *memory, int stage, int64_t sample, ts_blob *out,
                          int64_t *bytes);
bool ts_memory_has(const ts_memory *memory, int stage, int64_t sample);

typedef enum { TS_MEMORY_STORED, TS_MEMORY_PRESENT, TS_MEMORY_REFUSED } ts_memory_fate;

/* Admission is first come, first served; once there, an entry stays. A lack of memory refuses. */
ts_memory_fate ts_memory_put(ts_memory *memory, int stage, int64_t sample, const void *data,
                             int64_t bytes);

/* Gives the stage's region back as a whole. Nobody may be reading from it. */
void ts_memory_drop(ts_memory *memory, int stage);

/* Entries of a stage, and bytes of all. */
int64_t ts_memory_entries(ts_memory *memory, int stage);
int64_t ts_memory_used(ts_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
