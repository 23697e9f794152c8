/* epoch.c: a ring of slots between the threads that fetch and the one that computes.
 *
 *     order      3  1  4  0  5  2          what memory has already at the beginning is left to the
 *     in memory     x     x                caller, who reads it in place: no hand-over, no copy
 *     missing    0     1     2  3          m-th missing entry -> slot m mod ahead
 *
 * A thread takes the next missing entry as soon as its slot is free, so that `ahead` entries are under
 * way or ready; the remote store's latency L is hidden when
 *
 *     threads >= L / (time that the caller computes on an entry),
 *
 * and ahead is larger than the number of threads (the caller holds one entry). What the caller waits for all the same is counted.
 *
 * A slot belongs to its thread from when it is taken until it is `done`, then to the caller until it
 * asks for the next entry.
 *
 * Test: tests/cache/test_epoch.c */
#include "ref/cache/epoch.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { MOST_THREADS = 256 };

typedef struct {
    ts_entry entry;
    ts_cache_hands hands;
    bool done;
    ts_status status;
    char message[TS_MESSAGE];
} slot;

struct ts_epoch {
    ts_cache *cache;
    int stage;
    ts_epoch_options options;
    int64_t *order, *missing; /* missing: places in the order */
    int64_t count, missing_count;
    int64_t at, missing_at;       /* the caller's */
    const volatile sig_atomic_t *stop;

    pthread_mutex_t mutex;
    pthread_cond_t fetched, freed;
    int64_t taken, released; /* missing entries: under way or ready; given back by the caller */
    ts_cache_counts counts;
    atomic_int cancel;
    slot *ring;
    ts_cache_hands own; /* the caller's, for entries that memory has compressed */
    int started;
    pthread_t thread[MOST_THREADS];
    char why[TS_MESSAGE];
};

static void fetch(ts_epoch *e, ts_ctx *ctx, slot *s, int64_t m, ts_cache_counts *counts)
{
    ts_cache_get(ctx, e->cache, e->stage, e->order[e->missing[m]], &s->entry, &s->hands, counts);
    s->status = ctx->status;
    memcpy(s->message, ctx->message, sizeof s->message);
    ts_ctx_clear(ctx);
}

static void *work(void *arg)
{
    ts_epoch *e = arg;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ctx.progress.stop = e->stop;
    pthread_mutex_lock(&e->mutex);
    for (;;) {
        while (!atomic_load(&e->cancel) && e->taken < e->missing_count &&
               e->taken - e->released >= e->options.ahead)
            pthread_cond_wait(&e->freed, &e->mutex);
        if (atomic_load(&e->cancel) || e->taken >= e->missing_count)
            break;
        const int64_t m = e->taken++;
        slot *s = &e->ring[m % e->options.ahead];
        ts_cache_counts counts = {.foreign = 0};
        pthread_mutex_unlock(&e->mutex);
        fetch(e, &ctx, s, m, &counts);
        pthread_mutex_lock(&e->mutex);
        ts_cache_add(&e->counts, &counts);
        s->done = true;
        pthread_cond_broadcast(&e->fetched);
    }
    pthread_mutex_unlock(&e->mutex);
    ts_ctx_close(&ctx);
    return NULL;
}

/* Opening. ------------------------------------------------------------------------------------- */

static bool take_memory(ts_ctx *ctx, ts_epoch *e, const int64_t *order, int64_t count)
{
    const size_t bytes = (size_t)(count ? count : 1) * sizeof *order;
    e->order = ts_alloc(bytes);
    e->missing = e->order ? ts_alloc(bytes) : NULL;
    e->ring = e->missing ? ts_alloc_zero((size_t)e->options.ahead, sizeof *e->ring) : NULL;
    if (!e->ring) {
        ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for an epoch of %lld samples",
                (long long)count);
        return false;
    }
    if (count)
        memcpy(e->order, order, (size_t)count * sizeof *order);
    e->count = count;
    for (int64_t i = 0; i < count; i++)
        if (!ts_cache_has(e->cache, e->stage, order[i]))
            e->missing[e->missing_count++] = i;
    for (int64_t i = 0; i < e->options.ahead; i++)
        e->ring[i].hands.cancel = &e->cancel;
    return true;
}

static bool make_tools(ts_epoch *e)
{
    if (pthread_mutex_init(&e->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&e->fetched, NULL) != 0) {
        pthread_mutex_destroy(&e->mutex);
        return false;
    }
    if (pthread_cond_init(&e->freed, NULL) != 0) {
        pthread_cond_destroy(&e->fetched);
        pthread_mutex_destroy(&e->mutex);
        return false;
    }
    return true;
}

static ts_epoch_options sensible(const ts_epoch_options *given)
{
    ts_epoch_options o = given ? *given : (ts_epoch_options){.threads = 4, .ahead = 64};
    o.threads = o.threads < 0 ? 0 : o.threads > MOST_THREADS ? MOST_THREADS : o.threads;
    if (o.ahead <= o.threads)
        o.ahead = o.threads + 1; /* the caller holds one */
    if (o.threads == 0)
        o.ahead = 1;
    return o;
}

