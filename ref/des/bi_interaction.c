/* bi_interaction.c: the pairs of a factorisation machine, number by number (NFM's pooling).
 *
 *     y_n = sum over pairs i < j of (x_i v_i) * (x_j v_j),  * number by number: k numbers
 *
 * Source:       He and Chua 2017 (NFM), eq. 4
 * Substitution, features: message_r = (S_r, Q_r) with S = sum x_i v_i and Q = sum (x_i v_i)^2, number
 *               by number;  m = 2 k;  top = (S * S - Q) / 2
 * Substitution, fields: message_r = vec E_r;  m = F k;  top = ((sum_f e_f)^2 - sum_f e_f^2) / 2
 * Proof:        fm.c's, for each of the k numbers alone
 * Test:         tests/des/test_bi_interaction.c */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    return p->level == TS_FM_FIELD ? p->shard->fields * p->k : 2 * p->k;
}

static ts_tensor message(const ts_des_part *p)
{
    if (p->level == TS_FM_FIELD)
        return ts_des_embedded(p);
    return ts_concat(p->comm->ctx, (ts_tensor[]){ts_des_sums(p), ts_des_squares(p)}, 2, 1);
}

static ts_tensor half_difference(ts_ctx *ctx, ts_tensor s, ts_tensor q)
{
    return ts_scale(ctx, ts_sub(ctx, ts_mul(ctx, s, s), q), 0.5);
}

/* Sums over the fields are products with a row of ones: (1, F) (samples, F, k). */
static ts_tensor over_fields(ts_ctx *ctx, ts_tensor e)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t one[3] = {e.size[0], 1, e.size[1]}, flat[2] = {e.size[0], e.size[2]};
    const ts_tensor w = ts_new(ctx, ctx->compute, 3, one);
    for (int64_t i = 0; i < ts_numel(w) && !ctx->status; i++)
        ts_store(w.data, w.dtype, i, 1.0);
    return ts_reshape(ctx, ts_matmul(ctx, w, e), 2, flat);
}

ts_tensor ts_des_bi_pairs(ts_ctx *ctx, ts_tensor e)
{
    return half_difference(ctx, over_fields(ctx, e), over_fields(ctx, ts_mul(ctx, e, e)));
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    if (p->level == TS_FM_FIELD)
        return ts_des_bi_pairs(ctx, ts_reshape(ctx, sum, 3, deep));
    return half_difference(ctx, ts_des_columns(ctx, sum, 0, p->k),
                           ts_des_columns(ctx, sum, p->k, p->k));
}

const ts_des_operator ts_des_bi_interaction = {"bi_interaction", width, message, top, NULL, NULL};
