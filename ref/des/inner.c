/* inner.c: the inner products of all pairs of fields.
 *
 *     y_n = ( <e_0, e_1>, <e_0, e_2>, ..., <e_1, e_2>, ... ),  e_f the sum-pooled fields
 *
 * Source:       Qu et al. 2016 (PNN), the inner product layer
 * Substitution, features or fields: message_r = vec E_r, m = F k;  top = the products
 * Substitution, width: message_r = the products of own columns, m = F (F - 1) / 2;  top = the sum
 * Proof:        <e_f, e_g> is a sum over d, and every column has one owner.
 * Test:         tests/des/test_inner.c                       Golden: des/inner_width */
#include "ref/des/operator.h"

static int64_t pairs_of(int64_t fields)
{
    return fields * (fields - 1) / 2;
}

static int64_t width(const ts_des_part *p)
{
    return p->shard->how == TS_BY_WIDTH ? pairs_of(p->shard->fields) : p->shard->fields * p->k;
}

ts_tensor ts_des_inner_pairs(ts_ctx *ctx, ts_tensor e)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t B = e.size[0], F = e.size[1], size[2] = {B, pairs_of(F)};
    ts_tensor *part = ts_take(ctx, (size_t)F * sizeof *part);
    if (!part || size[1] == 0 || e.size[2] == 0)
        return ts_new_zero(ctx, ctx->compute, 2, size);
    const ts_tensor all = ts_reshape(ctx, ts_matmul(ctx, e, ts_transpose(ctx, e, 1, 2)), 2,
                                     (const int64_t[]){B, F * F});
    for (int64_t f = 0; f + 1 < F; f++) /* row f of the products, right of the diagonal */
        part[f] = ts_des_columns(ctx, all, f * F + f + 1, F - 1 - f);
    return ts_concat(ctx, part, (int)F - 1, 1);
}

static ts_tensor message(const ts_des_part *p)
{
    return p->shard->how == TS_BY_WIDTH ? ts_des_inner_pairs(p->comm->ctx, ts_des_pooled(p))
                                        : ts_des_embedded(p);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    return p->shard->how == TS_BY_WIDTH ? sum
                                        : ts_des_inner_pairs(ctx, ts_reshape(ctx, sum, 3, deep));
}

const ts_des_operator ts_des_inner_product = {"inner_product", width, message, top, NULL, NULL};
