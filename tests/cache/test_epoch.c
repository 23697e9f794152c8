/* Order, hits exactly what was there, overlap with a slow store, failures of threads, stopping. */
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COUNT = 40, BYTES = 500 };

static const ts_stage raw_stage = {.name = "raw"};

/* One epoch in the order of the seed; every entry must be right. */
static ts_cache_counts run_epoch(ts_ctx *ctx, ts_cache *cache, int64_t count, uint64_t seed, int salt,
                                 const ts_epoch_options *options)
{
    ts_cache_counts counts;
    ts_entry entry;
    int64_t *order = cache_order(count, seed);
    ts_epoch *epoch = ts_epoch_open(ctx, cache, 0, order, count, options);
    int64_t i = 0;
    while (ts_epoch_next(ctx, epoch, &entry)) {
        assert_int_equal(entry.sample, order[i]);
        assert_true(
            cache_right(entry.sample, entry.data, entry.bytes, BYTES + 7 * entry.sample, salt));
        i++;
    }
    assert_int_equal(ctx->status, TS_OK);
    assert_int_equal(i, count);
    assert_false(ts_epoch_next(ctx, epoch, &entry));
    ts_epoch_close(epoch, &counts);
    free(order);
    return counts;
}

/* Memory for exactly half of the entries (of one size): every epoch from the second on has that many
 * hits, whatever the order, whatever the threads. */
static void hits_are_residents(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    char *file = malloc(COUNT * 128);
    assert_non_null(file);
    for (int i = 0; i < COUNT * 128; i++)
        file[i] = (char)cache_byte(i / 128, i % 128);
    files_write(files_path("slices"), file, COUNT * 128);
    ts_remote *remote = ts_remote_open_slices(&ctx, files_path("slices"), 0, 128, COUNT, NULL);
    for (int threads = 0; threads < 4; threads++) {
        const ts_cache_options o = {.memory_budget = COUNT / 2 * 128 + 127};
        const ts_epoch_options how = {.threads = threads, .ahead = 8};
        ts_cache *cache = ts_cache_open(&ctx, remote, &raw_stage, 1, &o);
        for (uint64_t round = 0; round < 4; round++) {
            ts_cache_counts n;
            ts_entry entry;
            int64_t *order = cache_order(COUNT, round + 1);
            ts_epoch *epoch = ts_epoch_open(&ctx, cache, 0, order, COUNT, &how);
            int64_t seen = 0;
            for (; ts_epoch_next(&ctx, epoch, &entry); seen++)
                assert_memory_equal(entry.data, file + 128 * entry.sample, 128);
            ts_epoch_close(epoch, &n);
            free(order);
            assert_int_equal(seen, COUNT);
            assert_int_equal(n.hits[TS_MEMORY], round ? COUNT / 2 : 0);
            assert_int_equal(n.hits[TS_REMOTE], round ? COUNT / 2 : COUNT);
            assert_int_equal(n.refused[TS_MEMORY], COUNT / 2);
            assert_int_equal(n.bytes[TS_MEMORY], round ? COUNT / 2 * 128 : 0);
        }
        ts_cache_close(cache);
    }
    assert_int_equal(ctx.status, TS_OK);
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
    free(file);
}

/* All levels, compressed and not, raw and preprocessed on the disk. */
static void every_way(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    cache_make(files_path("store"), COUNT, BYTES);
    ts_remote *remote = ts_remote_open(&ctx, files_path("store"), NULL, NULL);
    for (int way = 0; way < 16; way++) {
        char name[16];
        static int salts[] = {0x33, 0x55, 0x77, 120};
        snprintf(name, sizeof name, "disk%d", way);
        int *salt = &salts[way % 4];
        const ts_stage stage = {.name = "salted", .version = (uint32_t)way % 4, .run = cache_salted,
                                .arg = salt};
        const ts_cache_options o = {.disk = {.folder = files_path(name), .zlib = way & 4 ? 6 : 0,
                                             .segment_bytes = 4096},
                                    .keep = way & 8 ? TS_KEEP_READY : TS_KEEP_RAW,
                                    .memory_budget = way & 1 ? 20000 : 1 << 20,
                                    .memory_zlib = way & 2 ? 1 : 0};
        const ts_epoch_options how = {.threads = way % 3, .ahead = 5};
        for (int life = 0; life < 2; life++) {
            ts_cache *cache = ts_cache_open(&ctx, remote, &stage, 1, &o);
            const ts_cache_counts n = run_epoch(&ctx, cache, COUNT, 5, *salt, &how);
            assert_int_equal(n.hits[life ? TS_DISK : TS_REMOTE], COUNT);
            const ts_cache_counts m = run_epoch(&ctx, cache, COUNT, 6, *salt, &how);
            assert_int_equal(m.hits[TS_MEMORY] + m.hits[TS_DISK], COUNT);
            assert_true(m.hits[TS_MEMORY] > 0);
            assert_int_equal(m.misses[TS_REMOTE], 0);
            ts_cache_close(cache);
        }
    }
    assert_int_equal(ctx.status, TS_OK);
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
}

