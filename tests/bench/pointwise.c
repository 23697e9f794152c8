/* pointwise.c: what is bound by memory: norms, gates, rotation, activations. */
#include "tests/bench/bench.h"

#include <stddef.h>

enum { ROWS = 8192, WIDTH = 3072, HEAD = 128, LONG = 2560 };
#define NUMBERS ((double)ROWS * WIDTH)
#define BYTES(arrays) (4.0 * (arrays) * NUMBERS)

static ts_tensor input(const bench_data *d)
{
    return bench_view(d->x, 3, (int64_t[]){1, ROWS, WIDTH});
}

static ts_tensor factor(const bench_data *d)
{
    return bench_view(d->small, 2, (int64_t[]){1, WIDTH});
}

static void layer_norm(ts_ctx *ctx, const bench_data *d)
{
    ts_layer_norm(ctx, input(d), (ts_tensor){0}, (ts_tensor){0}, 1e-6);
}

static void rms_norm(ts_ctx *ctx, const bench_data *d)
{
    ts_rms_norm(ctx, bench_view(d->x, 2, (int64_t[]){ROWS * WIDTH / HEAD, HEAD}),
                bench_view(d->small, 1, (int64_t[]){HEAD}), 1e-6);
}

static void rotate(ts_ctx *ctx, const bench_data *d)
{
    const int64_t tokens = ROWS * WIDTH / HEAD / 24;
    const ts_tensor table = bench_view(d->small, 2, (int64_t[]){tokens, HEAD});
    ts_rotate(ctx, bench_view(d->x, 4, (int64_t[]){1, 24, tokens, HEAD}), table, table);
}

static void modulate(ts_ctx *ctx, const bench_data *d)
{
    ts_modulate(ctx, input(d), factor(d), factor(d));
}

static void add_gated(ts_ctx *ctx, const bench_data *d)
{
    ts_add_gated(ctx, input(d), factor(d), input(d));
}

static void gelu(ts_ctx *ctx, const bench_data *d)
{
    ts_gelu_tanh(ctx, input(d));
}

static void silu(ts_ctx *ctx, const bench_data *d)
{
    ts_silu(ctx, input(d));
}

static void softmax(ts_ctx *ctx, const bench_data *d)
{
    ts_softmax(ctx, bench_view(d->x, 2, (int64_t[]){ROWS, LONG}));
}

bench_item bench_pointwise[] = {
    {"layer norm", "fast", COPY, 2, NULL, 0, layer_norm, BYTES(2), false, 0, 0},
    {"RMS norm", "fast", COPY, 2, NULL, 0, rms_norm, BYTES(2), false, 0, 0},
    {"RoPE", "fast", COPY, 2, NULL, 0, rotate, BYTES(2), false, 0, 0},
    {"modulate", "fast", COPY, 2, NULL, 0, modulate, BYTES(2), false, 0, 0},
    {"gated add", "fast", COPY, 2, NULL, 0, add_gated, BYTES(2), false, 0, 0},
    {"layer norm", "blas", COPY, 2, "layer_norm", 1.0, layer_norm, BYTES(2), false, 0, 0},
    {"GELU (tanh)", "fast", PEER, 2, "gelu", 0, gelu, 0, false, 0, 0},
    {"SiLU", "fast", PEER, 2, "silu", 0, silu, 0, false, 0, 0},
    {"softmax 8192x2560", "fast", PEER, 2, "softmax", 0, softmax, 0, false, 0, 0},
    {"GELU (tanh)", "blas", PEER, 1, "gelu", 0, gelu, 0, false, 0, 0},
    {"SiLU", "blas", PEER, 1, "silu", 0, silu, 0, false, 0, 0},
    {"softmax 8192x2560", "blas", PEER, 1, "softmax", 0, softmax, 0, false, 0, 0},
    {.name = NULL},
};