ts_epoch *ts_epoch_open(ts_ctx *ctx, ts_cache *cache, int stage, const int64_t *order, int64_t count,
                        const ts_epoch_options *options)
{
    if (ctx->status || ts_cache_enter(ctx, cache, stage))
        return NULL;
    ts_epoch *e = ts_alloc_zero(1, sizeof *e);
    if (!e || !make_tools(e)) {
        ts_free(e);
        ts_cache_leave(cache, stage);
        ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for an epoch");
        return NULL;
    }
    e->cache = cache;
    e->stage = stage;
    e->options = sensible(options);
    e->stop = ctx->progress.stop;
    atomic_init(&e->cancel, 0);
    if (!take_memory(ctx, e, order, count)) {
        ts_epoch_close(e, NULL);
        return NULL;
    }
    while (e->started < e->options.threads && e->started < e->missing_count &&
           pthread_create(&e->thread[e->started], NULL, work, e) == 0)
        e->started++;
    return e;
}

/* The caller's side. --------------------------------------------------------------------------- */

/* What the caller held before is free again. */
static void release(ts_epoch *e)
{
    if (e->released == e->missing_at)
        return;
    pthread_mutex_lock(&e->mutex);
    e->ring[e->released % e->options.ahead].done = false;
    e->released = e->missing_at;
    pthread_cond_broadcast(&e->freed);
    pthread_mutex_unlock(&e->mutex);
}

/* Wakes every tenth of a second to see whether it shall stop. */
static bool wait_for(ts_ctx *ctx, ts_epoch *e, const slot *s)
{
    const double begin = ts_remote_clock();
    pthread_mutex_lock(&e->mutex);
    while (!s->done && !ts_interrupted(ctx)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&e->fetched, &e->mutex, &until);
    }
    e->counts.waited += ts_remote_clock() - begin;
    pthread_mutex_unlock(&e->mutex);
    return !ctx->status;
}

static bool take_missing(ts_ctx *ctx, ts_epoch *e, ts_entry *entry)
{
    slot *s = &e->ring[e->missing_at % e->options.ahead];
    if (e->started == 0) {
        ts_ctx own; /* as a thread would: a failure may be passed over */
        const double begin = ts_remote_clock();
        ts_ctx_open_plain(&own);
        own.progress.stop = ctx->progress.stop;
        fetch(e, &own, s, e->missing_at, &e->counts);
        ts_ctx_close(&own);
        e->counts.waited += ts_remote_clock() - begin;
    } else if (!wait_for(ctx, e, s)) {
        return false;
    }
    e->missing_at++;
    *entry = s->entry;
    memcpy(e->why, s->message, sizeof e->why);
    if (s->status && (!e->options.pass_over || s->status == TS_ERROR_INTERRUPTED))
        ts_fail(ctx, s->status, "%s", s->message);
    return !ctx->status;
}

/* The order has an entry that memory had when the epoch was opened. */
static bool take_present(ts_ctx *ctx, ts_epoch *e, ts_entry *entry)
{
    ts_cache_counts counts = {.foreign = 0};
    ts_cache_get(ctx, e->cache, e->stage, e->order[e->at], entry, &e->own, &counts);
    if (e->started)
        pthread_mutex_lock(&e->mutex);
    ts_cache_add(&e->counts, &counts);
    if (e->started)
        pthread_mutex_unlock(&e->mutex);
    e->why[0] = '\0';
    return !ctx->status;
}

bool ts_epoch_next(ts_ctx *ctx, ts_epoch *e, ts_entry *entry)
{
    *entry = (ts_entry){.sample = -1};
    if (ctx->status || ts_interrupted(ctx))
        return false;
    release(e);
    if (e->at >= e->count)
        return false;
    const bool missing =
        e->missing_at < e->missing_count && e->missing[e->missing_at] == e->at;
    const bool had = missing ? take_missing(ctx, e, entry) : take_present(ctx, e, entry);
    e->at++;
    return had;
}

const char *ts_epoch_why(const ts_epoch *e)
{
    return e->why;
}

void ts_epoch_close(ts_epoch *e, ts_cache_counts *counts)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->mutex);
    atomic_store(&e->cancel, 1);
    pthread_cond_broadcast(&e->freed);
    pthread_mutex_unlock(&e->mutex);
    for (int i = 0; i < e->started; i++)
        pthread_join(e->thread[i], NULL);
    if (counts)
        *counts = e->counts;
    for (int64_t i = 0; e->ring && i < e->options.ahead; i++)
        ts_cache_hands_free(&e->ring[i].hands);
    ts_cache_hands_free(&e->own);
    ts_cache_leave(e->cache, e->stage);
    pthread_cond_destroy(&e->freed);
    pthread_cond_destroy(&e->fetched);
    pthread_mutex_destroy(&e->mutex);
    ts_free(e->ring);
    ts_free(e->order);
    ts_free(e->missing);
    ts_free(e);
}
