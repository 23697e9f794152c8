/* cache.c: one sample through the three levels.
 *
 *     memory has it                    -> there it is
 *     the disk has it, and it is sound -> (preprocess) -> memory
 *     otherwise: the remote store      -> (preprocess) -> disk, memory
 *
 * Nothing is kept before the preprocessing has succeeded: a picture that arrived broken would stay
 * broken. When what the disk holds cannot be preprocessed, it is fetched once more.
 *
 * What may be cached: what is the same every time. A random crop, flip, colour change, mixup, erasing
 * or the order of a batch, cached, would be frozen: each epoch would see the same draw. A stage says
 * so itself (ts_stage.random) and is refused; for one that does not, the first samples are
 * preprocessed twice and compared.
 *
 * Source: the levels are those of the data cache of Shi et al. 2021 (arXiv 2010.10458), as far as they
 * are known; sharding, budgets and formats are this implementation's choices.
 * Test: tests/cache/test_cache.c */
#include "ref/cache/cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { PROBES = 4 }; /* samples that are preprocessed twice */

typedef struct {
    ts_stage what;
    ts_segment_head form; /* of it preprocessed */
    atomic_int probes, users;
} stage;

struct ts_cache {
    const ts_remote *remote;
    ts_cache_options options;
    ts_segment_head raw;
    ts_memory *memory; /* NULL: no such level */
    ts_disk *disk;
    pthread_mutex_t mutex; /* of entering and dropping */
    int count;
    stage stages[];
};

void ts_cache_add(ts_cache_counts *to, const ts_cache_counts *more)
{
    for (int i = 0; i < TS_LEVELS; i++) {
        to->hits[i] += more->hits[i];
        to->misses[i] += more->misses[i];
        to->bytes[i] += more->bytes[i];
        to->refused[i] += more->refused[i];
    }
    to->foreign += more->foreign;
    to->damaged += more->damaged;
    to->retries += more->retries;
    to->failed += more->failed;
    to->waited += more->waited;
}

void ts_cache_hands_free(ts_cache_hands *hands)
{
    ts_blob_free(&hands->raw);
    ts_blob_free(&hands->ready);
    ts_blob_free(&hands->twice);
    ts_blob_free(&hands->scratch);
}

/* Opening. ------------------------------------------------------------------------------------- */

static void set_form(stage *s)
{
    const char *name = s->what.name;
    snprintf(s->form.label, sizeof s->form.label, "%.*s/%u", TS_LABEL - 12, name, s->what.version);
    s->form.form = ts_hash64(3 + ts_mix64(s->what.version), name, (int64_t)strlen(name));
    s->form.form += s->form.form == 0; /* 0 is: as it comes */
}

static ts_status check_stage(ts_ctx *ctx, const ts_stage *s)
{
    if (s->random)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "cache: \"%s\" draws random numbers (%s): kept, every epoch would see the same "
                       "draw. Cache what comes before it, and do it to each entry afterwards",
                       s->name, s->random);
    if (!s->name || !*s->name)
        return ts_fail(ctx, TS_ERROR_USAGE, "cache: a stage without a name");
    return ctx->status;
}

static void open_levels(ts_ctx *ctx, ts_cache *c)
{
    ts_cache_options *o = &c->options;
    o->disk.dataset = ts_remote_identity(c->remote);
    if (o->ranks <= 0)
        o->ranks = 1;
    if (o->rank < 0 || o->rank >= o->ranks)
        ts_fail(ctx, TS_ERROR_USAGE, "cache: rank %d of %d", o->rank, o->ranks);
    if (o->memory_budget > 0)
        c->memory = ts_memory_open(ctx, o->memory_budget, ts_remote_count(c->remote), c->count,
                                   o->memory_zlib);
    if (o->disk.folder)
        c->disk = ts_disk_open(ctx, &o->disk);
}

ts_cache *ts_cache_open(ts_ctx *ctx, const ts_remote *remote, const ts_stage *stages, int count,
                        const ts_cache_options *options)
{
    for (int i = 0; i < count; i++)
        check_stage(ctx, &stages[i]);
    if (ctx->status)
        return NULL;
    ts_cache *c = ts_alloc_zero(1, sizeof *c + (size_t)count * sizeof(stage));
    if (!c || pthread_mutex_init(&c->mutex, NULL) != 0) {
        ts_free(c);
        ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for %d stages", count);
        return NULL;
    }
    c->remote = remote;
    c->options = *options;
    c->count = count;
    snprintf(c->raw.label, sizeof c->raw.label, "raw");
    for (int i = 0; i < count; i++) {
        c->stages[i].what = stages[i];
        atomic_init(&c->stages[i].probes, 0);
        atomic_init(&c->stages[i].users, 0);
        set_form(&c->stages[i]);
    }
    open_levels(ctx, c);
    if (!ctx->status)
        return c;
    ts_cache_close(c);
    return NULL;
}

void ts_cache_close(ts_cache *c)
{
    if (!c)
        return;
    ts_memory_close(c->memory);
    ts_disk_close(c->disk);
    pthread_mutex_destroy(&c->mutex);
    ts_free(c);
}

