/* Budgets to the byte, first come first served, regions dropped whole, threads that race; and the
 * argument for never evicting as a simulation against LRU. */
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void budget(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    unsigned char data[1000];
    int64_t bytes;
    ts_ctx_open_plain(&ctx);
    ts_memory *m = ts_memory_open(&ctx, 64 * 10 + 63, 100, 2, 0);
    for (int i = 0; i < 14; i++) {
        memset(data, i, sizeof data);
        assert_int_equal(ts_memory_put(m, i % 2, i, data, 50),
                         i < 10 ? TS_MEMORY_STORED : TS_MEMORY_REFUSED);
    }
    assert_int_equal(ts_memory_put(m, 0, 4, data, 50), TS_MEMORY_PRESENT);
    assert_int_equal(ts_memory_used(m), 640);
    for (int i = 0; i < 14; i++) {
        const unsigned char *at = ts_memory_get(&ctx, m, i % 2, i, &out, &bytes);
        assert_true(!at == (i >= 10));
        assert_null(ts_memory_get(&ctx, m, (i + 1) % 2, i, &out, &bytes)); /* of the other stage */
        assert_true(!at || (bytes == 50 && at[0] == i && at[49] == i));
        assert_true(!at || (uintptr_t)at % 64 == 0);
    }
    ts_memory_drop(m, 0);
    assert_int_equal(ts_memory_used(m), 320);
    assert_int_equal(ts_memory_entries(m, 0), 0);
    assert_int_equal(ts_memory_entries(m, 1), 5);
    assert_null(ts_memory_get(&ctx, m, 0, 4, &out, &bytes));
    assert_non_null(ts_memory_get(&ctx, m, 1, 5, &out, &bytes));
    assert_int_equal(ts_memory_put(m, 0, 4, data, 321), TS_MEMORY_REFUSED); /* 384 */
    assert_int_equal(ts_memory_put(m, 0, 4, data, 320), TS_MEMORY_STORED);
    assert_int_equal(ts_memory_used(m), 640);
    ts_memory_close(m);
    m = ts_memory_open(&ctx, 0, 100, 1, 0);
    assert_int_equal(ts_memory_put(m, 0, 0, data, 0), TS_MEMORY_REFUSED);
    ts_memory_close(m);
    ts_memory_close(NULL);
    ts_blob_free(&out);
    ts_ctx_close(&ctx);
}

/* Entries of many sizes over several chunks never take more than the budget. */
static void sizes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    ts_ctx_open_plain(&ctx);
    enum { COUNT = 300, MOST = 200000 };
    const int64_t allowed = (int64_t)20 << 20;
    ts_memory *m = ts_memory_open(&ctx, allowed, COUNT, 1, 0);
    unsigned char *data = malloc(MOST);
    assert_non_null(data);
    int stored = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        const int64_t n = (int64_t)(ts_mix64((uint64_t)i) % MOST);
        memset(data, (int)(i & 255), (size_t)n);
        stored += ts_memory_put(m, 0, i, data, n) == TS_MEMORY_STORED;
        assert_true(ts_memory_used(m) <= allowed);
    }
    assert_true(stored > 150 && stored < COUNT);
    for (int64_t i = 0, bytes; i < COUNT; i++) {
        const unsigned char *at = ts_memory_get(&ctx, m, 0, i, &out, &bytes);
        stored -= at != NULL;
        assert_true(!at || bytes == (int64_t)(ts_mix64((uint64_t)i) % MOST));
        for (int64_t k = 0; at && k < bytes; k++)
            assert_int_equal(at[k], i & 255);
    }
    assert_int_equal(stored, 0);
    free(data);
    ts_memory_close(m);
    ts_ctx_close(&ctx);
}

static void compressed(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    char data[4096];
    int64_t bytes;
    ts_ctx_open_plain(&ctx);
    ts_memory *m = ts_memory_open(&ctx, 1 << 20, 4, 1, 6);
    memset(data, 'x', sizeof data);
    assert_int_equal(ts_memory_put(m, 0, 0, data, sizeof data), TS_MEMORY_STORED);
    assert_true(ts_memory_used(m) <= 128);
    const char *at = ts_memory_get(&ctx, m, 0, 0, &out, &bytes);
    assert_ptr_equal(at, out.at);
    assert_int_equal(bytes, sizeof data);
    assert_memory_equal(at, data, sizeof data);
    assert_int_equal(ts_memory_put(m, 0, 1, "abc", 3), TS_MEMORY_STORED); /* would grow: as it is */
    assert_memory_equal(ts_memory_get(&ctx, m, 0, 1, &out, &bytes), "abc", 3);
    ts_memory_close(m);
    ts_blob_free(&out);
    ts_ctx_close(&ctx);
}

