/* selection.c: MSTopK of 1 % in units of one pass over the same vector that only looks for the largest
 * magnitude, on as many threads, both from memory: before each, caches are filled with other numbers.
 * And beside CPU PyTorch's topk of the magnitudes and NumPy's partition, of 25 million. */
#include "tests/bench/bench.h"

#include "ref/base/mathf.h"
#include "ref/base/par.h"
#include "ref/topk/draw.h"
#include "ref/topk/entries.h"
#include "ref/topk/mstopk.h"

#include <stdlib.h>

enum { MILLION = 1000000, MOST = 100 * MILLION, TRIES = 5 };

typedef struct {
    float *x;
    bool laplace;
} drawing;

/* Both with variance 1: a sum of twelve uniform numbers, a logarithm of one with a random sign. */
static void draw(void *arg, int64_t first, int64_t last)
{
    const drawing *d = arg;
    for (int64_t i = first; i < last; i++) {
        const uint64_t a = ts_splitmix64(1, (uint64_t)i), b = ts_splitmix64(2, (uint64_t)i);
        if (d->laplace) {
            const double u = ((double)(a >> 12) + 0.5) * 0x1p-52;
            d->x[i] = (float)(ts_log(u) * (b >> 63 ? -0.7071 : 0.7071));
            continue;
        }
        double sum = 0.0;
        for (int j = 0; j < 6; j++)
            sum += (double)(a >> 10 * j & 1023) + (double)(b >> 10 * j & 1023);
        d->x[i] = (float)((sum - 12 * 511.5) / 1024.0);
    }
}

/* The first n of as many numbers as are ever asked for: made once. */
static ts_tensor numbers(ts_ctx *ctx, int64_t n, bool laplace)
{
    static float *made[2];
    static int64_t size[2];
    if (size[laplace] < n) {
        free(made[laplace]);
        made[laplace] = malloc((size_t)n * sizeof(float));
        size[laplace] = made[laplace] ? n : 0;
        if (!made[laplace]) {
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld numbers", (long long)n);
            return (ts_tensor){0};
        }
        drawing d = {made[laplace], laplace};
        ts_par_threads(ctx->threads);
        ts_par_for(n, 1 << 16, draw, &d);
    }
    return ts_tensor_of(made[laplace], TS_F32, 1, &n);
}

static void select_one(ts_ctx *ctx, ts_tensor x)
{
    const ts_mstopk_options o = {.k = ts_numel(x) / 100, .steps = 30, .start = 0};
    const ts_scope scope = ts_scope_open(ctx);
    ts_sparse out;
    ts_mstopk_fast(ctx, &out, NULL, x, &o);
    ts_scope_close(ctx, scope, NULL, 0);
}

static double best(double a, double b)
{
    return a > 0.0 && a < b ? a : b;
}

static void ratio(ts_ctx *ctx, const bench_data *data, int64_t n, bool laplace)
{
    const ts_tensor x = numbers(ctx, n, laplace);
    double pass = 0.0, whole = 0.0;
    for (int i = 0; i < TRIES && !ctx->status; i++) {
        ts_entries_most(ctx, data->x);
        double begin = bench_now(false);
        ts_entries_most(ctx, x);
        pass = best(pass, bench_now(false) - begin);
        ts_entries_most(ctx, data->x);
        begin = bench_now(false);
        select_one(ctx, x);
        whole = best(whole, bench_now(false) - begin);
    }
    ctx->flops = pass > 0.0 ? whole / pass : 0.0;
}

static void normal_1m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, MILLION, false);
}

static void normal_25m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, 25 * MILLION, false);
}

static void normal_100m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, MOST, false);
}

static void laplace_1m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, MILLION, true);
}

static void laplace_25m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, 25 * MILLION, true);
}

static void laplace_100m(ts_ctx *ctx, const bench_data *data)
{
    ratio(ctx, data, MOST, true);
}

static void of_25m(ts_ctx *ctx, const bench_data *data)
{
    (void)data;
    select_one(ctx, numbers(ctx, 25 * MILLION, false));
}

bench_item bench_selection[] = {
    {.name = "mstopk 1M normal", .backend = "fast", .kind = OWN, .goal = 5, .run = normal_1m},
    {.name = "mstopk 1M Laplace", .backend = "fast", .kind = OWN, .goal = 5, .run = laplace_1m},
    {.name = "mstopk 25M normal", .backend = "fast", .kind = OWN, .goal = 5, .run = normal_25m},
    {.name = "mstopk 25M Laplace", .backend = "fast", .kind = OWN, .goal = 5, .run = laplace_25m},
    {.name = "mstopk 100M normal", .backend = "fast", .kind = OWN, .goal = 5, .run = normal_100m},
    {.name = "mstopk 100M Laplace", .backend = "fast", .kind = OWN, .goal = 5,
     .run = laplace_100m},
    {.name = "mstopk, torch.topk", .backend = "fast", .kind = PEER, .goal = 0.05,
     .peer = "topk_25m", .run = of_25m},
    {.name = "mstopk, numpy.partition", .backend = "fast", .kind = PEER, .goal = 0.2,
     .peer = "partition_25m", .run = of_25m},
    {.name = NULL}};