/* Whose sample. -------------------------------------------------------------------------------- */

int ts_cache_owner(uint64_t key, int ranks)
{
    return (int)(ts_mix64(key) % (uint64_t)ranks);
}

bool ts_cache_owns(const ts_cache *c, int64_t sample)
{
    return ts_cache_owner(ts_remote_key(c->remote, sample), c->options.ranks) == c->options.rank;
}

int64_t ts_cache_samples(const ts_cache *c, int64_t *list, int64_t room)
{
    int64_t n = 0;
    for (int64_t i = 0; i < ts_remote_count(c->remote); i++)
        if (ts_cache_owns(c, i)) {
            if (n < room)
                list[n] = i;
            n++;
        }
    return n;
}

/* One entry. ----------------------------------------------------------------------------------- */

/* What stands for one call. */
typedef struct {
    ts_cache *cache;
    stage *stage;
    int number;
    int64_t sample;
    uint64_t key, stamp;
    ts_cache_hands *hands;
    ts_cache_counts *counts;
    bool kept; /* it is ours to keep */
} job;

static bool keeps_ready(const job *j)
{
    return j->cache->options.keep == TS_KEEP_READY && j->stage->what.run;
}

static const ts_segment_head *form_of(const job *j)
{
    return keeps_ready(j) ? &j->stage->form : &j->cache->raw;
}

/* A preprocessing that gives other bytes the second time is random, whatever it says of itself. */
static ts_status probe(ts_ctx *ctx, const job *j, const ts_blob *raw)
{
    const ts_stage *s = &j->stage->what;
    ts_blob *ready = &j->hands->ready, *twice = &j->hands->twice;
    if (atomic_load(&j->stage->probes) >= PROBES || atomic_fetch_add(&j->stage->probes, 1) >= PROBES)
        return TS_OK;
    twice->size = 0;
    if (!s->run(ctx, s->arg, j->sample, raw->at, raw->size, twice) &&
        (twice->size != ready->size ||
         (ready->size && memcmp(twice->at, ready->at, (size_t)ready->size) != 0)))
        ts_fail(ctx, TS_ERROR_USAGE,
                "cache: \"%s\" gives other bytes for the same sample (%s) the second time: what is "
                "random must not be kept", s->name, ts_remote_name(j->cache->remote, j->sample));
    return ctx->status;
}

/* The entry in hands->ready, or in hands->raw for samples as they come. */
static ts_status prepare(ts_ctx *ctx, const job *j)
{
    const ts_stage *s = &j->stage->what;
    const ts_blob *raw = &j->hands->raw;
    ts_blob *ready = &j->hands->ready;
    if (!s->run)
        return ctx->status;
    ready->size = 0;
    if (!s->run(ctx, s->arg, j->sample, raw->at, raw->size, ready) && s->entry_bytes > 0 &&
        ready->size != s->entry_bytes)
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: %lld bytes after \"%s\", not %lld",
                ts_remote_name(j->cache->remote, j->sample), (long long)ready->size, s->name,
                (long long)s->entry_bytes);
    return ctx->status ? ctx->status : probe(ctx, j, raw);
}

/* True when the disk had it and it could be prepared. *again: what it has is of no use. */
static bool from_disk(ts_ctx *ctx, const job *j, bool *again)
{
    ts_cache_hands *h = j->hands;
    ts_disk *disk = j->cache->disk;
    ts_blob *to = keeps_ready(j) ? &h->ready : &h->raw;
    if (!disk)
        return false;
    const ts_disk_answer answer =
        ts_disk_read(ctx, disk, form_of(j)->form, j->key, j->stamp, to, &h->scratch);
    *again = answer == TS_DISK_BROKEN;
    j->counts->damaged += answer == TS_DISK_BROKEN;
    if (answer == TS_DISK_HIT && !keeps_ready(j) && prepare(ctx, j) == TS_ERROR_FORMAT) {
        ts_ctx_clear(ctx); /* sound bytes of a broken sample: perhaps the store's is whole by now */
        *again = true;
    } else if (answer == TS_DISK_HIT) {
        j->counts->hits[TS_DISK]++;
        j->counts->bytes[TS_DISK] += to->size;
        return true;
    }
    j->counts->misses[TS_DISK]++;
    return false;
}

static ts_status from_remote(ts_ctx *ctx, const job *j, bool again)
{
    ts_cache_hands *h = j->hands;
    ts_cache_counts *n = j->counts;
    if (ts_remote_read(ctx, j->cache->remote, j->sample, &h->raw, h->cancel, &n->retries)) {
        n->misses[TS_REMOTE]++;
        return ctx->status;
    }
    n->hits[TS_REMOTE]++;
    n->bytes[TS_REMOTE] += h->raw.size;
    if (prepare(ctx, j) || !j->cache->disk || !j->kept)
        return ctx->status;
    const ts_blob *entry = keeps_ready(j) ? &h->ready : &h->raw;
    n->refused[TS_DISK] += ts_disk_put(ctx, j->cache->disk, form_of(j), j->key, j->stamp, entry->at,
                                       entry->size, again) == TS_DISK_REFUSED;
    if (ctx->status == TS_ERROR_MEMORY)
        ts_ctx_clear(ctx); /* the entry is there; only keeping it has failed */
    return ctx->status;
}

