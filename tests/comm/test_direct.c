#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

/* In the order of ranks, whoever owns the shard: ((g0 + g1) + g2), in floats. */
static ts_status order(ts_comm *comm, void *arg)
{
    (void)arg;
    static const float g[3] = {1e8f, -1e8f, 1};
    float x[7];
    for (int i = 0; i < 7; i++)
        x[i] = g[comm->rank];
    ts_ordered_all_reduce(comm, x, 7, TS_F32, TS_SUM);
    for (int i = 0; i < 7; i++)
        ranks_check(comm, x[i] == 1);
    return TS_OK;
}

static void adds_in_rank_order(void **state)
{
    (void)state;
    ranks_run(3, 1, order, NULL);
}

static ts_status all_to_all(ts_comm *comm, void *arg)
{
    (void)arg;
    int out[8], in[8];
    ts_virtual_time time;
    for (int r = 0; r < comm->size; r++)
        out[r] = comm->rank * 100 + r;
    ts_all_to_all(comm, out, in, sizeof *out);
    for (int r = 0; r < comm->size; r++)
        ranks_check(comm, in[r] == r * 100 + comm->rank);
    ts_comm_time(comm, &time);
    ranks_check(comm, time.last == (comm->size - 1) * (1 + 0.25 * sizeof *out));
    return comm->ctx->status;
}

static ts_status varying(ts_comm *comm, void *arg)
{
    (void)arg;
    unsigned char out[64], in[64];
    int64_t out_bytes[8], in_bytes[8], at = 0;
    for (int r = 0; r < comm->size; r++) {
        out_bytes[r] = (comm->rank + 2 * r) % 4;
        in_bytes[r] = (r + 2 * comm->rank) % 4;
        for (int64_t i = 0; i < out_bytes[r]; i++)
            out[at++] = (unsigned char)(comm->rank * 10 + r);
    }
    ts_all_to_all_v(comm, out, out_bytes, in, in_bytes);
    at = 0;
    for (int r = 0; r < comm->size; r++)
        for (int64_t i = 0; i < in_bytes[r]; i++)
            ranks_check(comm, in[at++] == r * 10 + comm->rank);
    return comm->ctx->status;
}

static void everybody_to_everybody(void **state)
{
    (void)state;
    for (int P = 1; P <= 8; P++) {
        ranks_run(P, 1, all_to_all, NULL);
        ranks_run(P, 1, varying, NULL);
    }
}

static ts_status there_and_back(ts_comm *comm, void *arg)
{
    const int root = *(int *)arg;
    int all[8] = {0}, own = comm->rank + 1;
    ts_virtual_time time;
    ts_gather(comm, &own, all, sizeof own, root);
    ts_comm_time(comm, &time);
    ranks_check(comm, time.last == (comm->size > 1 ? 1 + (comm->size - 1.0) : 0));
    for (int r = 0; comm->rank == root && r < comm->size; r++) {
        ranks_check(comm, all[r] == r + 1);
        all[r] *= 2;
    }
    ts_scatter(comm, all, &own, sizeof own, root);
    ranks_check(comm, own == 2 * (comm->rank + 1));
    return comm->ctx->status;
}

static void one_and_all(void **state)
{
    (void)state;
    for (int P = 1; P <= 5; P++)
        for (int root = 0; root < P; root++)
            ranks_run(P, 1, there_and_back, &root);
}

static ts_status no_root(ts_comm *comm, void *arg)
{
    return *(int *)arg ? ts_gather(comm, arg, arg, 4, -1) : ts_scatter(comm, arg, arg, 4, 9);
}

static void refuses(void **state)
{
    (void)state;
    int which = 1;
    assert_int_equal(ranks_try(2, 1, 5, no_root, &which), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 2: gather to rank -1 of 2");
    which = 0;
    assert_int_equal(ranks_try(2, 1, 5, no_root, &which), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 2: scatter from rank 9 of 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_in_rank_order),
        cmocka_unit_test(everybody_to_everybody),
        cmocka_unit_test(one_and_all),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
