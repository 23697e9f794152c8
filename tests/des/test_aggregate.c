#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/des/aggregate.h"
#include "ref/ops/ops.h"
#include "ref/ops/tape.h"
#include "tests/support/ranks.h"

#include <math.h>

static ts_tensor numbers(ts_ctx *ctx, double *x, int64_t n, bool grad)
{
    (void)ctx;
    ts_tensor t = ts_tensor_of(x, ctx->compute, 2, (const int64_t[]){n, 1});
    if (grad)
        ts_want_grad(ctx, &t, NULL);
    return t;
}

static int64_t sent(ts_comm *comm)
{
    const ts_traffic t = ts_comm_traffic(comm);
    return t.bytes[TS_INTRA] + t.bytes[TS_INTER];
}

static double at(ts_tensor t, int64_t i)
{
    return ts_load(t.data, t.dtype, i);
}

/* The sum on every rank; its gradient to each without a message. */
static ts_status sums(ts_comm *comm, void *arg)
{
    ts_ctx *ctx = comm->ctx;
    double x[5], seed[5] = {1, 2, 3, 4, 5};
    (void)arg;
    ctx->compute = TS_F64;
    for (int i = 0; i < 5; i++)
        x[i] = (double)ranks_value(comm->rank, i);
    const ts_tensor m = numbers(ctx, x, 5, true), y = ts_sum_over_ranks(comm, m);
    for (int i = 0; i < 5; i++)
        ranks_check(comm, at(y, i) == (double)ranks_sum(comm->size, i));
    ranks_check(comm, sent(comm) == ts_sum_bytes(5, 8, comm->size, comm->rank));
    const int64_t before = sent(comm);
    ts_seed_grad(ctx, y, numbers(ctx, seed, 5, false));
    ts_tape_backward(ctx);
    for (int i = 0; i < 5; i++)
        ranks_check(comm, at(m.grad->value, i) == seed[i]);
    ranks_check(comm, sent(comm) == before);
    return ctx->status;
}

/* A weight of all: nothing forward, the sum of all gradients back. */
static ts_status weights(ts_comm *comm, void *arg)
{
    ts_ctx *ctx = comm->ctx;
    double w[5] = {1, 2, 3, 4, 5}, seed[5];
    (void)arg;
    ctx->compute = TS_F64;
    for (int i = 0; i < 5; i++)
        seed[i] = (double)ranks_value(comm->rank, i);
    const ts_tensor all = numbers(ctx, w, 5, true), y = ts_replicated(comm, all);
    for (int i = 0; i < 5; i++)
        ranks_check(comm, at(y, i) == w[i]);
    ranks_check(comm, sent(comm) == 0);
    ts_seed_grad(ctx, y, numbers(ctx, seed, 5, false));
    ts_tape_backward(ctx);
    for (int i = 0; i < 5; i++)
        ranks_check(comm, at(all.grad->value, i) == (double)ranks_sum(comm->size, i));
    ranks_check(comm, sent(comm) == ts_sum_bytes(5, 8, comm->size, comm->rank));
    return ctx->status;
}

/* Place 0: the last rank's; 1: all equal, the smallest key's; 2: empty; 3: rank 0's alone, with the
 * largest key there is. */
static ts_status maxima(ts_comm *comm, void *arg)
{
    ts_ctx *ctx = comm->ctx;
    const int last = comm->size - 1;
    double seed[4] = {1, 2, 3, 4};
    double x[4] = {comm->rank, -7, -(double)INFINITY, comm->rank ? -(double)INFINITY : -1};
    int64_t where[4] = {0, 1, -1, comm->rank ? -1 : 2};
    const uint64_t key[3] = {5, (uint64_t)(100 - comm->rank), UINT64_MAX};
    const ts_bag bag = {.key = key};
    (void)arg;
    ctx->compute = TS_F64;
    const ts_tensor m = numbers(ctx, x, 4, true);
    const ts_tensor y = ts_max_over_ranks(
        comm, m, ts_tensor_of(where, TS_I64, 2, (const int64_t[]){4, 1}), &bag);
    ranks_check(comm, at(y, 0) == last && at(y, 1) == -7 && at(y, 2) == 0 && at(y, 3) == -1);
    ts_seed_grad(ctx, y, numbers(ctx, seed, 4, false));
    ts_tape_backward(ctx);
    ranks_check(comm, at(m.grad->value, 0) == (comm->rank == last ? 1 : 0));
    ranks_check(comm, at(m.grad->value, 1) == (comm->rank == last ? 2 : 0));
    ranks_check(comm, at(m.grad->value, 2) == 0);
    ranks_check(comm, at(m.grad->value, 3) == (comm->rank == 0 ? 4 : 0));
    ranks_check(comm, sent(comm) == 2 * ts_sum_bytes(4, 8, comm->size, comm->rank));
    return ctx->status;
}

static void for_all_worlds(ts_comm_body *body)
{
    static const int ranks[] = {1, 2, 3, 4, 8};
    for (int i = 0; i < 5; i++)
        ranks_run(ranks[i], 1, body, NULL);
}

static void adds(void **state)
{
    (void)state;
    for_all_worlds(sums);
}

static void shares_weights(void **state)
{
    (void)state;
    for_all_worlds(weights);
}

static void finds_the_largest(void **state)
{
    (void)state;
    for_all_worlds(maxima);
}

static void bytes(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 9; ranks++)
        for (int64_t n = 0; n < 20; n++) {
            int64_t all = 0;
            for (int r = 0; r < ranks; r++)
                all += ts_sum_bytes(n, 4, ranks, r);
            assert_int_equal(all, 2 * (ranks - 1) * n * 4);
        }
}

static ts_status nothing(ts_comm *comm, void *arg)
{
    const ts_bag bag = {0};
    (void)arg;
    ts_tensor y = ts_sum_over_ranks(comm, (ts_tensor){0});
    ranks_check(comm, ts_is_empty(y) && comm->ctx->status == TS_ERROR_SHAPE);
    ts_ctx_clear(comm->ctx);
    y = ts_replicated(comm, (ts_tensor){0});
    ranks_check(comm, ts_is_empty(y) && comm->ctx->status == TS_ERROR_SHAPE);
    ts_ctx_clear(comm->ctx);
    double x[2] = {0};
    y = ts_max_over_ranks(comm, numbers(comm->ctx, x, 1, false), (ts_tensor){0}, &bag);
    ranks_check(comm, ts_is_empty(y) && comm->ctx->status == TS_ERROR_SHAPE);
    ts_ctx_clear(comm->ctx);
    return TS_OK;
}

static void errors(void **state)
{
    (void)state;
    ranks_run(1, 1, nothing, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds),
        cmocka_unit_test(shares_weights),
        cmocka_unit_test(finds_the_largest),
        cmocka_unit_test(bytes),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
