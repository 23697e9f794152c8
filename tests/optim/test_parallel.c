#include "tests/support/optim.h"

#include "tests/support/ranks.h"

#include "ref/optim/parallel.h"

#include <stdlib.h>
#include <string.h>

enum { LAYERS = 23, WIDTH = 2, MOST = 40 };

static int64_t cost[LAYERS];

static void costs(int64_t layers)
{
    for (int64_t i = 0; i < layers; i++)
        cost[i] = i == 7 ? 500 : 1 + i * i % 31;
}

/* Something that is not exact, so that equal bits mean the same order. */
static ts_status roots(ts_ctx *ctx, double *out, int64_t layer, const void *arg)
{
    const double *scale = arg;
    out[0] = out[1] = 0.0;
    for (int64_t i = 0; i < cost[layer]; i++) {
        out[0] += *scale / (double)(i + layer + 1);
        out[1] -= *scale / (double)(2 * i + 3);
    }
    return ctx->status;
}

static ts_status compare(ts_comm *comm, void *arg)
{
    const int64_t layers = *(int64_t *)arg;
    const double scale = 0.7;
    double serial[LAYERS * WIDTH] = {0}, shared[LAYERS * WIDTH];
    const ts_parallel job = {layers, WIDTH, cost, roots, &scale};
    memset(shared, 0x55, sizeof shared);
    ranks_check(comm, !ts_parallel_layers(comm->ctx, NULL, serial, &job));
    if (ts_parallel_layers(comm->ctx, comm, shared, &job))
        return comm->ctx->status;
    ranks_check(comm, memcmp(serial, shared, (size_t)(layers * WIDTH) * sizeof *serial) == 0);
    return TS_OK;
}

/* Fewer layers than ranks, and none at all, too. */
static void equals_the_loop(void **state)
{
    (void)state;
    static const int ranks[] = {1, 2, 3, 4, 7, 16, MOST};
    costs(LAYERS);
    for (size_t k = 0; k < sizeof ranks / sizeof *ranks; k++)
        for (int64_t layers = 0; layers <= LAYERS; layers += layers < 3 ? 1 : 10)
            ranks_run(ranks[k], 1, compare, &layers);
}

static void plans(void **state)
{
    (void)state;
    ts_ctx ctx;
    int owner[LAYERS];
    ts_ctx_open_plain(&ctx);
    /* 5 4 3 3 3: 5+3 and 4+3+3, as the greedy rule has it */
    const int64_t few[] = {3, 5, 3, 4, 3};
    const int want[] = {1, 0, 0, 1, 1};
    ts_parallel_plan(&ctx, owner, few, 5, 2);
    assert_memory_equal(owner, want, sizeof want);
    /* every layer once, no part above 4/3 of what no partition can beat */
    costs(LAYERS);
    cost[7] = 40;
    for (int ranks = 1; ranks <= MOST; ranks++) {
        int64_t load[MOST] = {0}, all = 0, most = 0, largest = 0;
        assert_int_equal(ts_parallel_plan(&ctx, owner, cost, LAYERS, ranks), TS_OK);
        for (int i = 0; i < LAYERS; i++) {
            assert_true(owner[i] >= 0 && owner[i] < ranks);
            load[owner[i]] += cost[i];
            all += cost[i];
            largest = cost[i] > largest ? cost[i] : largest;
        }
        for (int r = 0; r < ranks; r++)
            most = load[r] > most ? load[r] : most;
        const int64_t mean = (all + ranks - 1) / ranks, bound = mean > largest ? mean : largest;
        assert_true(3 * most <= 4 * bound + 3);
    }
    ts_ctx_close(&ctx);
}

/* 1 s a unit; two ranks, loads 8 and 10 of 18: 8 s less, minus 1 latency and half of 5 numbers. */
static void gain(void **state)
{
    (void)state;
    const int64_t few[] = {3, 5, 3, 4, 3};
    const int owner[] = {1, 0, 0, 1, 1};
    const ts_parallel job = {5, 1, few, roots, NULL};
    assert_true(ts_parallel_gain(owner, &job, 2, 1.0, 2.0, 0.25) == 8.0 - 2.0 - 20.0 * 0.25);
    assert_true(ts_parallel_gain(owner, &job, 2, 0.0, 2.0, 0.25) < 0.0);
}

