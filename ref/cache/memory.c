/* memory.c: slots, and the argument for never evicting.
 *
 * Each epoch reads every sample once, in a new random order. Let C entries fit.
 *
 *     An entry that is brought in during an epoch has just been read, and is not read again in this
 *     epoch. So the hits of an epoch are at most the entries that were there at its beginning, at
 *     most C, for any policy, even one that knows the future. Filling once and never evicting has
 *     exactly C hits in every later epoch: none is better.
 *
 *     LRU, with c = C / D: an access at the fraction p of one epoch and q of the next has about
 *     1 - p (1 - q) others between them, and is a hit when that is at most c:
 *         P(hit) = P(p (1 - q) >= 1 - c) = c + (1 - c) ln(1 - c)
 *     c = .25 .5 .75 .9 -> .034 .153 .403 .670, where keeping has .25 .5 .75 .9.
 *
 * The two assumptions are the whole of it: once an epoch, and an order that does not care what is
 * cached. The first epoch's order is random, so what is admitted is a random subset.
 *
 *     state of a slot: EMPTY -> WRITING (one thread, by compare and swap) -> READY (release store)
 *
 * Readers look with an acquire load. The region is a list of chunks that are filled from the front: when
 * all entries have one size, these are fixed slots. (Memory shared among processes would need slots
 * that outlive their writer; each process has its own samples instead, so nothing is held twice.)
 *
 * Source: MinIO, in Mohan et al. 2021 (arXiv 2007.06775), section 4; the LRU line is derived here.
 * Test: tests/cache/test_memory.c */
#include "ref/cache/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { EMPTY, WRITING, READY, ALIGN = 64, CHUNK = 8 << 20 };

typedef struct {
    unsigned char *at;
    int64_t bytes;
    int32_t stored;    /* -1: as it is */
    atomic_int state;
} slot;

typedef struct chunk {
    struct chunk *before;
    unsigned char *at; /* aligned, in the same block */
    int64_t room, fill;
} chunk;

typedef struct {
    _Atomic(slot *) slots; /* NULL: nothing was put yet */
    chunk *chunks;         /* the newest first */
    int64_t used, entries;
} region;

struct ts_memory {
    pthread_mutex_t mutex; /* of everything but the slots */
    int64_t budget, samples, used;
    int stages, zlib;
    region regions[];
};

ts_memory *ts_memory_open(ts_ctx *ctx, int64_t budget, int64_t samples, int stages, int zlib)
{
    ts_memory *m = ctx->status ? NULL
                               : ts_alloc_zero(1, sizeof *m + (size_t)stages * sizeof(region));
    if (!m || pthread_mutex_init(&m->mutex, NULL) != 0) {
        ts_free(m);
        ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for %d stages", stages);
        return NULL;
    }
    m->budget = budget;
    m->samples = samples;
    m->stages = stages;
    m->zlib = zlib;
    for (int i = 0; i < stages; i++)
        atomic_init(&m->regions[i].slots, NULL);
    return m;
}

void ts_memory_close(ts_memory *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->stages; i++)
        ts_memory_drop(m, i);
    pthread_mutex_destroy(&m->mutex);
    ts_free(m);
}

static slot *slot_of(const ts_memory *m, int stage, int64_t sample)
{
    slot *slots = atomic_load_explicit(&m->regions[stage].slots, memory_order_acquire);
    return slots ? &slots[sample] : NULL;
}

bool ts_memory_has(const ts_memory *m, int stage, int64_t sample)
{
    const slot *s = slot_of(m, stage, sample);
    return s && atomic_load_explicit(&s->state, memory_order_acquire) == READY;
}

const void *ts_memory_get(ts_ctx *ctx, ts_memory *m, int stage, int64_t sample, ts_blob *out,
                          int64_t *bytes)
{
    if (!ts_memory_has(m, stage, sample))
        return NULL;
    const slot *s = slot_of(m, stage, sample);
    *bytes = s->bytes;
    if (s->stored < 0)
        return s->at;
    if (ts_blob_reserve(ctx, out, s->bytes))
        return NULL;
    out->size = s->bytes;
    return ts_inflate(out->at, s->bytes, s->at, s->stored) ? out->at : NULL;
}

/* With the mutex held: `bytes` bytes of the region that stay where they are, or NULL. A chunk is a
 * multiple of the entry that it is made for; what a larger one then leaves at its end counts as used. */
