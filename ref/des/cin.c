/* cin.c: compressed interaction network.
 *
 *     X^0 = E (F, k),  X^(l+1)_od = relu( sum over h, m of W^l_ohm X^l_hd X^0_md )
 *     y   = (sum over d of X^1_od, sum over d of X^2_od, ...): the sums of all layers side by side
 *
 * Source:       Lian et al. 2018 (xDeepFM), eq. 6 and 7; no bias, maps are not split
 * Substitution, features or fields: quadratic in E, so partial sums cannot go through it:
 *               message_r = vec E_r, m = F k;  top = the network
 * Substitution, width: message_r = the network on own columns, m = the number of maps;  top = the sum
 * Proof:        d stands on both sides of the equation and is never summed over but in y, where the
 *               sum over d is the sum over ranks of the sums over their d.
 * Backward:     by width every rank uses all of W on its columns: dL/dW is an all-reduce
 * Test:         tests/des/test_cin.c                         Golden: des/cin_* */
#include "ref/des/operator.h"

static int64_t maps(const ts_des_part *p)
{
    int64_t sum = 0;
    for (int l = 0; l < p->dense_count; l++)
        sum += p->dense[l].size[0];
    return sum;
}

static int64_t width(const ts_des_part *p)
{
    return p->shard->how == TS_BY_WIDTH ? maps(p) : p->shard->fields * p->k;
}

static int64_t back(const ts_des_part *p)
{
    int64_t numbers = 0;
    for (int l = 0; l < p->dense_count; l++)
        numbers += ts_numel(p->dense[l]);
    return p->shard->how == TS_BY_WIDTH
               ? numbers * (int64_t)ts_dtype_size(p->comm->ctx->compute)
               : 0;
}

/* (B, k, O) to (B, O): sums over d are products with a row of ones. */
static ts_tensor over_columns(ts_ctx *ctx, ts_tensor x)
{
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor one = ts_new(ctx, ctx->compute, 3, (const int64_t[]){x.size[0], 1, x.size[1]});
    for (int64_t i = 0; i < ts_numel(one) && !ctx->status; i++)
        ts_store(one.data, one.dtype, i, 1.0);
    return ts_reshape(ctx, ts_matmul(ctx, one, x), 2, (const int64_t[]){x.size[0], x.size[2]});
}

/* One layer: x (B, H, k), x0 (B, F, k), w (O, H, F) to (B, k, O). */
static ts_tensor layer(ts_ctx *ctx, ts_tensor x, ts_tensor x0, ts_tensor w)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t B = x.size[0], H = x.size[1], F = x0.size[1], k = x.size[2], O = w.size[0];
    const ts_tensor a = ts_reshape(ctx, x, 4, (const int64_t[]){B, H, 1, k});
    const ts_tensor b = ts_reshape(ctx, x0, 4, (const int64_t[]){B, 1, F, k});
    const ts_tensor z = ts_reshape(ctx, ts_mul(ctx, a, b), 3, (const int64_t[]){B, H * F, k});
    const ts_tensor flat = ts_reshape(ctx, w, 2, (const int64_t[]){O, H * F});
    return ts_relu(ctx, ts_linear(ctx, ts_transpose(ctx, z, 1, 2), flat, (ts_tensor){0}));
}

ts_tensor ts_des_cin_sums(ts_ctx *ctx, ts_tensor e, const ts_tensor *w, int layers)
{
    ts_tensor x = e, sums[TS_DES_DENSE];
    for (int l = 0; l < layers && !ctx->status; l++) {
        const ts_tensor y = layer(ctx, x, e, w[l]);
        sums[l] = over_columns(ctx, y);
        x = ts_transpose(ctx, y, 1, 2);
    }
    return ctx->status ? (ts_tensor){0} : ts_concat(ctx, sums, layers, 1);
}

static ts_tensor message(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    ts_tensor w[TS_DES_DENSE];
    if (p->shard->how != TS_BY_WIDTH)
        return ts_des_embedded(p);
    ts_tensor e = ts_des_pooled(p);
    if (!ctx->status && e.size[2] == 0) /* no columns: one of zeros, which adds nothing */
        e = ts_new_zero(ctx, ctx->compute, 3,
                        (const int64_t[]){p->shard->samples, p->shard->fields, 1});
    for (int l = 0; l < p->dense_count; l++)
        w[l] = ts_replicated(p->comm, p->dense[l]);
    return ts_des_cin_sums(ctx, e, w, p->dense_count);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    ts_ctx *ctx = p->comm->ctx;
    return p->shard->how == TS_BY_WIDTH
               ? sum
               : ts_des_cin_sums(ctx, ts_reshape(ctx, sum, 3, deep), p->dense, p->dense_count);
}

const ts_des_operator ts_des_cin = {"cin", width, message, top, NULL, back};
