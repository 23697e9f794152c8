#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include "ref/base/arena.h"
#include "ref/ops/table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 256 ranks in a ring, messages longer than a box holds. */
static ts_status long_ring(ts_comm *comm, void *arg)
{
    const int64_t n = *(int64_t *)arg;
    float *x = malloc(sizeof *x * (size_t)n);
    ranks_check(comm, x);
    for (int64_t i = 0; i < n; i++)
        x[i] = ranks_value(comm->rank, i);
    ts_ring_all_reduce(comm, x, n, TS_F32, TS_SUM);
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; i += 1009)
        wrong += x[i] != ranks_sum(comm->size, i);
    free(x);
    ranks_check(comm, comm->ctx->status || wrong == 0);
    return comm->ctx->status;
}

static void many(void **state)
{
    (void)state;
    int64_t n = 3000;
    ranks_run(256, 32, long_ring, &n);
    n = 1000003;
    ranks_run(3, 1, long_ring, &n);
}

static ts_status third_fails(ts_comm *comm, void *arg)
{
    (void)arg;
    char x = 0;
    if (comm->rank == 2)
        return ts_fail(comm->ctx, TS_ERROR_FORMAT, "weights.safetensors: header of 0 bytes");
    return ts_comm_recv(comm, (comm->rank + 1) % comm->size, 0, &x, 1);
}

/* All wait for somebody; one fails: everybody ends, and the one sentence is that rank's. */
static void one_failure(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ranks_try(4, 2, 60, third_fails, NULL), TS_ERROR_FORMAT);
        assert_string_equal(ranks_said, "rank 2 of 4: weights.safetensors: header of 0 bytes");
    }
}

static ts_status circle(ts_comm *comm, void *arg)
{
    static char big[1 << 17];
    (void)arg;
    return ts_comm_send(comm, (comm->rank + 1) % comm->size, 3, big, sizeof big);
}

static ts_status deserted(ts_comm *comm, void *arg)
{
    (void)arg;
    char x;
    return comm->rank ? TS_OK : ts_comm_recv(comm, 1, 0, &x, 1);
}

/* Long before the time limit. */
static void nobody_can_go_on(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(2, 1, 600, circle, NULL), TS_ERROR_USAGE);
    assert_non_null(strstr(ranks_said, "nobody can go on: rank 0 waits for rank 1 to receive, rank 1 "
                                       "waits for rank 0 to receive"));
    assert_int_equal(ranks_try(3, 1, 600, deserted, NULL), TS_ERROR_USAGE);
    assert_string_equal(ranks_said,
                        "rank 0 of 3: nobody can go on: rank 0 waits for rank 1 to send");
}

static ts_status dawdles(ts_comm *comm, void *arg)
{
    (void)arg;
    char x;
    if (comm->rank == 0)
        return ts_comm_recv(comm, 1, 9, &x, 1);
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
    return TS_OK;
}

static void never_arrives(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(2, 1, 0.05, dawdles, NULL), TS_ERROR_IO);
    assert_string_equal(ranks_said,
                        "rank 0 of 2: rank 1 did not come to send within 0.05 s (group 0, tag 9)");
}

static ts_status wrong_size(ts_comm *comm, void *arg)
{
    (void)arg;
    char x[8] = "";
    return comm->rank ? ts_comm_send(comm, 0, 0, x, 8) : ts_comm_recv(comm, 1, 0, x, 4);
}

static void sizes_must_agree(void **state)
{
    (void)state;
    assert_int_equal(ranks_try(2, 1, 5, wrong_size, NULL), TS_ERROR_USAGE);
    assert_string_equal(
        ranks_said, "rank 0 of 2: rank 1 sent 8 bytes (group 0, tag 0), rank 0 asked for 4");
}

/* Letters that nobody takes are given back. */
static ts_status unread(ts_comm *comm, void *arg)
{
    (void)arg;
    int x = 1;
    return comm->rank ? ts_comm_send(comm, 0, 0, &x, 4) : TS_OK;
}

static void unread_letters(void **state)
{
    (void)state;
    ranks_run(3, 1, unread, NULL);
}

static ts_status split_and_sum(ts_comm *comm, void *arg)
{
    (void)arg;
    float x[4] = {1, 2, 3, 4};
    ts_virtual_time time;
    ts_torus_all_reduce(comm, x, 4, TS_F32, TS_SUM);
    return ts_comm_time(comm, &time);
}

/* Every allocation fails once: an error, nobody hangs. */
static void survives(void **state)
{
    (void)state;
    int failures = 0;
    for (int n = 1, failed = 1; failed; n++) {
        ts_plant_fault(n);
        failed = ranks_try(4, 2, 30, split_and_sum, NULL) != TS_OK;
        failures += failed;
        if (failed)
            assert_non_null(strstr(ranks_said, "no memory"));
    }
    ts_plant_fault(0);
    assert_true(failures > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many),
        cmocka_unit_test(one_failure),
        cmocka_unit_test(nobody_can_go_on),
        cmocka_unit_test(never_arrives),
        cmocka_unit_test(sizes_must_agree),
        cmocka_unit_test(unread_letters),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
