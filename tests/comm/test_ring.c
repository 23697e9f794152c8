#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include <string.h>

/* Shard c is g[c+1] + g[c+2] + ... + g[c] from the left, in floats. */
static ts_status order(ts_comm *comm, void *arg)
{
    (void)arg;
    static const float g[3] = {1e8f, 1, -1e8f};
    float x[3] = {g[comm->rank], g[comm->rank], g[comm->rank]};
    ts_ring_reduce_scatter(comm, x, 3, TS_F32, TS_SUM);
    const int c = comm->rank;
    const float wanted = (g[(c + 1) % 3] + g[(c + 2) % 3]) + g[c];
    ranks_check(comm, x[c] == wanted);
    return TS_OK;
}

static void adds_in_its_order(void **state)
{
    (void)state;
    ranks_run(3, 1, order, NULL);
}

static ts_status varying(ts_comm *comm, void *arg)
{
    (void)arg;
    char all[64] = "";
    int64_t bytes[TS_MAX_RANKS] = {0}, begin = 0, total = 0;
    for (int r = 0; r < comm->size; r++) {
        bytes[r] = r % 3 == 1 ? 0 : r + 1;
        begin += r < comm->rank ? bytes[r] : 0;
        total += bytes[r];
    }
    memset(all + begin, 'a' + comm->rank, (size_t)bytes[comm->rank]);
    ts_ring_all_gather_v(comm, all, bytes);
    for (int64_t i = 0, r = 0, left = bytes[0]; i < total; i++, left--) {
        while (left == 0)
            left = bytes[++r];
        ranks_check(comm, all[i] == 'a' + r);
    }
    return comm->ctx->status;
}

static void gathers_any_sizes(void **state)
{
    (void)state;
    for (int P = 1; P <= 7; P++)
        ranks_run(P, 1, varying, NULL);
}

static ts_status maximum(ts_comm *comm, void *arg)
{
    (void)arg;
    int64_t x[5];
    for (int i = 0; i < 5; i++)
        x[i] = (comm->rank * 7 + i * 3) % 11;
    ts_ring_all_reduce(comm, x, 5, TS_I64, TS_MAX);
    for (int i = 0; i < 5; i++) {
        int64_t most = 0;
        for (int r = 0; r < comm->size; r++)
            most = (r * 7 + i * 3) % 11 > most ? (r * 7 + i * 3) % 11 : most;
        ranks_check(comm, x[i] == most);
    }
    return comm->ctx->status;
}

static void takes_the_largest(void **state)
{
    (void)state;
    for (int P = 1; P <= 6; P++)
        ranks_run(P, 1, maximum, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_in_its_order),
        cmocka_unit_test(gathers_any_sizes),
        cmocka_unit_test(takes_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