static void nap(double seconds)
{
    const struct timespec t = {0, (long)(seconds * 1e9)};
    nanosleep(&t, NULL);
}

/* 5 ms a sample from the store, 8 ms to compute on it: fetched ahead, the epoch takes what computing
 * takes (here within a generous third; tests/bench/cache.c measures it), fetched when asked far more. */
static void hides_latency(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_remote_link link = {.latency = 0.005};
    ts_remote *remote = ts_remote_open(&ctx, files_path("store"), NULL, &link);
    double took[2], waited[2];
    for (int threads = 0; threads < 2; threads++) {
        const ts_cache_options o = {.memory_budget = 0};
        const ts_epoch_options how = {.threads = 2 * threads, .ahead = 8};
        ts_cache *cache = ts_cache_open(&ctx, remote, &raw_stage, 1, &o);
        int64_t *order = cache_order(COUNT, 3);
        ts_cache_counts n;
        ts_entry entry;
        const double begin = ts_remote_clock();
        ts_epoch *epoch = ts_epoch_open(&ctx, cache, 0, order, COUNT, &how);
        while (ts_epoch_next(&ctx, epoch, &entry))
            nap(0.008);
        ts_epoch_close(epoch, &n);
        took[threads] = ts_remote_clock() - begin;
        waited[threads] = n.waited;
        ts_cache_close(cache);
        free(order);
    }
    assert_int_equal(ctx.status, TS_OK);
    assert_true(took[0] >= COUNT * 0.013);
    assert_true(waited[0] >= COUNT * 0.005);
    assert_true(took[1] < took[0]);
    assert_true(waited[1] < waited[0] / 3);
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
}

static void failures(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_entry entry;
    ts_ctx_open_plain(&ctx);
    cache_make(files_path("losing"), 10, BYTES);
    ts_remote *remote = ts_remote_open(&ctx, files_path("losing"), NULL, NULL);
    assert_int_equal(unlink(files_path("losing/s00004")), 0);
    const ts_cache_options o = {.memory_budget = 1 << 20};
    const int64_t order[] = {0, 4, 5};
    for (int threads = 0; threads < 3; threads++) {
        ts_cache *cache = ts_cache_open(&ctx, remote, &raw_stage, 1, &o);
        ts_epoch_options how = {.threads = threads, .ahead = 4};
        ts_epoch *epoch = ts_epoch_open(&ctx, cache, 0, order, 3, &how);
        assert_true(ts_epoch_next(&ctx, epoch, &entry));
        assert_false(ts_epoch_next(&ctx, epoch, &entry));
        files_failed(&ctx, TS_ERROR_IO, "s00004: cannot read it: No such file");
        ts_epoch_close(epoch, NULL);
        how.pass_over = true;
        ts_cache_counts n;
        epoch = ts_epoch_open(&ctx, cache, 0, order, 3, &how);
        assert_true(ts_epoch_next(&ctx, epoch, &entry));
        assert_string_equal(ts_epoch_why(epoch), "");
        assert_true(ts_epoch_next(&ctx, epoch, &entry));
        assert_true(entry.sample == 4 && !entry.data);
        assert_non_null(strstr(ts_epoch_why(epoch), "s00004"));
        assert_true(ts_epoch_next(&ctx, epoch, &entry));
        assert_true(entry.sample == 5 && entry.data);
        assert_false(ts_epoch_next(&ctx, epoch, &entry));
        ts_epoch_close(epoch, &n);
        assert_int_equal(n.failed, 1);
        assert_int_equal(ctx.status, TS_OK);
        ts_cache_close(cache);
    }
    ts_remote_close(remote);
    ts_ctx_close(&ctx);
}

