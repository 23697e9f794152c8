/* One sample through the levels: what is refused, what is never kept, whose it is, what is dropped. */
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COUNT = 30, BYTES = 200 };

typedef struct {
    ts_ctx ctx;
    ts_remote *remote;
    ts_cache *cache;
    ts_cache_hands hands;
    ts_cache_counts counts;
    ts_entry entry;
} user;

static user *begin(const char *store, const ts_stage *stages, int count, const ts_cache_options *o)
{
    user *u = calloc(1, sizeof *u);
    assert_non_null(u);
    ts_ctx_open_plain(&u->ctx);
    u->remote = ts_remote_open(&u->ctx, files_path(store), NULL, NULL);
    u->cache = u->remote ? ts_cache_open(&u->ctx, u->remote, stages, count, o) : NULL;
    return u;
}

static void end(user *u)
{
    ts_cache_close(u->cache);
    ts_remote_close(u->remote);
    ts_cache_hands_free(&u->hands);
    ts_ctx_close(&u->ctx);
    free(u);
}

static ts_status get(user *u, int stage, int64_t sample)
{
    return ts_cache_get(&u->ctx, u->cache, stage, sample, &u->entry, &u->hands, &u->counts);
}

static bool right(const user *u, int salt)
{
    return cache_right(u->entry.sample, u->entry.data, u->entry.bytes,
                       BYTES + 7 * u->entry.sample, salt);
}

static ts_status draws(ts_ctx *ctx, void *arg, int64_t sample, const void *raw, int64_t bytes,
                       ts_blob *out)
{
    int *state = arg;
    (void)sample;
    (void)raw;
    (void)bytes;
    if (!ts_blob_reserve(ctx, out, 1)) {
        out->at[0] = (unsigned char)++*state;
        out->size = 1;
    }
    return ctx->status;
}

static void randomness(void **state)
{
    (void)state;
    cache_make(files_path("store"), COUNT, BYTES);
    int calls = 0;
    const ts_cache_options o = {.memory_budget = 1 << 20};
    ts_stage stage = {.name = "train-96", .random = "random resized crop, flip", .run = draws,
                      .arg = &calls};
    user *u = begin("store", &stage, 1, &o);
    assert_null(u->cache);
    files_failed(&u->ctx, TS_ERROR_USAGE,
                 "\"train-96\" draws random numbers (random resized crop, flip): kept, every epoch");
    end(u);
    stage.random = NULL; /* it does not say so, and is found out */
    u = begin("store", &stage, 1, &o);
    get(u, 0, 3);
    files_failed(&u->ctx, TS_ERROR_USAGE, "gives other bytes for the same sample (s00003)");
    assert_false(ts_cache_has(u->cache, 0, 3));
    end(u);
    stage.name = "";
    u = begin("store", &stage, 1, &o);
    files_failed(&u->ctx, TS_ERROR_USAGE, "a stage without a name");
    end(u);
}

