#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

/* Four ranks: partners two apart first: (g0 + g2) + (g1 + g3), in floats. */
static ts_status order(ts_comm *comm, void *arg)
{
    (void)arg;
    static const float g[4] = {1e8f, 3, -1e8f, 5};
    float x[4] = {g[comm->rank], g[comm->rank], g[comm->rank], g[comm->rank]};
    ts_halving_all_reduce(comm, x, 4, TS_F32, TS_SUM);
    for (int i = 0; i < 4; i++)
        ranks_check(comm, x[i] == (g[0] + g[2]) + (g[1] + g[3]));
    return TS_OK;
}

static void adds_like_a_tree(void **state)
{
    (void)state;
    ranks_run(4, 1, order, NULL);
}

static ts_status reduce_scatter(ts_comm *comm, void *arg)
{
    (void)arg;
    float x[6] = {0};
    return ts_halving_reduce_scatter(comm, x, 6, TS_F32, TS_SUM);
}

static ts_status all_gather(ts_comm *comm, void *arg)
{
    (void)arg;
    float x[6] = {0};
    return ts_doubling_all_gather(comm, x, 6, TS_F32);
}

static void refuses_other_numbers(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(6, 1, 5, reduce_scatter, NULL), TS_ERROR_USAGE);
    assert_string_equal(ranks_said,
                        "rank 0 of 6: halving reduce-scatter: 6 ranks are no power of two");
    assert_int_equal(ranks_try(3, 1, 5, all_gather, NULL), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 3: doubling all-gather: 3 ranks are no power of two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_like_a_tree),
        cmocka_unit_test(refuses_other_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
