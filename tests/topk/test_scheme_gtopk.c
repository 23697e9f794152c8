#include "tests/support/schemes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 120 };

/* Keeps the k largest of a dense vector (ties: lower index), the rest becomes 0; kept[i]: stayed. */
static void keep(double *x, bool *kept, int64_t k)
{
    memset(kept, 0, D);
    for (int64_t n = 0; n < k; n++) {
        int64_t best = -1;
        for (int64_t i = 0; i < D; i++)
            if (!kept[i] && (best < 0 || fabs(x[i]) > fabs(x[best])))
                best = i;
        kept[best] = true;
    }
    for (int64_t i = 0; i < D; i++)
        x[i] = kept[i] ? x[i] : 0.0;
}

/* The k largest among the entries that either side has. */
static void merge(double *a, bool *has, const double *b, const bool *also, int64_t k)
{
    double sum[D];
    bool kept[D];
    for (int64_t i = 0; i < D; i++) /* an entry that nobody has may not win against one of value 0 */
        sum[i] = has[i] || also[i] ? fabs(a[i] + b[i]) + 1.0 : 0.0;
    keep(sum, kept, k);
    for (int64_t i = 0; i < D; i++) {
        a[i] = kept[i] ? a[i] + b[i] : 0.0;
        has[i] = kept[i];
    }
}

/* The published tree with dense vectors and loops, any number of ranks. */
static void model(const schemes_run *run, int ranks, int64_t k)
{
    static double e[SCHEMES_RANKS][D], x[SCHEMES_RANKS][D];
    static bool has[SCHEMES_RANKS][D], own[SCHEMES_RANKS][D];
    memset(e, 0, sizeof e);
    for (int step = 0; step < run->steps; step++) {
        for (int r = 0; r < ranks; r++) {
            for (int64_t i = 0; i < D; i++)
                x[r][i] = e[r][i] += schemes_whole(r, step, i);
            keep(x[r], has[r], k);
            memcpy(own[r], has[r], sizeof own[r]);
        }
        for (int bit = 1; bit < ranks; bit *= 2)
            for (int r = 0; r + bit < ranks; r += 2 * bit)
                merge(x[r], has[r], x[r + bit], has[r + bit], k);
        for (int64_t i = 0; i < D; i++)
            assert_true(run->result[step][i] == x[0][i]);
        for (int r = 0; r < ranks; r++)
            for (int64_t i = 0; i < D; i++)
                e[r][i] = own[r][i] && has[0][i] ? 0.0 : e[r][i];
    }
    for (int r = 0; r < ranks; r++)
        assert_memory_equal(run->residual[r], e[r], sizeof e[r]);
}

static void sequential_model(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 9; ranks++) {
        schemes_run *run = schemes_new("gtopk", ranks, 1, D, 5);
        run->config.density = (ts_density){1, 15};
        schemes_go(run);
        model(run, ranks, 8);
        free(run);
    }
}

/* Messages up and down the tree, all of k entries; the formula on powers of two. */
static void costs(void **state)
{
    (void)state;
    for (int ranks = 2; ranks <= 16; ranks *= 2) {
        schemes_run *run = schemes_new("gtopk", ranks, 1, 320, 1);
        run->config.density = (ts_density){1, 10};
        schemes_go(run);
        const int64_t b = 24 + 32 * 8;
        assert_int_equal(run->traffic.messages[TS_INTRA], 2 * (ranks - 1));
        assert_int_equal(run->traffic.bytes[TS_INTRA], 2 * (ranks - 1) * b);
        assert_true(run->seconds <= 2.0 * log2(ranks) * (1.0 + 0.25 * (double)b));
        free(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sequential_model), cmocka_unit_test(costs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