static unsigned char *take(ts_memory *m, region *r, int64_t bytes)
{
    const int64_t need = (bytes + ALIGN - 1) / ALIGN * ALIGN, left = m->budget - m->used;
    chunk *c = r->chunks;
    if (!c || c->room - c->fill < need) {
        const int64_t waste = c ? c->room - c->fill : 0;
        int64_t room = left - waste < CHUNK ? left - waste : CHUNK;
        room = room < need ? need : room / (need ? need : ALIGN) * (need ? need : ALIGN);
        if (left - waste < need)
            return NULL;
        chunk *more = ts_alloc(sizeof *more + ALIGN + (size_t)room);
        if (!more)
            return NULL;
        unsigned char *inside = (unsigned char *)(more + 1);
        inside += (ALIGN - (uintptr_t)inside % ALIGN) % ALIGN;
        *more = (chunk){c, inside, room, 0};
        r->chunks = c = more;
        m->used += waste;
        r->used += waste;
    }
    if (m->budget - m->used < need)
        return NULL;
    unsigned char *at = c->at + c->fill;
    c->fill += need;
    m->used += need;
    r->used += need;
    r->entries++;
    return at;
}

static slot *first_slots(ts_memory *m, int stage)
{
    region *r = &m->regions[stage];
    pthread_mutex_lock(&m->mutex);
    slot *slots = atomic_load_explicit(&r->slots, memory_order_relaxed);
    if (!slots) {
        slots = ts_alloc_zero((size_t)m->samples, sizeof *slots);
        for (int64_t i = 0; slots && i < m->samples; i++)
            atomic_init(&slots[i].state, EMPTY);
        atomic_store_explicit(&r->slots, slots, memory_order_release);
    }
    pthread_mutex_unlock(&m->mutex);
    return slots;
}

/* What is stored for the data: compressed into *packed (then its size), or -1: the data as they are. */
static int32_t compress(const ts_memory *m, const void *data, int64_t bytes, ts_blob *packed)
{
    ts_ctx ctx; /* a lack of memory here is no failure: the entry stays as it is */
    ts_ctx_open_plain(&ctx);
    const bool smaller = m->zlib > 0 && bytes <= INT32_MAX &&
                         !ts_deflate(&ctx, packed, data, bytes, m->zlib) && packed->size < bytes;
    ts_ctx_close(&ctx);
    return smaller ? (int32_t)packed->size : -1;
}

ts_memory_fate ts_memory_put(ts_memory *m, int stage, int64_t sample, const void *data, int64_t bytes)
{
    int empty = EMPTY;
    slot *slots = atomic_load_explicit(&m->regions[stage].slots, memory_order_acquire);
    if (m->budget <= 0 || (!slots && !(slots = first_slots(m, stage))))
        return TS_MEMORY_REFUSED;
    slot *s = &slots[sample];
    if (!atomic_compare_exchange_strong(&s->state, &empty, WRITING))
        return TS_MEMORY_PRESENT; /* or soon: another thread won */
    ts_blob packed = {.at = NULL};
    const int32_t stored = compress(m, data, bytes, &packed);
    const int64_t size = stored < 0 ? bytes : stored;
    pthread_mutex_lock(&m->mutex);
    unsigned char *at = take(m, &m->regions[stage], size);
    pthread_mutex_unlock(&m->mutex);
    if (at) {
        if (size)
            memcpy(at, stored < 0 ? data : packed.at, (size_t)size);
        s->at = at;
        s->bytes = bytes;
        s->stored = stored;
    }
    atomic_store_explicit(&s->state, at ? READY : EMPTY, memory_order_release);
    ts_blob_free(&packed);
    return at ? TS_MEMORY_STORED : TS_MEMORY_REFUSED;
}

void ts_memory_drop(ts_memory *m, int stage)
{
    region *r = &m->regions[stage];
    pthread_mutex_lock(&m->mutex);
    ts_free(atomic_exchange(&r->slots, NULL));
    while (r->chunks) {
        chunk *before = r->chunks->before;
        ts_free(r->chunks);
        r->chunks = before;
    }
    m->used -= r->used;
    r->used = r->entries = 0;
    pthread_mutex_unlock(&m->mutex);
}

int64_t ts_memory_entries(ts_memory *m, int stage)
{
    pthread_mutex_lock(&m->mutex);
    const int64_t entries = m->regions[stage].entries;
    pthread_mutex_unlock(&m->mutex);
    return entries;
}

int64_t ts_memory_used(ts_memory *m)
{
    pthread_mutex_lock(&m->mutex);
    const int64_t used = m->used;
    pthread_mutex_unlock(&m->mutex);
    return used;
}
