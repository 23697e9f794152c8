#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

/* ((g0 + g1) + (g2 + g3)), in floats; on the mirror ((g3 + g2) + (g1 + g0)), the same. */
static ts_status order(ts_comm *comm, void *arg)
{
    (void)arg;
    static const float g[4] = {1e8f, 3, -1e8f, 5};
    float x[5], y[5];
    for (int i = 0; i < 5; i++)
        x[i] = y[i] = g[comm->rank];
    ts_tree_all_reduce(comm, x, 5, TS_F32, TS_SUM);
    ts_double_tree_all_reduce(comm, y, 5, TS_F32, TS_SUM);
    for (int i = 0; i < 5; i++)
        ranks_check(comm, x[i] == (g[0] + g[1]) + (g[2] + g[3]) && x[i] == y[i]);
    return TS_OK;
}

static void adds_pairwise(void **state)
{
    (void)state;
    ranks_run(4, 1, order, NULL);
}

static ts_status broadcast(ts_comm *comm, void *arg)
{
    const int root = *(int *)arg;
    int64_t x = comm->rank == root ? 42 : 0;
    ts_tree_broadcast(comm, &x, sizeof x, root);
    ranks_check(comm, x == 42);
    return comm->ctx->status;
}

static void every_root(void **state)
{
    (void)state;
    for (int P = 1; P <= 9; P++)
        for (int root = 0; root < P; root++)
            ranks_run(P, 1, broadcast, &root);
}

static ts_status no_root(ts_comm *comm, void *arg)
{
    return ts_tree_broadcast(comm, arg, 1, 2);
}

static void refuses(void **state)
{
    (void)state;
    char x = 0;
    assert_int_equal(ranks_try(2, 1, 5, no_root, &x), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 2: broadcast from rank 2 of 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_pairwise),
        cmocka_unit_test(every_root),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
