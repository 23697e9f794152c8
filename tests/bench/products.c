/* products.c: linear layers, attention, convolutions, the decoder. */
#include "tests/bench/bench.h"

#include <math.h>
#include <stddef.h>

enum { WIDTH = 3072, IMAGE = 2048, TEXT = 512, TOKENS = IMAGE + TEXT, HEADS = 24, HEAD = 128 };

static void layer(ts_ctx *ctx, const bench_data *d, int64_t rows, int64_t in, int64_t out)
{
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    ts_linear(ctx, bench_view(d->x, 2, (int64_t[]){rows, in}),
              bench_view(d->weights, 2, (int64_t[]){out, in}),
              bench_view(d->small, 1, (int64_t[]){out}));
    ts_arena_return(&ctx->arena, mark);
}

/* The linear layers of a double block: both streams have their own. */
static void double_block(ts_ctx *ctx, const bench_data *d)
{
    static const int64_t rows[] = {IMAGE, TEXT};
    for (int stream = 0; stream < 2; stream++) {
        for (int i = 0; i < 4; i++) /* q, k, v, out */
            layer(ctx, d, rows[stream], WIDTH, WIDTH);
        layer(ctx, d, rows[stream], WIDTH, 4 * WIDTH);
        layer(ctx, d, rows[stream], 4 * WIDTH, WIDTH);
    }
}

static void single_block(ts_ctx *ctx, const bench_data *d)
{
    for (int i = 0; i < 3; i++)
        layer(ctx, d, TOKENS, WIDTH, WIDTH);
    layer(ctx, d, TOKENS, WIDTH, 4 * WIDTH);
    layer(ctx, d, TOKENS, 5 * WIDTH, WIDTH);
}

static void one_linear(ts_ctx *ctx, const bench_data *d)
{
    layer(ctx, d, 768, WIDTH, WIDTH);
}

static void attention(ts_ctx *ctx, const bench_data *d)
{
    const int64_t size[] = {1, HEADS, TOKENS, HEAD};
    const ts_tensor x = bench_view(d->x, 4, size);
    ts_attention(ctx, x, x, x, 1.0 / sqrt(HEAD), NULL);
}

static void conv(ts_ctx *ctx, const bench_data *d, int64_t in, int64_t out, int64_t side)
{
    ts_tensor w = bench_view(d->weights, 4, (int64_t[]){out, in, 3, 3});
    ts_conv2d(ctx, bench_view(d->x, 4, (int64_t[]){1, in, side, side}), w,
              bench_view(d->small, 1, (int64_t[]){out}),
              (ts_conv){.top = 1, .bottom = 1, .left = 1, .right = 1});
}

static void conv_deep(ts_ctx *ctx, const bench_data *d)
{
    conv(ctx, d, 512, 512, 64);
}

static void conv_middle(ts_ctx *ctx, const bench_data *d)
{
    conv(ctx, d, 256, 256, 128);
}

static void conv_wide(ts_ctx *ctx, const bench_data *d)
{
    conv(ctx, d, 128, 128, 256);
}

static void decode(ts_ctx *ctx, const bench_data *d)
{
    if (d->vae)
        ts_vae_decode(ctx, d->vae, bench_view(d->x, 4, (int64_t[]){1, 16, 64, 64}));
}

bench_item bench_products[] = {
    {"linear layers, double block", "blas", LIMIT, 0.85, NULL, 0, double_block, 0, false, 0, 0},
    {"linear layers, single block", "blas", LIMIT, 0.85, NULL, 0, single_block, 0, false, 0, 0},
    {"linear 768x3072x3072", "blas", LIMIT, 0.85, "linear", 1.9, one_linear, 0, false, 0, 0},
    {"linear, double block, bf16", "blas", LIMIT, 1.8, NULL, 0, double_block, 0, true, 0, 0},
    {"linear 768x3072x3072, bf16", "blas", LIMIT, 1.8, "linear_bf16", 0.95, one_linear, 0, true, 0,
     0},
    {"attention 24x2560x128", "blas", LIMIT, 0.6, "attention", 1.4, attention, 0, false, 0, 0},
    {"conv 512->512 at 64x64", "blas", LIMIT, 0.6, "conv", 1.0, conv_deep, 0, false, 0, 0},
    {"conv 256->256 at 128x128", "blas", LIMIT, 0.6, NULL, 0, conv_middle, 0, false, 0, 0},
    {"conv 128->128 at 256x256", "blas", LIMIT, 0.6, NULL, 0, conv_wide, 0, false, 0, 0},
    {"VAE decode to 512x512", "blas", LIMIT, 0.5, NULL, 0, decode, 0, false, 0, 0},
    {"linear 768x3072x3072", "fast", LIMIT, 0.4, NULL, 0, one_linear, 0, false, 0, 0},
    {"attention 24x2560x128", "fast", LIMIT, 0.3, NULL, 0, attention, 0, false, 0, 0},
    {"conv 512->512 at 64x64", "fast", LIMIT, 0.4, NULL, 0, conv_deep, 0, false, 0, 0},
    {"conv 128->128 at 256x256", "fast", LIMIT, 0.4, NULL, 0, conv_wide, 0, false, 0, 0},
    {.name = NULL},
};