static ts_status broken(ts_ctx *ctx, double *out, int64_t layer, const void *arg)
{
    (void)arg;
    out[0] = out[1] = 0.0;
    return layer == 5 ? ts_fail(ctx, TS_ERROR_FORMAT, "layer 5 has holes") : TS_OK;
}

static ts_status fails(ts_comm *comm, void *arg)
{
    double out[LAYERS * WIDTH];
    const ts_parallel job = {LAYERS, WIDTH, cost, broken, arg};
    return ts_parallel_layers(comm->ctx, comm, out, &job);
}

static ts_status wrong_context(ts_comm *comm, void *arg)
{
    ts_ctx other;
    double out[LAYERS * WIDTH];
    const ts_parallel job = {LAYERS, WIDTH, cost, roots, arg};
    ts_ctx_open_plain(&other);
    ranks_check(comm, ts_parallel_layers(&other, comm, out, &job) == TS_ERROR_USAGE);
    ts_ctx_close(&other);
    return TS_OK;
}

static void failures(void **state)
{
    (void)state;
    double scale = 1.0;
    costs(LAYERS);
    assert_int_equal(ranks_try(4, 1, 20, fails, NULL), TS_ERROR_FORMAT);
    assert_non_null(strstr(ranks_said, "layer 5 has holes"));
    ranks_run(2, 1, wrong_context, &scale);
}

/* LARS and LAMB on ranks: each rank's parameters are what one alone gets. */
static ts_status steps(ts_comm *comm, void *arg)
{
    const char *method = arg;
    ts_optim_settings s = ts_optim_defaults(method);
    s.weight_decay = 0.01;
    uint64_t hash[2];
    for (int shared = 0; shared < 2; shared++) {
        double p[3][40], g[3][40];
        ts_tensor gradient[3];
        ts_optim *o = ts_optim_new(comm->ctx, method, &s);
        ranks_check(comm, o != NULL);
        for (int i = 0; i < 3; i++) {
            const int64_t n = 40 - 13 * i;
            static const char *const name[] = {"a", "b", "c"};
            for (int64_t j = 0; j < n; j++) {
                p[i][j] = 1.0 / (double)(j + i + 1);
                g[i][j] = 1.0 / (double)(2 * j - 8 * i - 3);
            }
            ts_optim_add(comm->ctx, o, 0, name[i], ts_tensor_of(p[i], TS_F64, 1, &n));
            gradient[i] = ts_tensor_of(g[i], TS_F64, 1, &n);
        }
        ts_optim_share(o, shared ? comm : NULL);
        for (int k = 0; k < 3; k++)
            ts_optim_step(comm->ctx, o, gradient);
        ts_optim_close(o);
        hash[shared] = 0;
        for (int i = 0; i < 3 && !comm->ctx->status; i++)
            for (int64_t j = 0; j < 40 - 13 * i; j++) {
                uint64_t bits;
                memcpy(&bits, &p[i][j], sizeof bits);
                hash[shared] = (hash[shared] ^ bits) * 0x100000001b3u;
            }
    }
    if (comm->ctx->status)
        return comm->ctx->status;
    ranks_check(comm, hash[0] == hash[1]);
    return TS_OK;
}

static ts_status wide_steps(ts_comm *comm, void *arg)
{
    comm->ctx->compute = TS_F64;
    return steps(comm, arg);
}

static void optimisers(void **state)
{
    (void)state;
    char lars[] = "lars", lamb[] = "lamb";
    for (int ranks = 1; ranks <= 8; ranks++) {
        ranks_run(ranks, 1, wide_steps, lars);
        ranks_run(ranks, 1, wide_steps, lamb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_loop),
        cmocka_unit_test(plans),
        cmocka_unit_test(gain),
        cmocka_unit_test(failures),
        cmocka_unit_test(optimisers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