static const void *from_memory(ts_ctx *ctx, const job *j, ts_entry *entry)
{
    ts_memory *m = j->cache->memory;
    const void *at =
        m ? ts_memory_get(ctx, m, j->number, j->sample, &j->hands->ready, &entry->bytes) : NULL;
    if (at) {
        j->counts->hits[TS_MEMORY]++;
        j->counts->bytes[TS_MEMORY] += entry->bytes;
    } else if (m) {
        j->counts->misses[TS_MEMORY]++;
    }
    return at;
}

ts_status ts_cache_get(ts_ctx *ctx, ts_cache *c, int number, int64_t sample, ts_entry *entry,
                       ts_cache_hands *hands, ts_cache_counts *counts)
{
    *entry = (ts_entry){.sample = sample, .from = TS_MEMORY};
    if (ctx->status)
        return ctx->status;
    if (number < 0 || number >= c->count || sample < 0 || sample >= ts_remote_count(c->remote))
        return ts_fail(ctx, TS_ERROR_USAGE, "cache: sample %lld of %lld, stage %d of %d",
                       (long long)sample, (long long)ts_remote_count(c->remote), number, c->count);
    const job j = {c, &c->stages[number], number, sample, ts_remote_key(c->remote, sample),
                   ts_remote_stamp(c->remote, sample), hands, counts, ts_cache_owns(c, sample)};
    bool again = false;
    if ((entry->data = from_memory(ctx, &j, entry)) || ctx->status)
        return ctx->status;
    counts->foreign += !j.kept;
    entry->from = from_disk(ctx, &j, &again) ? TS_DISK : TS_REMOTE;
    if (!ctx->status && entry->from == TS_REMOTE)
        from_remote(ctx, &j, again);
    if (ctx->status) {
        counts->failed++;
        return ctx->status;
    }
    const ts_blob *ready = j.stage->what.run ? &hands->ready : &hands->raw;
    if (!ready->at && ts_blob_reserve(ctx, &hands->raw, 1)) /* an entry of no bytes has a place, too */
        return ctx->status;
    entry->data = ready->at ? ready->at : hands->raw.at;
    entry->bytes = ready->size;
    if (c->memory && j.kept)
        counts->refused[TS_MEMORY] += ts_memory_put(c->memory, number, sample, entry->data,
                                                    entry->bytes) == TS_MEMORY_REFUSED;
    return TS_OK;
}

bool ts_cache_has(const ts_cache *c, int number, int64_t sample)
{
    return c->memory && sample >= 0 && sample < ts_remote_count(c->remote) &&
           ts_memory_has(c->memory, number, sample);
}

/* Stages. -------------------------------------------------------------------------------------- */

ts_status ts_cache_enter(ts_ctx *ctx, ts_cache *c, int number)
{
    if (number < 0 || number >= c->count)
        return ts_fail(ctx, TS_ERROR_USAGE, "cache: stage %d of %d", number, c->count);
    pthread_mutex_lock(&c->mutex);
    atomic_fetch_add(&c->stages[number].users, 1);
    pthread_mutex_unlock(&c->mutex);
    return TS_OK;
}

void ts_cache_leave(ts_cache *c, int number)
{
    atomic_fetch_sub(&c->stages[number].users, 1);
}

ts_status ts_cache_drop(ts_ctx *ctx, ts_cache *c, int number)
{
    if (ctx->status || number < 0 || number >= c->count)
        return ts_fail(ctx, TS_ERROR_USAGE, "cache: stage %d of %d", number, c->count);
    stage *s = &c->stages[number];
    pthread_mutex_lock(&c->mutex);
    if (atomic_load(&s->users) > 0)
        ts_fail(ctx, TS_ERROR_USAGE, "cache: \"%s\" is dropped while an epoch reads it",
                s->what.name);
    if (!ctx->status && c->memory)
        ts_memory_drop(c->memory, number);
    if (!ctx->status && c->disk && c->options.keep == TS_KEEP_READY && s->what.run)
        ts_disk_drop(c->disk, s->form.form);
    pthread_mutex_unlock(&c->mutex);
    return ctx->status;
}

void ts_cache_share(ts_cache *c)
{
    if (!c->disk)
        return;
    ts_disk_seal(c->disk);
    ts_disk_refresh(c->disk);
}

void ts_cache_look(ts_cache *c, ts_disk_state *disk, int64_t *entries, int64_t *bytes)
{
    *disk = (ts_disk_state){.writing = false};
    *entries = *bytes = 0;
    if (c->disk)
        ts_disk_look(c->disk, disk);
    for (int i = 0; c->memory && i < c->count; i++)
        *entries += ts_memory_entries(c->memory, i);
    if (c->memory)
        *bytes = ts_memory_used(c->memory);
}

int64_t ts_cache_count(const ts_cache *c)
{
    return ts_remote_count(c->remote);
}
