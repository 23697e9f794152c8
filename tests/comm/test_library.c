#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include <string.h>

static ts_status body(ts_comm *comm, void *arg)
{
    (void)arg;
    float x = 1;
    return ts_library_all_reduce(comm, &x, 1, TS_F32, TS_SUM);
}

/* Threads have none; that processes of MPI have one is seen in test_mpi.c. */
static void not_on_threads(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(2, 1, 60, body, NULL), TS_ERROR_UNSUPPORTED);
    assert_string_equal(ranks_said, "rank 0 of 2: ranks as threads have no all-reduce of a library: "
                                    "that is MPI's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_on_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
