#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include <string.h>

/* Six ranks on three hosts: groups of a host and across hosts, and groups of groups. */
static ts_status groups(ts_comm *comm, void *arg)
{
    (void)arg;
    ts_comm node, across, odd;
    ts_comm_node(comm, &node);
    ts_comm_across(comm, &across);
    ts_comm_split(comm, &odd, comm->rank % 2 ? 1 : -1, -comm->rank);
    ranks_check(comm, !comm->ctx->status && node.size == 2 && node.rank == comm->rank % 2);
    ranks_check(comm, across.size == 3 && across.rank == comm->rank / 2);
    ranks_check(comm, ts_comm_world_rank(&across, 1) == 2 + comm->rank % 2);
    ranks_check(comm, odd.size == (comm->rank % 2 ? 3 : 0));
    if (odd.size)
        ranks_check(comm, odd.rank == 2 - comm->rank / 2); /* by falling number */
    int64_t x = comm->rank;
    ts_ring_all_reduce(&across, &x, 1, TS_I64, TS_SUM);
    ranks_check(comm, x == (comm->rank % 2 ? 1 + 3 + 5 : 0 + 2 + 4));
    ts_comm_free(&odd);
    ts_comm_free(&across);
    ts_comm_free(&node);
    return comm->ctx->status;
}

static void splits(void **state)
{
    (void)state;
    ranks_run(6, 3, groups, NULL);
}

/* Messages of one pair, tag and group keep their order; those of others do not mix with them. */
static ts_status in_order(ts_comm *comm, void *arg)
{
    (void)arg;
    int got;
    ts_comm twin;
    ts_comm_split(comm, &twin, 0, 0);
    for (int i = 0; i < 4 && comm->rank == 0; i++) {
        const int all[3] = {i, 100 + i, 200 + i};
        ts_comm_send(comm, 1, 7, all, 4);
        ts_comm_send(comm, 1, 8, all + 1, 4);
        ts_comm_send(&twin, 1, 7, all + 2, 4);
    }
    for (int i = 0; i < 12 && comm->rank == 1; i++) {
        const int what = i / 4;
        ts_comm_recv(what == 0 ? &twin : comm, 0, what == 1 ? 8 : 7, &got, 4);
        ranks_check(comm, got == (what == 0 ? 200 : what == 1 ? 100 : 0) + i % 4);
    }
    ts_comm_free(&twin);
    return comm->ctx->status;
}

static void keeps_order(void **state)
{
    (void)state;
    ranks_run(2, 1, in_order, NULL);
}

/* Oneself: a copy. Both ways to the same rank. Nothing in one direction. */
static ts_status both_ways(ts_comm *comm, void *arg)
{
    (void)arg;
    int out = comm->rank + 5, in = 0;
    const int other = 1 - comm->rank;
    ts_comm_sendrecv(comm, 1, comm->rank, &out, 4, comm->rank, &in, 4);
    ranks_check(comm, in == out);
    ts_comm_sendrecv(comm, 1, other, &out, 4, other, &in, 4);
    ranks_check(comm, in == other + 5);
    ts_comm_sendrecv(comm, 1, other, &out, comm->rank ? 4 : 0, other, &in, comm->rank ? 0 : 4);
    ts_comm_sendrecv(comm, 1, -1, NULL, 0, -1, NULL, 0);
    const ts_traffic t = ts_comm_traffic(comm);
    ranks_check(comm, t.messages[TS_INTRA] == 1 + comm->rank);
    ts_comm_quiet(comm);
    ts_comm_barrier(comm);
    ts_comm_loud(comm);
    ranks_check(comm, ts_comm_traffic(comm).messages[TS_INTRA] == 1 + comm->rank);
    ts_comm_barrier(comm);
    ranks_check(comm, ts_comm_traffic(comm).messages[TS_INTRA] == 2 + comm->rank);
    ts_traffic all;
    ts_comm_traffic_all(comm, &all);
    ranks_check(comm, all.messages[TS_INTRA] == 5 && all.bytes[TS_INTRA] == 12);
    ranks_check(comm, !ts_comm_uses_library(comm) && ts_comm_setting(comm) == NULL);
    return comm->ctx->status;
}

static void exchanges(void **state)
{
    (void)state;
    ranks_run(2, 1, both_ways, NULL);
}

static ts_status wrong(ts_comm *comm, void *arg)
{
    char x[8] = "";
    if (comm->rank > 0)
        return TS_OK;
    switch (*(int *)arg) {
    case 0: return ts_comm_send(comm, 2, 0, x, 1);
    case 1: return ts_comm_recv(comm, 0, 0, x, 1);
    case 2: return ts_comm_send(comm, 1, TS_COMM_TAGS, x, 1);
    case 3: return ts_comm_send(comm, 1, 0, x, -1);
    case 4: return ts_comm_sendrecv(comm, 0, 0, x, 4, 0, x + 4, 2);
    case 5: return ts_comm_sendrecv(comm, 0, 5, x, 4, 1, x + 4, 2);
    default: return ts_comm_sendrecv(comm, 0, 1, x, 4, -1, x + 4, 2);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const said[] = {
        "rank 0 of 2: a message to rank 2 of a group of 2, whose rank 0 calls",
        "rank 0 of 2: a message from rank 0 of a group of 2, whose rank 0 calls",
        "rank 0 of 2: message with tag 65536: expected 0 to 65535",
        "rank 0 of 2: message of -1 bytes",
        "rank 0 of 2: rank 0 sends itself 4 bytes and takes 2",
        "rank 0 of 2: a message to rank 5 of a group of 2, whose rank 0 calls",
        "rank 0 of 2: a message from rank -1 of a group of 2, whose rank 0 calls"};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(ranks_try(2, 1, 5, wrong, &i), TS_ERROR_USAGE);
        assert_string_equal(ranks_said, said[i]);
    }
    assert_int_equal(ranks_try(2, 1, -1, wrong, NULL), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "a time limit of -1 s: expected 0 to 1e6");
    assert_int_equal(ranks_try(300, 1, 1, wrong, NULL), TS_ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(exchanges),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
