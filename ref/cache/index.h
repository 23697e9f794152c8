/* index.h: where on the disk the entry of a key lies. Not thread-safe. */
#ifndef TS_CACHE_INDEX_H
#define TS_CACHE_INDEX_H

#include "ref/cache/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_PLACE_EMPTY = -1, TS_PLACE_FORGOTTEN = -2 };

typedef struct {
    uint64_t form;
    ts_record record;
    int64_t at;      /* byte in its segment */
    int32_t segment; /* its number; negative: nothing is there */
} ts_place;

/* Begins as zeros. */
typedef struct {
    ts_place *place;
    int64_t places, filled;  /* filled: forgotten ones included */
    int64_t entries, bytes;  /* that are remembered; of their records */
} ts_index;

/* The place of the key, or the empty one where it would be; NULL in an index without places. */
ts_place *ts_index_find(const ts_index *index, uint64_t form, uint64_t key);

/* The newest record wins. False without memory: then it is not remembered. */
bool ts_index_remember(ts_index *index, const ts_place *place);
void ts_index_forget(ts_index *index, ts_place *place);
void ts_index_free(ts_index *index);

#ifdef __cplusplus
}
#endif
#endif
