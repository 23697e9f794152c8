/* table_map.c: open addressing by buckets of five, with growth a few buckets at a time.
 *
 *     home(id) = mix64(mix64(id) xor seed) mod buckets
 *     place of id = in the first bucket of home, home + 1, ... that had room when it came
 *
 * A search ends at a bucket by which nobody passed (or after a round, should there be none), so a removed
 * id leaves nothing behind: the buckets that it had passed count one less. Five ids of 8 bytes, five numbers of 4 and the count are 64
 * bytes, and most searches touch that one line. The owner of an id (table_id.h) is taken from other
 * bits, or a rank's directory would be used in part.
 *
 * Growth. With the directory three quarters full comes one of twice the size, all zeros (which the
 * system gives lazily: nothing is cleared here); from then on each addition moves TS_ID_MOVES buckets
 * of the old one. An id that is not found in the new one is looked for in the old one. When the
 * directory of B buckets was full it held 15/4 B ids, and as many more fit before the next growth;
 * the old one is empty after B / TS_ID_MOVES of them, so there are never three. The directory does
 * not shrink. Memory:
 *
 *     bytes(count) = 64 (B + 1), B = the least power of two, at least 16, with count <= 15/4 B
 *     growing:     + 64 (B / 2 + 1), the old one beside it
 *
 * Choices of this implementation, all of it. Test: tests/des/test_table_map.c */
#include "ref/des/table_map.h"

#include "ref/base/clones.h"
#include "ref/base/rng.h"

static uint64_t hash(const ts_id_map *map, uint64_t id)
{
    return ts_mix64(ts_mix64(id) ^ map->seed);
}

typedef struct {
    ts_id_bucket *bucket; /* NULL: not there */
    int place;
} found;

static found search(const struct ts_id_directory *d, uint64_t id, uint64_t home)
{
    for (uint64_t n = 0; n < d->buckets; n++) {
        ts_id_bucket *b = &d->bucket[(home + n) & (d->buckets - 1)];
        for (int k = 0; k < TS_ID_BUCKET; k++)
            if (b->id[k] == id && b->number[k])
                return (found){b, k};
        if (!b->passed)
            break;
    }
    return (found){NULL, 0};
}

static found search_both(const ts_id_map *map, uint64_t id)
{
    const uint64_t home = hash(map, id);
    found f = {NULL, 0};
    if (map->now.bucket)
        f = search(&map->now, id, home);
    if (!f.bucket && map->before.bucket)
        f = search(&map->before, id, home);
    return f;
}

uint32_t ts_id_map_find(const ts_id_map *map, uint64_t id)
{
    const found f = search_both(map, id);
    return f.bucket ? f.bucket->number[f.place] : 0;
}

void ts_id_map_prefetch(const ts_id_map *map, uint64_t id)
{
    const uint64_t home = hash(map, id);
    if (map->now.bucket)
        TS_PREFETCH(&map->now.bucket[home & (map->now.buckets - 1)]);
    if (map->before.bucket)
        TS_PREFETCH(&map->before.bucket[home & (map->before.buckets - 1)]);
}

/* Puts an id that is not there; a directory with a free place always ends the search. */
static void add(struct ts_id_directory *d, uint64_t home, uint64_t id, uint32_t number)
{
    for (uint64_t i = home & (d->buckets - 1);; i = (i + 1) & (d->buckets - 1)) {
        ts_id_bucket *b = &d->bucket[i];
        for (int k = 0; k < TS_ID_BUCKET; k++)
            if (!b->number[k]) {
                b->id[k] = id;
                b->number[k] = number;
                return;
            }
        b->passed++;
    }
}

