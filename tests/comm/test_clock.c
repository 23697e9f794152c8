#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

/* Inside a host 1 s and 1/4 s a byte, between hosts 16 s and 2 s a byte. */
static double now(ts_comm *comm)
{
    ts_virtual_time time;
    ts_comm_time(comm, &time);
    return time.last;
}

static ts_status messages(ts_comm *comm, void *arg)
{
    (void)arg;
    char x[16] = "";
    ts_virtual_time time;
    /* One message: alpha + b beta; the sender is done when it has left. */
    if (comm->rank == 0)
        ts_comm_send(comm, 1, 0, x, 8);
    else if (comm->rank == 1)
        ts_comm_recv(comm, 0, 0, x, 8);
    ts_comm_time(comm, &time);
    ranks_check(comm, time.last == 1 + 2);
    ranks_check(comm, time.own == (comm->rank == 0 ? 2 : comm->rank == 1 ? 3 : 0));
    /* Both ranks of host 0 to host 1 at once: they share its NIC, the lower rank first. */
    if (comm->rank < 2)
        ts_comm_send(comm, comm->rank + 2, 0, x, 8);
    else
        ts_comm_recv(comm, comm->rank - 2, 0, x, 8);
    ts_comm_time(comm, &time);
    ranks_check(comm, time.last == 3 + 16 + 2 * 16);
    ranks_check(comm, time.own == (comm->rank == 2 ? 3 + 16 + 16 : comm->rank == 3 ? 3 + 16 + 32
                                   : comm->rank == 0 ? 3 + 16 : 3 + 32));
    /* Two to one: they share the receiver's port. */
    if (comm->rank < 2)
        ts_comm_send(comm, 2, 0, x, 4);
    else if (comm->rank == 2)
        for (int r = 0; r < 2; r++)
            ts_comm_recv(comm, r, 0, x, 4);
    ranks_check(comm, now(comm) == 51 + 16 + 16);
    return comm->ctx->status;
}

static void shares_links(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) /* whatever the threads do */
        ranks_run(4, 2, messages, NULL);
}

/* A backward pass of four layers, whose gradients travel on stream 1 as they come. */
static ts_status overlap(ts_comm *comm, void *arg)
{
    const double compute = *(double *)arg;
    char out[8] = "", in[8];
    const int other = 1 - comm->rank;
    for (int layer = 0; layer < 4; layer++) {
        ts_comm_compute(comm, compute);
        const int before = ts_comm_stream(comm, 1);
        ts_comm_after(comm, 0);
        ts_comm_sendrecv(comm, layer, other, out, 8, other, in, 8); /* 3 s */
        ts_comm_stream(comm, before);
    }
    ts_comm_after(comm, 1);
    ts_comm_compute(comm, 0.5); /* the update */
    const double wanted = (compute > 3 ? 4 * compute + 3 : compute + 4 * 3) + 0.5;
    ranks_check(comm, now(comm) == wanted);
    return comm->ctx->status;
}

static void streams_overlap(void **state)
{
    (void)state;
    double compute = 5;
    ranks_run(2, 1, overlap, &compute);
    compute = 1;
    ranks_run(2, 1, overlap, &compute);
}

/* Messages that are on their way when everybody asks for the time. */
static ts_status under_way(ts_comm *comm, void *arg)
{
    (void)arg;
    char x = 0;
    if (comm->rank == 0)
        ts_comm_send(comm, 1, 0, &x, 1);
    ranks_check(comm, now(comm) == 0.25);
    if (comm->rank == 1)
        ts_comm_recv(comm, 0, 0, &x, 1);
    ranks_check(comm, now(comm) == 1.25);
    ts_comm_quiet(comm);
    ts_comm_compute(comm, 100);
    ts_comm_barrier(comm);
    ts_comm_loud(comm);
    ranks_check(comm, now(comm) == 1.25);
    return comm->ctx->status;
}

static void meetings(void **state)
{
    (void)state;
    ranks_run(2, 1, under_way, NULL);
}

static ts_status no_stream(ts_comm *comm, void *arg)
{
    if (*(int *)arg)
        ts_comm_stream(comm, 8);
    else
        ts_comm_after(comm, -1);
    return comm->ctx->status;
}

static void refuses(void **state)
{
    (void)state;
    int which = 1;
    assert_int_equal(ranks_try(1, 1, 5, no_stream, &which), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 1: stream 8: expected 0 to 7");
    which = 0;
    assert_int_equal(ranks_try(1, 1, 5, no_stream, &which), TS_ERROR_USAGE);
    assert_string_equal(ranks_said, "rank 0 of 1: stream -1: expected 0 to 7");

    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_topology t = ranks_topology(2, 1);
    ts_clock *clock = ts_clock_open(&ctx, &t);
    ts_action wait = {.what = TS_DO_MESSAGE, .to = -1, .from = 1};
    const ts_clock_log logs[2] = {{.at = &wait, .count = 1}, {.at = NULL}};
    ts_virtual_time time[2];
    assert_int_equal(ts_clock_replay(&ctx, clock, logs, time), TS_ERROR_USAGE);
    assert_string_equal(
        ctx.message, "virtual clock: rank 0 waits for a message of rank 1 that was never sent");
    ts_clock_close(clock);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_links),
        cmocka_unit_test(streams_overlap),
        cmocka_unit_test(meetings),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
