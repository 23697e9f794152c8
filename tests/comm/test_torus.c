#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

/* 3 hosts of 2, sizes that divide by nothing; the same bits on every rank. */
static ts_status body(ts_comm *comm, void *arg)
{
    (void)arg;
    for (int64_t n = 0; n < 23; n++) {
        float x[23], first[23];
        for (int64_t i = 0; i < n; i++)
            x[i] = first[i] = ranks_value(comm->rank, i);
        ts_torus_all_reduce(comm, x, n, TS_F32, TS_SUM);
        for (int64_t i = 0; i < n; i++)
            ranks_check(comm, x[i] == ranks_sum(comm->size, i));
    }
    return comm->ctx->status;
}

static void sums(void **state)
{
    (void)state;
    ranks_run(6, 3, body, NULL);
    ranks_run(6, 6, body, NULL);
    ranks_run(6, 1, body, NULL);
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(5, 2, 5, body, NULL), TS_ERROR_USAGE);
    assert_string_equal(ranks_said,
                        "rank 0 of 5: 2D-torus: every host must have the same number of ranks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