/* Moves some buckets; their counts stay, as searches go on by them to others that have not moved. */
static void move(ts_id_map *map)
{
    for (map->moved = 0; map->before.bucket && map->moved < TS_ID_MOVES; map->moved++) {
        ts_id_bucket *b = &map->before.bucket[map->cursor];
        for (int k = 0; k < TS_ID_BUCKET; k++)
            if (b->number[k]) {
                add(&map->now, hash(map, b->id[k]), b->id[k], b->number[k]);
                b->number[k] = 0;
            }
        if (++map->cursor == map->before.buckets) {
            ts_free(map->before.block);
            map->before = (struct ts_id_directory){NULL, NULL, 0};
        }
    }
}

static bool grow(ts_id_map *map)
{
    const uint64_t buckets = map->now.bucket ? 2 * map->now.buckets : TS_ID_FIRST_BUCKETS;
    unsigned char *block = ts_alloc_zero((size_t)buckets + 1, sizeof(ts_id_bucket));
    if (!block)
        return false;
    const size_t beyond = (size_t)((uintptr_t)block % sizeof(ts_id_bucket));
    map->before = map->now;
    map->cursor = 0;
    map->now = (struct ts_id_directory){
        (ts_id_bucket *)(void *)(block + (beyond ? sizeof(ts_id_bucket) - beyond : 0)), block, buckets};
    return true;
}

bool ts_id_map_put(ts_id_map *map, uint64_t id, uint32_t number)
{
    const found f = search_both(map, id);
    if (f.bucket) {
        f.bucket->number[f.place] = number;
        return true;
    }
    const uint64_t places = map->now.buckets * TS_ID_BUCKET;
    if (4 * ((uint64_t)map->count + 1) > 3 * places && !grow(map))
        return false;
    move(map);
    add(&map->now, hash(map, id), id, number);
    map->count++;
    return true;
}

void ts_id_map_remove(ts_id_map *map, uint64_t id)
{
    const found f = search_both(map, id);
    if (!f.bucket)
        return;
    const bool old = map->before.bucket && f.bucket >= map->before.bucket &&
                     f.bucket < map->before.bucket + map->before.buckets;
    struct ts_id_directory *d = old ? &map->before : &map->now;
    for (uint64_t i = hash(map, id) & (d->buckets - 1); &d->bucket[i] != f.bucket;
         i = (i + 1) & (d->buckets - 1))
        d->bucket[i].passed--;
    f.bucket->number[f.place] = 0;
    map->count--;
}

bool ts_id_map_next(const ts_id_map *map, int64_t *at, uint64_t *id, uint32_t *number)
{
    const int64_t first = (int64_t)map->now.buckets * TS_ID_BUCKET;
    const int64_t end = first + (int64_t)map->before.buckets * TS_ID_BUCKET;
    while (*at < end) {
        const int64_t i = (*at)++;
        const ts_id_bucket *b = i < first ? &map->now.bucket[i / TS_ID_BUCKET]
                                          : &map->before.bucket[(i - first) / TS_ID_BUCKET];
        const int place = (int)((i < first ? i : i - first) % TS_ID_BUCKET);
        if (b->number[place]) {
            *id = b->id[place];
            *number = b->number[place];
            return true;
        }
    }
    return false;
}

static int64_t directory_bytes(uint64_t buckets)
{
    return (int64_t)((buckets + 1) * sizeof(ts_id_bucket));
}

int64_t ts_id_map_bytes(const ts_id_map *map)
{
    return (map->now.bucket ? directory_bytes(map->now.buckets) : 0) +
           (map->before.bucket ? directory_bytes(map->before.buckets) : 0);
}

int64_t ts_id_map_bytes_for(int64_t count, bool growing)
{
    uint64_t buckets = TS_ID_FIRST_BUCKETS;
    if (count <= 0)
        return 0;
    while (4 * (uint64_t)count > 3 * TS_ID_BUCKET * buckets)
        buckets *= 2;
    const bool two = growing && buckets > TS_ID_FIRST_BUCKETS;
    return directory_bytes(buckets) + (two ? directory_bytes(buckets / 2) : 0);
}

void ts_id_map_free(ts_id_map *map)
{
    ts_free(map->now.block);
    ts_free(map->before.block);
    *map = (ts_id_map){.seed = map->seed};
}
