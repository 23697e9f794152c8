/* cache.c: what the data cache costs where it is full, and what it hides where it is not. */
#include "ref/cache/epoch.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 96 x 96 pixels of three bytes, more of them than caches hold. */
enum { ENTRY = 96 * 96 * 3, COUNT = 2500, LATE = 60 };

static const ts_stage raw = {.name = "raw"};
static char path[64];

/* A file of COUNT slices; made once, without a name. */
static ts_remote *slices(ts_ctx *ctx, const bench_data *data, const ts_remote_link *link)
{
    if (!*path) {
        const char *base = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.40s/bench-XXXXXX", base ? base : "/tmp");
        const int fd = mkstemp(path);
        if (fd < 0 || !ts_write_all(fd, data->x.data, (int64_t)ENTRY * COUNT))
            ts_fail(ctx, TS_ERROR_IO, "%s: no room for the samples of the bench", path);
        close(fd);
    }
    return ts_remote_open_slices(ctx, path, 0, ENTRY, COUNT, link);
}

static int64_t order[COUNT];

static void shuffle(void)
{
    for (int64_t i = 0; i < COUNT; i++)
        order[i] = i;
    for (int64_t i = COUNT - 1; i > 0; i--) {
        const int64_t k = (int64_t)(ts_mix64((uint64_t)i) % (uint64_t)(i + 1)), keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
}

/* Every entry is in memory: an epoch in a random order, copied to a place as large. */
static void second_epoch(ts_ctx *ctx, const bench_data *data)
{
    static ts_cache *cache; /* filled at the first call, which is not timed */
    static unsigned char *batch;
    ts_entry entry;
    if (!cache) {
        const ts_cache_options o = {.memory_budget = (int64_t)ENTRY * COUNT};
        ts_remote *remote = slices(ctx, data, NULL);
        cache = remote ? ts_cache_open(ctx, remote, &raw, 1, &o) : NULL;
        batch = malloc((size_t)ENTRY * COUNT);
        shuffle();
    }
    ts_epoch *epoch = cache && batch ? ts_epoch_open(ctx, cache, 0, order, COUNT, NULL) : NULL;
    for (int64_t i = 0; epoch && ts_epoch_next(ctx, epoch, &entry); i++)
        memcpy(batch + i * ENTRY, entry.data, ENTRY);
    ts_epoch_close(epoch, NULL);
    unlink(path); /* memory has it all */
}

static void compute(double seconds)
{
    const double end = ts_remote_clock() + seconds;
    while (ts_remote_clock() < end) {}
}

/* 5 ms for each sample from the store, 8 ms of computing on it: the epoch in units of the computing. */
static void hidden_latency(ts_ctx *ctx, const bench_data *data)
{
    const ts_remote_link link = {.latency = 0.005};
    const ts_cache_options o = {.memory_budget = 0};
    const ts_epoch_options how = {.threads = 2, .ahead = 8};
    ts_entry entry;
    *path = '\0';
    ts_remote *remote = slices(ctx, data, &link);
    ts_cache *cache = remote ? ts_cache_open(ctx, remote, &raw, 1, &o) : NULL;
    shuffle();
    double begin = ts_remote_clock();
    for (int i = 0; i < LATE; i++)
        compute(0.008);
    const double alone = ts_remote_clock() - begin;
    ts_epoch *epoch = cache ? ts_epoch_open(ctx, cache, 0, order, LATE, &how) : NULL;
    begin = ts_remote_clock();
    while (epoch && ts_epoch_next(ctx, epoch, &entry))
        compute(0.008);
    ctx->flops = (ts_remote_clock() - begin) / alone;
    ts_epoch_close(epoch, NULL);
    ts_cache_close(cache);
    ts_remote_close(remote);
    unlink(path);
}

bench_item bench_cache[] = {
    {.name = "cache: epoch from memory", .backend = "plain", .kind = COPY, .goal = 2.0,
     .run = second_epoch, .bytes = 2.0 * ENTRY * COUNT},
    {.name = "cache: 5 ms behind 8 ms", .backend = "plain", .kind = OWN, .goal = 1.03,
     .run = hidden_latency},
    {.name = NULL},
};
