/* adaptive_pool.c: the mean over windows that are as even as they can be.
 *
 *     y_o = mean of x_i, floor(o in / out) <= i < ceil((o + 1) in / out),    along each axis
 *
 * Where the windows are all alike it is an average pooling; otherwise the product with two matrices
 * of means, A (out_h, h) and B (out_w, w): y = A x B^T.
 *
 * Source:   torch.nn.AdaptiveAvgPool2d
 * Pitfalls: windows overlap, and a picture smaller than the result repeats its pixels
 * Test:     tests/ops/test_adaptive_pool.c          Golden: ops/adaptive_avg_pool_* */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* (in, out): column o holds 1 / count in the rows of its window. */
static ts_tensor means(ts_ctx *ctx, int64_t in, int64_t out)
{
    const ts_tensor m = ts_new_zero(ctx, ctx->compute, 2, (int64_t[]){in, out});
    for (int64_t o = 0; o < out && !ctx->status; o++) {
        const int64_t first = o * in / out, last = ((o + 1) * in + out - 1) / out;
        for (int64_t i = first; i < last; i++)
            if (ctx->compute == TS_F64)
                ((double *)m.data)[i * out + o] = 1.0 / (double)(last - first);
            else
                ((float *)m.data)[i * out + o] = (float)(1.0 / (double)(last - first));
    }
    return m;
}

ts_tensor ts_adaptive_avg_pool(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w)
{
    static const ts_op pool = {.name = "adaptive_avg_pool"};
    const ts_step s = {.op = &pool, .in = {x}, .inputs = 1};
    int64_t area;
    if (!ts_require(ctx, &s, x.rank == 4 && x.size[2] > 0 && x.size[3] > 0,
                    "x needs four axes and pixels") ||
        !ts_require(ctx, &s, h > 0 && w > 0 && ts_mul_size(h, x.size[2], &area) &&
                                 ts_mul_size(w, x.size[3], &area),
                    "the result must have pixels"))
        return (ts_tensor){0};
    if (x.size[2] % h == 0 && x.size[3] % w == 0)
        return ts_avg_pool(ctx, x, (ts_pool){.size = {x.size[2] / h, x.size[3] / w}});
    const int64_t planes = x.size[0] * x.size[1];
    ts_tensor y = ts_matmul(ctx, ts_reshape(ctx, x, 3, (int64_t[]){planes, x.size[2], x.size[3]}),
                            means(ctx, x.size[3], w));
    y = ts_matmul(ctx, ts_transpose(ctx, y, 1, 2), means(ctx, x.size[2], h));
    return ts_reshape(ctx, ts_transpose(ctx, y, 1, 2), 4, (int64_t[]){x.size[0], x.size[1], h, w});
}