static void shards(void **state)
{
    (void)state;
    enum { RANKS = 4 };
    const ts_stage stage = {.name = "raw"};
    int64_t list[COUNT], total = 0;
    int owners[COUNT] = {0};
    for (int rank = 0; rank < RANKS; rank++) {
        const ts_cache_options o = {.memory_budget = 1 << 20, .rank = rank, .ranks = RANKS};
        user *u = begin("store", &stage, 1, &o);
        const int64_t n = ts_cache_samples(u->cache, list, COUNT);
        total += n;
        for (int64_t i = 0; i < n; i++)
            owners[list[i]]++;
        for (int64_t i = 0; i < COUNT; i++) {
            assert_int_equal(get(u, 0, i), TS_OK);
            assert_true(right(u, 0));
            assert_true(ts_cache_has(u->cache, 0, i) == ts_cache_owns(u->cache, i));
        }
        assert_int_equal(u->counts.foreign, COUNT - n);
        end(u);
    }
    assert_int_equal(total, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(owners[i], 1);
    int64_t counts[8] = {0};
    for (uint64_t i = 0; i < 80000; i++)
        counts[ts_cache_owner(ts_mix64(i), 8)]++;
    for (int i = 0; i < 8; i++)
        assert_true(counts[i] > 9500 && counts[i] < 10500);
    const ts_cache_options o = {.rank = 4, .ranks = 4};
    user *u = begin("store", &stage, 1, &o);
    files_failed(&u->ctx, TS_ERROR_USAGE, "rank 4 of 4");
    end(u);
}

/* A broken sample fails and is kept nowhere; when the store has it whole, it is right. */
static void broken_samples(void **state)
{
    (void)state;
    int salt = 9;
    const ts_stage stage = {.name = "salted", .run = cache_salted, .arg = &salt};
    cache_make(files_path("mended"), 3, BYTES);
    for (int keep = 0; keep < 2; keep++) {
        const ts_cache_options o = {.disk = {.folder = files_path(keep ? "ready" : "raw")},
                                    .keep = keep ? TS_KEEP_READY : TS_KEEP_RAW,
                                    .memory_budget = 1 << 20};
        cache_flip(files_path("mended/s00001"), 0);
        user *u = begin("mended", &stage, 1, &o);
        get(u, 0, 1);
        files_failed(&u->ctx, TS_ERROR_FORMAT, "sample 1 is broken");
        assert_false(ts_cache_has(u->cache, 0, 1));
        assert_int_equal(u->counts.failed, 1);
        cache_flip(files_path("mended/s00001"), 0);
        assert_int_equal(get(u, 0, 1), TS_OK); /* from the store: nothing else has it */
        assert_true(u->entry.from == TS_REMOTE && right(u, salt));
        assert_int_equal(get(u, 0, 1), TS_OK);
        assert_true(u->entry.from == TS_MEMORY && right(u, salt));
        end(u);
    }
}

/* Another version, another file, another size: not the old entry. */
static void identity(void **state)
{
    (void)state;
    int salt = 9, other = 10;
    ts_stage stage = {.name = "salted", .version = 1, .run = cache_salted, .arg = &salt};
    const ts_cache_options o = {.disk = {.folder = files_path("identity")}, .keep = TS_KEEP_READY};
    cache_make(files_path("changing"), 3, BYTES);
    user *u = begin("changing", &stage, 1, &o);
    assert_int_equal(get(u, 0, 1), TS_OK);
    end(u);
    u = begin("changing", &stage, 1, &o);
    assert_int_equal(get(u, 0, 1), TS_OK);
    assert_int_equal(u->entry.from, TS_DISK);
    end(u);
    stage.version = 2;
    stage.arg = &other;
    u = begin("changing", &stage, 1, &o);
    assert_int_equal(get(u, 0, 1), TS_OK);
    assert_true(u->entry.from == TS_REMOTE && right(u, other));
    end(u);
    const struct timespec later[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimensat(AT_FDCWD, files_path("changing/s00001"), later, 0), 0);
    u = begin("changing", &stage, 1, &o);
    assert_int_equal(get(u, 0, 1), TS_OK);
    assert_int_equal(u->entry.from, TS_REMOTE);
    end(u);
}

static void stages(void **state)
{
    (void)state;
    int small = 3, large = 120;
    const ts_stage both[] = {{.name = "96", .run = cache_salted, .arg = &small},
                             {.name = "128", .run = cache_salted, .arg = &large},
                             {.name = "fixed", .entry_bytes = 7, .run = cache_salted, .arg = &small}};
    const ts_cache_options o = {.disk = {.folder = files_path("stages")}, .keep = TS_KEEP_READY,
                                .memory_budget = 1 << 20};
    user *u = begin("store", both, 3, &o);
    for (int64_t i = 0; i < COUNT; i++)
        for (int s = 0; s < 2; s++) {
            assert_int_equal(get(u, s, i), TS_OK);
            assert_true(right(u, s ? large : small));
        }
    ts_epoch *epoch = ts_epoch_open(&u->ctx, u->cache, 0, NULL, 0, NULL);
    ts_cache_drop(&u->ctx, u->cache, 0);
    files_failed(&u->ctx, TS_ERROR_USAGE, "\"96\" is dropped while an epoch reads it");
    ts_epoch_close(epoch, NULL);
    assert_int_equal(ts_cache_drop(&u->ctx, u->cache, 0), TS_OK);
    for (int64_t i = 0; i < COUNT; i++) {
        assert_false(ts_cache_has(u->cache, 0, i));
        assert_int_equal(get(u, 1, i), TS_OK);
        assert_true(u->entry.from == TS_MEMORY && right(u, large));
    }
    assert_int_equal(get(u, 0, 5), TS_OK);
    assert_true(u->entry.from == TS_REMOTE && right(u, small)); /* gone from the disk, too */
    get(u, 2, 5);
    files_failed(&u->ctx, TS_ERROR_SHAPE, "s00005: 235 bytes after \"fixed\", not 7");
    get(u, 3, 5);
    files_failed(&u->ctx, TS_ERROR_USAGE, "stage 3 of 3");
    get(u, 0, COUNT);
    files_failed(&u->ctx, TS_ERROR_USAGE, "sample 30 of 30");
    end(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(randomness), cmocka_unit_test(shards),
                                       cmocka_unit_test(broken_samples), cmocka_unit_test(identity),
                                       cmocka_unit_test(stages)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
