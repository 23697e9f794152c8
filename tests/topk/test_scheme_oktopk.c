#include "tests/support/schemes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 300, RANKS = 4, STEPS = 70 };

static int descending(const void *a, const void *b)
{
    const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x < y) - (x > y);
}

/* The k-th magnitude of n numbers. */
static double kth(const double *x, int64_t n, int64_t k)
{
    double sorted[D];
    memcpy(sorted, x, (size_t)n * sizeof *x);
    qsort(sorted, (size_t)n, sizeof *sorted, descending);
    return n ? fabs(sorted[(k < n ? k : n) - 1]) : 0.0;
}

/* Everything in one program, with dense vectors: thresholds, sums, what is sent, what is kept. */
static void sequential_model(void **state)
{
    (void)state;
    static double e[RANKS][D], local[RANKS];
    schemes_run *run = schemes_new("oktopk", RANKS, 2, D, STEPS);
    const int64_t k = 15;
    double global = 0.0;
    int64_t least = D, most = 0;
    run->config.density = (ts_density){1, 20};
    schemes_go(run);
    memset(e, 0, sizeof e);
    for (int step = 0; step < STEPS; step++) {
        double sum[D] = {0}, touched[D];
        bool own[RANKS][D], any[D] = {false};
        int64_t n = 0, count = 0;
        for (int r = 0; r < RANKS; r++) {
            int64_t picked = 0;
            for (int i = 0; i < D; i++)
                e[r][i] += schemes_whole(r, step, i);
            local[r] = step % 32 ? local[r] : kth(e[r], D, k);
            for (int i = 0; i < D; i++) {
                own[r][i] = fabs(e[r][i]) > local[r];
                picked += own[r][i];
                any[i] |= own[r][i];
                sum[i] += own[r][i] ? e[r][i] : 0.0;
            }
            assert_int_equal(run->picks[step][r], picked);
            local[r] = 3 * picked < 2 * k   ? local[r] / 1.012
                       : 4 * picked > 5 * k ? local[r] * 1.012 : local[r];
        }
        for (int i = 0; i < D; i++)
            if (any[i])
                touched[n++] = sum[i];
        global = step % 32 ? global : kth(touched, n, k);
        for (int i = 0; i < D; i++) {
            const bool sent = any[i] && fabs(sum[i]) > global;
            count += sent;
            assert_true(run->result[step][i] == (sent ? sum[i] : 0.0));
            for (int r = 0; r < RANKS; r++)
                e[r][i] = sent && own[r][i] ? 0.0 : e[r][i];
        }
        global = 3 * count < 2 * k ? global / 1.008 : 3 * count > 4 * k ? global * 1.008 : global;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    for (int r = 0; r < RANKS; r++)
        assert_memory_equal(run->residual[r], e[r], sizeof e[r]);
    assert_true(least > 0 && least < most); /* the count varies */
    schemes_conserve(run);
    free(run);
}

/* Other numbers of ranks, one and more than there are entries in a region. */
static void other_sizes(void **state)
{
    (void)state;
    static const struct {
        int ranks, hosts;
        int64_t d;
    } row[] = {{1, 1, 50}, {2, 1, 3}, {7, 1, 5}, {16, 4, 600}, {3, 3, 1}};
    for (int i = 0; i < 5; i++) {
        schemes_run *run = schemes_new("oktopk", row[i].ranks, row[i].hosts, row[i].d, 66);
        run->config.density = (ts_density){1, 5};
        schemes_go(run);
        schemes_conserve(run);
        free(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sequential_model),
                                       cmocka_unit_test(other_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
