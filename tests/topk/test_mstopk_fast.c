#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/draw.h"
#include "ref/topk/keys.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/entries.h"

#include <stdlib.h>
#include <string.h>

static void same_search(const ts_mstopk_search *p, const ts_mstopk_search *q, uint64_t trial)
{
    const bool same = p->searched == q->searched && p->mean == q->mean && p->most == q->most &&
                      p->threshold1 == q->threshold1 && p->threshold2 == q->threshold2 &&
                      p->count1 == q->count1 && p->count2 == q->count2 && p->start == q->start &&
                      p->starts == q->starts && p->tried == q->tried &&
                      memcmp(p->thresholds, q->thresholds, (size_t)p->tried * 8) == 0;
    if (!same)
        fail_msg("trial %llu: thresholds %g %g, counts %lld %lld; published %g %g, %lld %lld",
                 (unsigned long long)trial, q->threshold1, q->threshold2, (long long)q->count1,
                 (long long)q->count2, p->threshold1, p->threshold2, (long long)p->count1,
                 (long long)p->count2);
}

/* The published form and the fast one on one vector, with options that follow from the number. */
static void compare(ts_ctx *ctx, ts_tensor x, int64_t k, uint64_t trial)
{
    static const int64_t steps[] = {0, 1, 2, 5, 12, 30, 48};
    const ts_mstopk_options o = {.k = k, .steps = steps[ts_splitmix64(4, trial) % 7], .start = -1,
                                 .bits = ts_splitmix64(5, trial), .wrap = trial % 3 == 0,
                                 .below_mean = trial % 5 == 0};
    ts_sparse a, b;
    ts_mstopk_search p, q;
    assert_int_equal(ts_mstopk_published(ctx, &a, &p, x, &o), TS_OK);
    assert_int_equal(ts_mstopk_fast(ctx, &b, &q, x, &o), TS_OK);
    same_search(&p, &q, trial);
    topk_same(&a, &b);
}

/* A million vectors of at most 64 entries (20,000 with TS_QUICK=1), of every shape, some of them
 * changed so that entries stand exactly at thresholds of the search. */
static void a_million_small_ones(void **state)
{
    (void)state;
    const uint64_t trials = getenv("TS_QUICK") ? 20000 : 1000000;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    for (uint64_t t = 0; t < trials; t++) {
        const ts_scope scope = ts_scope_open(&ctx);
        const int64_t most = t % 16 ? 12 : 64, d = 1 + (int64_t)(ts_splitmix64(1, t) % (uint64_t)most);
        const topk_shape shape = (topk_shape)(ts_splitmix64(2, t) % TOPK_SHAPES);
        const ts_tensor x = topk_vector(&ctx, t % 4 ? TS_F32 : TS_F64,
                                        shape == TOPK_GAUSS ? TOPK_CUBED : shape, t, d);
        const int64_t k = (int64_t)(ts_splitmix64(3, t) % (uint64_t)(d + 2));
        if (t % 7 == 0 && d > 2) { /* the first threshold's own value */
            ts_mstopk_search s;
            ts_sparse out;
            const ts_mstopk_options one = {.k = 1, .steps = 1, .start = 0};
            ts_mstopk_published(&ctx, &out, &s, x, &one);
            ts_store(x.data, x.dtype, d / 2, s.thresholds[0]);
        }
        compare(&ctx, x, k, t);
        ts_scope_close(&ctx, scope, NULL, 0);
    }
    ts_ctx_close(&ctx);
}

/* Sizes at which the guess, the pieces and the digits take part; densities on both sides of what the
 * guess takes; one and several threads. */
static void large_ones(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2049, 33000, 262144, 300001};
    uint64_t trial = 0;
    for (int threads = 1; threads <= 3; threads += 2) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, &ts_table_fast, TS_F32, threads);
        for (int s = 0; s < 4; s++)
            for (int shape = 0; shape < TOPK_SHAPES; shape++)
                for (int kept = 0; kept < 3; kept++, trial++) {
                    const ts_scope scope = ts_scope_open(&ctx);
                    const int64_t d = sizes[s], k = kept == 0 ? d / 1000 : kept == 1 ? d / 100
                                                                                     : d / 2;
                    if (threads == 3 && trial % 4)
                        continue;
                    const ts_tensor x = topk_vector(&ctx, trial % 3 ? TS_F32 : TS_F64,
                                                    (topk_shape)shape, trial, d);
                    compare(&ctx, x, k, trial);
                    ts_scope_close(&ctx, scope, NULL, 0);
                }
        ts_ctx_close(&ctx);
    }
}

/* All large entries in one place, where the sample may miss them or see nothing else. */
static void clusters(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 2);
    for (int64_t size = 500; size <= 64000; size *= 8)
        for (uint64_t trial = 0; trial < 4; trial++) {
            const ts_scope scope = ts_scope_open(&ctx);
            const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_UNIFORM, (uint64_t)size + trial,
                                            400000);
            for (int64_t i = 0; i < size; i++)
                ((float *)x.data)[100000 * (int64_t)trial + i] *= 1000.0f;
            compare(&ctx, x, 4000, trial + 1);
            ts_scope_close(&ctx, scope, NULL, 0);
        }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_million_small_ones),
                                       cmocka_unit_test(large_ones), cmocka_unit_test(clusters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