static void without_memory(void **state)
{
    (void)state;
    ts_ctx ctx;
    char data[64] = "";
    ts_ctx_open_plain(&ctx);
    ts_plant_fault(1);
    assert_null(ts_memory_open(&ctx, 1 << 20, 4, 1, 0));
    ts_plant_fault(0);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory for 1 stages");
    ts_memory *m = ts_memory_open(&ctx, 1 << 20, 4, 1, 0);
    for (long n = 1; n <= 2; n++) { /* the table, the chunk: refused, and possible afterwards */
        ts_plant_fault(n);
        assert_int_equal(ts_memory_put(m, 0, 0, data, 64), TS_MEMORY_REFUSED);
        ts_plant_fault(0);
    }
    assert_int_equal(ts_memory_put(m, 0, 0, data, 64), TS_MEMORY_STORED);
    ts_memory_close(m);
    ts_ctx_close(&ctx);
}

enum { RACERS = 4, SAMPLES = 200 };

static void *race(void *arg)
{
    ts_memory *m = arg;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    ts_ctx_open_plain(&ctx);
    intptr_t stored = 0;
    for (int round = 0; round < 5; round++)
        for (int64_t i = 0, bytes; i < SAMPLES; i++) {
            unsigned char data[256];
            memset(data, (int)i, sizeof data);
            const unsigned char *at = ts_memory_get(&ctx, m, 0, i, &out, &bytes);
            if (at && (bytes != 256 || memcmp(at, data, 256) != 0))
                stored = -1000000;
            if (!at)
                stored += ts_memory_put(m, 0, i, data, 256) == TS_MEMORY_STORED;
        }
    ts_ctx_close(&ctx);
    return (void *)stored;
}

static void threads(void **state)
{
    (void)state;
    ts_ctx ctx;
    pthread_t thread[RACERS];
    intptr_t stored = 0;
    ts_ctx_open_plain(&ctx);
    ts_memory *m = ts_memory_open(&ctx, 256 * SAMPLES / 2, SAMPLES, 1, 0);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, race, m), 0);
    for (int i = 0; i < RACERS; i++) {
        void *result;
        assert_int_equal(pthread_join(thread[i], &result), 0);
        stored += (intptr_t)result;
    }
    assert_int_equal(stored, SAMPLES / 2);
    assert_int_equal(ts_memory_entries(m, 0), SAMPLES / 2);
    ts_memory_close(m);
    ts_ctx_close(&ctx);
}

/* LRU over a fresh permutation for each epoch: the hits of one epoch as a part of all. The list is kept
 * as the time of last use: an entry is resident when fewer than C others were used since. */
static double lru(int64_t count, int64_t capacity, int epochs)
{
    int64_t *last = calloc((size_t)count, sizeof *last), *used = calloc((size_t)count, 8);
    int64_t hits = 0, oldest = 0, now = 0, *log = calloc((size_t)(count * epochs + 1), 8);
    int64_t resident = 0;
    assert_true(last && used && log);
    for (int e = 0; e < epochs; e++) {
        int64_t *order = cache_order(count, (uint64_t)(100 + e));
        for (int64_t i = 0; i < count; i++) {
            const int64_t s = order[i];
            hits += used[s] && e > 0;
            resident += !used[s];
            used[s] = 1;
            last[s] = ++now;
            log[now] = s;
            while (resident > capacity) { /* the least recently used goes */
                oldest++;
                if (last[log[oldest]] == oldest && used[log[oldest]]) {
                    used[log[oldest]] = 0;
                    resident--;
                }
            }
        }
        free(order);
    }
    free(last);
    free(used);
    free(log);
    return (double)hits / (double)(count * (epochs - 1));
}

static void why_nothing_is_evicted(void **state)
{
    (void)state;
    const double part[] = {.25, .5, .75, .9}, known[] = {.034, .153, .403, .670};
    enum { COUNT = 4000, EPOCHS = 6 };
    for (int i = 0; i < 4; i++) {
        const double c = part[i], formula = c + (1 - c) * log(1 - c);
        assert_true(fabs(formula - known[i]) < 6e-4);
        assert_true(fabs(lru(COUNT, (int64_t)(c * COUNT), EPOCHS) - formula) < 0.02);
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        ts_memory *m = ts_memory_open(&ctx, (int64_t)(c * COUNT) * 64, COUNT, 1, 0);
        int64_t hits = 0;
        for (int e = 0; e < EPOCHS; e++) {
            int64_t *order = cache_order(COUNT, (uint64_t)(100 + e));
            for (int64_t k = 0; k < COUNT; k++) {
                hits += e && ts_memory_has(m, 0, order[k]);
                ts_memory_put(m, 0, order[k], "x", 1);
            }
            free(order);
        }
        assert_int_equal(hits, (int64_t)(c * COUNT) * (EPOCHS - 1)); /* exactly: none can have more */
        ts_memory_close(m);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget),  cmocka_unit_test(sizes),
        cmocka_unit_test(compressed), cmocka_unit_test(without_memory),
        cmocka_unit_test(threads), cmocka_unit_test(why_nothing_is_evicted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
