#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16};

typedef struct {
    const ts_collective *what;
    int64_t n;
    double seconds; /* on the virtual clock, of rank 0's run */
    ts_traffic traffic;
} trial;

static bool power(int P)
{
    return (P & (P - 1)) == 0;
}

/* What element i must be, when all ranks began with their values (a gather: owner's, or the root's). */
static float wanted(const trial *t, int P, int64_t i)
{
    int owner = 0;
    if (!t->what->gathers)
        return ranks_sum(P, i);
    if (strcmp(t->what->name, "broadcast") != 0)
        while (i >= ts_shard_of(t->n, P, owner).begin + ts_shard_of(t->n, P, owner).count)
            owner++;
    return ranks_value(owner, i);
}

static ts_status body(ts_comm *comm, void *arg)
{
    trial *t = arg;
    ts_virtual_time time;
    float *x = malloc(sizeof *x * (size_t)(t->n + 1));
    ranks_check(comm, x);
    for (int64_t i = 0; i < t->n; i++)
        x[i] = ranks_value(comm->rank, i);
    t->what->run(comm, x, t->n, TS_F32, TS_SUM);
    const ts_shard own = ts_shard_of(t->n, comm->size, comm->rank);
    const int64_t from = t->what->shards ? own.begin : 0, count = t->what->shards ? own.count : t->n;
    int64_t wrong = 0;
    for (int64_t i = from; i < from + count && !comm->ctx->status; i++)
        wrong += x[i] != wanted(t, comm->size, i);
    free(x);
    ranks_check(comm, comm->ctx->status || wrong == 0);
    if (ts_comm_time(comm, &time))
        return comm->ctx->status;
    ts_traffic all;
    ts_comm_traffic_all(comm, &all);
    if (comm->rank == 0) {
        t->seconds = time.last;
        t->traffic = all;
    }
    return comm->ctx->status;
}

/* Every collective, every number of ranks, sizes that divide and that do not: the sequential sum. */
static void all_right(void **state)
{
    (void)state;
    for (const ts_collective *c = ts_collectives; c->name; c++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int64_t n = 0; n < 60; n += 1 + n * 2) {
                trial t = {.what = c, .n = n};
                const int P = sizes[k];
                if (!c->powers || power(P))
                    ranks_run(P, 1, body, &t);
                if (P % 2 == 0 && (!c->powers || power(P)))
                    ranks_run(P, 2, body, &t);
            }
}

/* The virtual clock against the formula in the algorithm's comment, on sizes that divide. */
static void clock_is_the_formula(void **state)
{
    (void)state;
    for (const ts_collective *c = ts_collectives; c->name; c++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int hosts = 1; hosts <= sizes[k]; hosts++) {
                const int P = sizes[k];
                const ts_topology t = ranks_topology(P, hosts);
                trial run = {.what = c, .n = P * 6};
                if ((c->powers && !power(P)) || c->own(&t, run.n, 4) < 0)
                    continue;
                ranks_run(P, hosts, body, &run);
                const double own = c->own(&t, run.n, 4);
                if (fabs(run.seconds - own) > 1e-12 * own)
                    fail_msg("%s, %d ranks on %d hosts: %g s on the clock, %g by formula", c->name, P,
                             hosts, run.seconds, own);
            }
}

/* On hosts of several ranks, messages from short to long beside the latency: who waits for whom at the
 * NIC is another case of the formulas each time. How many were compared must not shrink unseen. */
static void shared_nics(void **state)
{
    (void)state;
    int compared = 0;
    for (const ts_collective *c = ts_collectives; c->name; c++)
        for (int P = 4; P <= 24; P += P < 8 ? 4 : 8)
            for (int hosts = 2; hosts < P; hosts++)
                for (int64_t n = P; n <= 64 * P; n *= 4) {
                    const ts_topology t = ranks_topology(P, hosts);
                    trial run = {.what = c, .n = n};
                    const double own = c->own(&t, n, 4);
                    if (P % hosts || (c->powers && !power(P)) || own < 0)
                        continue;
                    ranks_run(P, hosts, body, &run);
                    if (fabs(run.seconds - own) > 1e-12 * own)
                        fail_msg("%s, %d ranks on %d hosts, %d elements: %g s on the clock, %g by "
                                 "formula", c->name, P, hosts, (int)n, run.seconds, own);
                    compared++;
                }
    assert_int_equal(compared, 4 * (4 * 12 + 4 * 6)); /* sizes * (any P + powers of two) */
}

/* Messages and bytes of all ranks, by the comments of the algorithms. */
static void counts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t messages, bytes; /* for 8 ranks and 48 floats */
    } row[] = {{"ring_reduce_scatter", 8 * 7, 8 * 7 * 24},
               {"halving_reduce_scatter", 8 * 3, 8 * 7 * 24},
               {"ordered_reduce_scatter", 8 * 7, 8 * 7 * 24},
               {"ring_all_gather", 8 * 7, 8 * 7 * 24},
               {"doubling_all_gather", 8 * 3, 8 * 7 * 24},
               {"broadcast", 7, 7 * 192},
               {"ring_all_reduce", 8 * 14, 8 * 14 * 24},
               {"halving_all_reduce", 8 * 6, 8 * 14 * 24},
               {"tree_all_reduce", 14, 14 * 192},
               {"double_tree_all_reduce", 28, 28 * 96}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        trial t = {.what = ts_collective_named(row[i].name), .n = 48};
        ranks_run(8, 1, body, &t);
        assert_int_equal(t.traffic.messages[TS_INTRA], row[i].messages);
        assert_int_equal(t.traffic.bytes[TS_INTRA], row[i].bytes);
        assert_int_equal(t.traffic.bytes[TS_INTER], 0);
    }
    trial torus = {.what = ts_collective_named("torus_all_reduce"), .n = 48};
    ranks_run(8, 2, body, &torus); /* two hosts of four: shards of 12, halves of 6 between hosts */
    assert_int_equal(torus.traffic.bytes[TS_INTRA], 8 * 2 * 3 * 12 * 4);
    assert_int_equal(torus.traffic.bytes[TS_INTER], 8 * 2 * 6 * 4);
}

static void names(void **state)
{
    (void)state;
    assert_null(ts_collective_named("ring"));
    const ts_topology uneven = ranks_topology(5, 2), mixed = ranks_topology(4, 2);
    assert_true(ts_collective_named("ring_all_reduce")->own(&uneven, 10, 4) < 0);
    assert_true(ts_collective_named("double_tree_all_reduce")->own(&mixed, 8, 4) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_right), cmocka_unit_test(clock_is_the_formula),
        cmocka_unit_test(shared_nics), cmocka_unit_test(counts), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