/* Closed in the middle, or stopped: at once, however slow the store is. */
static void ends_early(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_entry entry;
    volatile sig_atomic_t stop = 0;
    ts_ctx_open_plain(&ctx);
    const ts_remote_link link = {.latency = 30};
    ts_remote *slow = ts_remote_open(&ctx, files_path("store"), NULL, &link);
    const ts_cache_options o = {.memory_budget = 1 << 20};
    ts_cache *cache = ts_cache_open(&ctx, slow, &raw_stage, 1, &o);
    const int64_t order[] = {0, 1, 2, 3};
    const double begin = ts_remote_clock();
    ts_epoch *epoch = ts_epoch_open(&ctx, cache, 0, order, 4, NULL);
    ts_epoch_close(epoch, NULL);
    ctx.progress.stop = &stop;
    epoch = ts_epoch_open(&ctx, cache, 0, order, 4, &(ts_epoch_options){.threads = 0});
    stop = 1;
    assert_false(ts_epoch_next(&ctx, epoch, &entry));
    assert_int_equal(ctx.status, TS_ERROR_INTERRUPTED);
    ts_epoch_close(epoch, NULL);
    assert_true(ts_remote_clock() - begin < 10);
    ts_ctx_clear(&ctx);
    ctx.progress.stop = NULL;
    epoch = ts_epoch_open(&ctx, cache, 0, order, 0, NULL); /* of nothing */
    assert_false(ts_epoch_next(&ctx, epoch, &entry));
    ts_epoch_close(epoch, NULL);
    ts_epoch_close(NULL, NULL);
    assert_null(ts_epoch_open(&ctx, cache, 1, order, 4, NULL));
    files_failed(&ctx, TS_ERROR_USAGE, "stage 1 of 1");
    ts_cache_close(cache);
    ts_remote_close(slow);
    ts_ctx_close(&ctx);
}

/* An epoch with its n-th allocation failing is right, or says what it lacked. */
static void without_memory(void **state)
{
    (void)state;
    const ts_epoch_options how = {.threads = 0};
    long n = 1;
    int failed = 0;
    for (int fine = 0; fine < 5; n++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        static int salt = 120;
        char name[32];
        snprintf(name, sizeof name, "poor%ld", n);
        const ts_stage stage = {.name = "salted", .run = cache_salted, .arg = &salt};
        const ts_cache_options o = {.disk = {.folder = files_path(name), .zlib = 1},
                                    .memory_budget = 1 << 20, .memory_zlib = 1};
        int64_t order[] = {3, 1, 2};
        ts_plant_fault(n);
        ts_remote *remote = ts_remote_open(&ctx, files_path("losing"), NULL, NULL);
        ts_cache *cache = ctx.status ? NULL : ts_cache_open(&ctx, remote, &stage, 1, &o);
        for (int round = 0; round < 2 && !ctx.status; round++) {
            ts_epoch *epoch = ts_epoch_open(&ctx, cache, 0, order, 3, &how);
            ts_entry entry;
            while (epoch && ts_epoch_next(&ctx, epoch, &entry))
                assert_true(cache_right(entry.sample, entry.data, entry.bytes,
                                        BYTES + 7 * entry.sample, salt));
            ts_epoch_close(epoch, NULL);
        }
        ts_cache_close(cache);
        ts_remote_close(remote);
        fine = ts_plant_fault(0) < n ? fine + 1 : 0;
        failed += ctx.status != 0;
        if (ctx.status)
            files_failed(&ctx, TS_ERROR_MEMORY, "emory");
        ts_ctx_close(&ctx);
    }
    assert_true(failed >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_residents), cmocka_unit_test(every_way),
        cmocka_unit_test(hides_latency),      cmocka_unit_test(failures),
        cmocka_unit_test(ends_early),         cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
