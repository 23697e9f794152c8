/* attention.c: self-attention over the fields (AutoInt's interacting layer).
 *
 *     y = relu( concat over heads of softmax(s Q_h K_h^T) V_h  +  E R )
 *     Q = E Wq, K = E Wk, V = E Wv,  each cut into heads;  E (F, k) the sum-pooled fields
 *
 * Source:       Song et al. 2019 (AutoInt), eq. 5 to 8; s = 1 there
 * Substitution: message_r = vec E_r, m = F k;  top = the layer. A soft-max of products of sums cannot
 *               be pushed below the sums, and under width its scores are sums over all columns
 * Pitfalls:     a missing field is a vector of zeros that attends and is attended to
 * Test:         tests/des/test_attention.c */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    return p->shard->fields * p->k;
}

/* w: query, key, value (k, d); residual (k, d), or empty */
ts_tensor ts_des_attend(ts_ctx *ctx, ts_tensor e, const ts_tensor w[4], int64_t heads, double scale)
{
    ts_tensor part[3];
    for (int i = 0; i < 3; i++)
        part[i] = ts_split_heads(ctx, ts_matmul(ctx, e, w[i]), heads);
    ts_tensor y = ts_merge_heads(ctx, ts_attention(ctx, part[0], part[1], part[2], scale, NULL));
    if (!ts_is_empty(w[3]))
        y = ts_add(ctx, y, ts_matmul(ctx, e, w[3]));
    return ts_relu(ctx, y);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    return ts_des_attend(ctx, ts_reshape(ctx, sum, 3, deep), p->dense, p->heads, p->scale);
}

const ts_des_operator ts_des_attention = {"attention", width, ts_des_embedded, top, NULL, NULL};
