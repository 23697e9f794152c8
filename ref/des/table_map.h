/* table_map.h: ids to numbers: the directory of a table of features.
 *
 * Ids are any 64 bits, 0 and 2^64 - 1 included; the number of an id is at least 1 (0 is a free
 * place). Searching changes nothing, so several threads may search at a time; all else needs the map
 * alone. */
#ifndef TS_DES_TABLE_MAP_H
#define TS_DES_TABLE_MAP_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TS_ID_BUCKET = 5,       /* ids of one bucket, which is a line of memory: 64 bytes */
    TS_ID_FIRST_BUCKETS = 16,
    TS_ID_MOVES = 4         /* buckets that move, at most, when an id is added */
};

typedef struct {
    uint64_t id[TS_ID_BUCKET];
    uint32_t number[TS_ID_BUCKET]; /* 0: free */
    uint32_t passed;               /* ids that were meant to be here, or came by, and live further on */
} ts_id_bucket;

/* Begins as zeros, with a seed. */
typedef struct {
    uint64_t seed; /* of the hash: who does not know it cannot choose ids that collide */
    int64_t count;
    struct ts_id_directory {
        ts_id_bucket *bucket;
        void *block;      /* the memory of it */
        uint64_t buckets; /* a power of two */
    } now, before;        /* before: the smaller one that is being emptied, or nothing */
    uint64_t cursor;      /* its first bucket that has not moved */
    int64_t moved;        /* buckets that the last addition moved */
} ts_id_map;

/* The number of an id, or 0. */
uint32_t ts_id_map_find(const ts_id_map *map, uint64_t id);

/* Asks the processor for what ts_id_map_find will read. */
void ts_id_map_prefetch(const ts_id_map *map, uint64_t id);

/* Sets the number (at least 1) of an id, new or not. False without memory: then nothing changed. */
bool ts_id_map_put(ts_id_map *map, uint64_t id, uint32_t number);
void ts_id_map_remove(ts_id_map *map, uint64_t id); /* an absent one is ignored */

/* From *at = 0 on, all ids, in no order that means anything; false at the end. */
bool ts_id_map_next(const ts_id_map *map, int64_t *at, uint64_t *id, uint32_t *number);

/* What is allocated, see table_map.c; and at most, over every time, when `count` ids are put in. */
int64_t ts_id_map_bytes(const ts_id_map *map);
int64_t ts_id_map_bytes_for(int64_t count, bool growing);

void ts_id_map_free(ts_id_map *map); /* empty, with its seed */

#ifdef __cplusplus
}
#endif
#endif
