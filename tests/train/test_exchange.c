#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include "ref/train/exchange.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *scheme;
    int64_t bucket;
    int64_t messages; /* of all ranks, or 0 */
} trial;

static ts_model *digits(ts_comm *world)
{
    ts_model_config config;
    ts_model_config_read(world->ctx, &config, NULL, "resnet-digits", "test");
    return ts_model_new(world->ctx, &config, 1);
}

static ts_exchange_way way_of(ts_comm *world, const char *name, ts_density density)
{
    ts_exchange_way way = {.name = name};
    ts_scheme_preset(world->ctx, &way.scheme, name);
    way.scheme.density = density;
    return way;
}

/* Whole numbers: the mean over a power of two of ranks is exact, whatever the order. */
static ts_status mean(ts_comm *world, void *arg)
{
    const trial *t = arg;
    const ts_exchange_way way = way_of(world, t->scheme, (ts_density){1, 1});
    ts_model *m = digits(world);
    ts_exchange *x = m ? ts_exchange_open(world, m, &way, t->bucket) : NULL;
    float *g = ts_alloc(m ? (size_t)ts_model_size(m) * sizeof *g : 1);
    ranks_check(world, x && g);
    for (int64_t i = 0; i < ts_model_size(m); i++)
        g[i] = ranks_value(world->rank, i);
    bool skipped;
    ts_exchange_run(x, g, &(ts_exchange_when){.compute = 30}, &skipped);
    ranks_check(world, !skipped && ts_exchange_buckets(x) == (t->bucket < 8192 ? 5 : 1));
    ts_virtual_time time;
    ts_traffic all;
    ts_comm_time(world, &time);
    ts_comm_traffic_all(world, &all);
    ranks_check(world, t->messages == 0 ||
                           all.messages[TS_INTRA] + all.messages[TS_INTER] == t->messages);
    ranks_check(world, time.last > 30);
    for (int64_t i = 0; i < ts_model_size(m); i++)
        ranks_check(world, g[i] == ranks_sum(world->size, i) / (float)world->size);
    ts_free(g);
    ts_exchange_close(x);
    ts_model_close(m);
    return world->ctx->status;
}

/* Dense schemes, and sparse ones that send all. */
static void means(void **state)
{
    (void)state;
    static const char *const names[] = {"ring",    "tree", "double_tree", "torus",
                                        "ordered", "topk", "mstopk",      "hitopk"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        trial t = {names[i], 1 << 20, 0};
        ranks_run(4, 2, mean, &t);
        t.bucket = 4096;
        ranks_run(4, 2, mean, &t);
    }
}

/* Nothing is lost: what a sparse step did not send comes with the first dense one after it. */
static ts_status conserved(ts_comm *world, void *arg)
{
    const ts_exchange_way sparse = way_of(world, arg, (ts_density){1, 50});
    const ts_exchange_way all = way_of(world, "torus", (ts_density){1, 1});
    ts_model *m = digits(world);
    const int64_t n = m ? ts_model_size(m) : 0;
    float *g = ts_alloc_zero((size_t)n + 1, sizeof *g), *first = ts_alloc_zero((size_t)n + 1, 4);
    ts_exchange *x = m && g && first ? ts_exchange_open(world, m, &sparse, 4096) : NULL;
    ranks_check(world, x);
    for (int64_t i = 0; i < n; i++)
        first[i] = ranks_value(world->rank, i);
    bool skipped;
    ts_exchange_run(x, first, &(ts_exchange_when){.step = 0}, &skipped);
    ts_exchange_change(x, &all);
    ts_exchange_run(x, g, &(ts_exchange_when){.step = 1}, &skipped);
    int64_t sent = 0;
    for (int64_t i = 0; i < n; i++) {
        sent += first[i] != 0;
        ranks_check(world, first[i] + g[i] == ranks_sum(world->size, i) / (float)world->size);
    }
    ranks_check(world, sent > 0 && sent <= n / 50 * world->size);
    memset(g, 0, (size_t)n * sizeof *g);
    ts_exchange_run(x, g, &(ts_exchange_when){.step = 2}, &skipped); /* and it comes once */
    for (int64_t i = 0; i < n; i++)
        ranks_check(world, g[i] == 0);
    ts_exchange_close(x);
    ts_free(first);
    ts_free(g);
    ts_model_close(m);
    return world->ctx->status;
}

static void change(void **state)
{
    (void)state;
    static char names[3][8] = {"topk", "mstopk", "hitopk"};
    for (int i = 0; i < 3; i++)
        ranks_run(4, 2, conserved, names[i]);
}

/* One bucket: 2 (P - 1) messages of each rank. Parameters of 4096 bytes and more, one by one: as many
 * rounds as buckets. */
static void buckets(void **state)
{
    (void)state;
    trial one = {"ring", 1 << 30, 4 * 2 * 3};
    ranks_run(4, 2, mean, &one);
}

/* Buckets travel while the next ones are computed: the time is below that of one after the other. */
static ts_status overlapped(ts_comm *world, void *arg)
{
    double *last = arg;
    const ts_exchange_way way = way_of(world, "ring", (ts_density){1, 1});
    ts_model *m = digits(world);
    float *g = ts_alloc_zero(m ? (size_t)ts_model_size(m) : 1, sizeof *g);
    for (int i = 0; i < 2 && m && g; i++) {
        ts_exchange *x = ts_exchange_open(world, m, &way, i ? 1024 : 1 << 30);
        ts_virtual_time before, after;
        ts_comm_time(world, &before);
        bool skipped;
        if (x)
            ts_exchange_run(x, g, &(ts_exchange_when){.compute = 1e6}, &skipped);
        ts_comm_time(world, &after);
        if (world->rank == 0)
            last[i] = after.last - before.last;
        ts_exchange_close(x);
    }
    ts_free(g);
    ts_model_close(m);
    return world->ctx->status;
}

static void overlap(void **state)
{
    (void)state;
    double last[2] = {0, 0};
    ranks_run(4, 4, overlapped, last);
    assert_true(last[1] > 1e6);     /* the last bucket is not hidden */
    assert_true(last[1] < last[0]); /* the others are */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(means), cmocka_unit_test(change),
                                       cmocka_unit_test(buckets),
                                       cmocka_unit_test(overlap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
