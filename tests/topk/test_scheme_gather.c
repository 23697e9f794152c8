#include "tests/support/schemes.h"

#include "ref/topk/exact.h"

#include <stdlib.h>
#include <string.h>

/* One rank after another in one program: residual, exact top-k, sum in the order of ranks. */
static void sequential_model(void **state)
{
    (void)state;
    enum { RANKS = 5, D = 200, STEPS = 6, K = 10 };
    static double e[RANKS][D];
    schemes_run *run = schemes_new("topk", RANKS, 2, D, STEPS);
    ts_ctx ctx;
    run->config.density = (ts_density){1, 20};
    schemes_go(run);
    ts_ctx_open_plain(&ctx);
    memset(e, 0, sizeof e);
    for (int step = 0; step < STEPS; step++) {
        double sum[D] = {0};
        for (int r = 0; r < RANKS; r++) {
            const int64_t d = D;
            ts_sparse s;
            for (int64_t i = 0; i < d; i++)
                e[r][i] += schemes_whole(r, step, i);
            assert_int_equal(ts_topk_exact(&ctx, &s, ts_tensor_of(e[r], TS_F64, 1, &d), K,
                                           TS_EXACT_SORT), TS_OK);
            assert_int_equal(run->picks[step][r], K);
            for (int j = 0; j < K; j++) {
                assert_int_equal(run->picked[step][r][j], s.indices[j]);
                sum[s.indices[j]] += e[r][s.indices[j]];
                e[r][s.indices[j]] = 0.0;
            }
        }
        for (int i = 0; i < D; i++)
            assert_true(run->result[step][i] == sum[i]);
    }
    for (int r = 0; r < RANKS; r++)
        assert_memory_equal(run->residual[r], e[r], sizeof e[r]);
    ts_ctx_close(&ctx);
    free(run);
}

/* Exact bytes, and the formula's seconds on the virtual clock: (P - 1) (alpha + b beta). */
static void costs(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 8; ranks += ranks == 1 ? 1 : 3) {
        schemes_run *run = schemes_new("mstopk", ranks, 1, 400, 3);
        run->config.density = (ts_density){1, 10};
        schemes_go(run);
        const int64_t b = 24 + 40 * 8;
        assert_int_equal(run->traffic.messages[TS_INTRA], 3 * ranks * (ranks - 1));
        assert_int_equal(run->traffic.bytes[TS_INTRA], 3 * ranks * (ranks - 1) * b);
        assert_true(run->seconds == 3.0 * (ranks - 1) * (1.0 + 0.25 * (double)b));
        free(run);
    }
}

/* Selectors of unknown counts: what all get is what each sent. */
static void different_counts(void **state)
{
    (void)state;
    schemes_run *run = schemes_new("gaussian", 4, 2, 500, 4);
    bool differ = false;
    run->config.density = (ts_density){1, 25};
    schemes_go(run);
    for (int step = 0; step < 4; step++)
        for (int r = 1; r < 4; r++)
            differ |= run->picks[step][r] != run->picks[step][0];
    assert_true(differ);
    schemes_conserve(run);
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sequential_model), cmocka_unit_test(costs),
                                       cmocka_unit_test(different_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
