/* pool.c: the values of a field pooled to one vector.
 *
 *     e_nf = sum over i in (n, f) of x_i v_i / z_nf     sum: z = 1; mean: the sum of x; sqrtn: the root
 *                                                       of the sum of x^2
 *     e_nf = max over i in (n, f) of v_i                max: of the rows themselves
 *
 * Source:       the combiners of tf.nn.embedding_lookup_sparse. An empty field is 0, never NaN
 * Substitution: message_r = the sum over the i that r owns, not divided;  m = F k
 *               top       = the sum of the messages, divided by z
 * Proof:        z depends on the sample alone, so 1 / z stands before the sum, whoever owns its terms.
 *               (To divide before adding, by what a rank owns itself, is another function.)
 * Maximum:      message_r = the maximum over own i, -infinity without any; max is associative. Of equal
 *               values the smallest id's row gets the gradient, then the first occurrence's; no two
 *               ranks have one id of one field and column.
 * Backward:     dL/dv_i = sum over (n, f) of x_i dL/de_nf / z_nf, local; of a maximum: a round of keys
 * Test:         tests/des/test_pool.c                        Golden: des/pool_* */
#include "ref/des/operator.h"

#include <math.h>

static int64_t width(const ts_des_part *p)
{
    return p->shard->fields * p->k;
}

static int64_t back(const ts_des_part *p)
{
    return p->mode == TS_POOL_MAX ? p->shard->samples * width(p) * (int64_t)sizeof(uint64_t) : 0;
}

/* (n, count) of -infinity. */
static ts_tensor nothing(ts_ctx *ctx, int64_t n, int64_t count)
{
    const ts_tensor x = ts_new(ctx, ctx->compute, 2, (const int64_t[]){n, count});
    for (int64_t i = 0; i < n * count && !ctx->status; i++)
        ts_store(x.data, x.dtype, i, -(double)INFINITY);
    return x;
}

/* Own columns among those of others. */
static ts_tensor spread(ts_ctx *ctx, ts_tensor x, ts_columns own, int64_t k)
{
    const int64_t n = ctx->status ? 0 : x.size[0], after = k - own.first - own.count;
    ts_tensor part[3];
    int parts = 0;
    if (ctx->status || own.count == k)
        return x;
    if (own.count == 0)
        return nothing(ctx, n, k);
    if (own.first > 0)
        part[parts++] = nothing(ctx, n, own.first);
    part[parts++] = x;
    if (after > 0)
        part[parts++] = nothing(ctx, n, after);
    return ts_concat(ctx, part, parts, 1);
}

static ts_tensor spread_places(ts_ctx *ctx, ts_tensor where, ts_columns own, int64_t k)
{
    const int64_t n = ctx->status ? 0 : where.size[0];
    const ts_tensor all = ts_new(ctx, TS_I64, 2, (const int64_t[]){n, k});
    for (int64_t i = 0; i < n * k && !ctx->status; i++) {
        const int64_t c = i % k - own.first;
        ((int64_t *)all.data)[i] = c < 0 || c >= own.count
                                       ? -1
                                       : ((const int64_t *)where.data)[i / k * own.count + c];
    }
    return all;
}

static ts_tensor message(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const ts_columns own = ts_columns_of(p->shard->how, p->k, p->shard->ranks, p->shard->rank);
    if (p->mode != TS_POOL_MAX)
        return ts_des_embedded(p);
    ts_tensor where;
    const ts_tensor most = ts_bag_max(ctx, &where, p->rows, &p->shard->field);
    *p->places = spread_places(ctx, where, own, p->k);
    return ts_reshape(ctx, spread(ctx, most, own, p->k), 2,
                      (const int64_t[]){p->shard->samples, width(p)});
}

static ts_tensor aggregate(const ts_des_part *p, ts_tensor own)
{
    return p->mode == TS_POOL_MAX
               ? ts_max_over_ranks(p->comm, own, *p->places, &p->shard->field)
               : ts_sum_over_ranks(p->comm, own);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    const int64_t one[3] = {p->shard->samples, p->shard->fields, 1};
    const ts_tensor e = ts_reshape(ctx, sum, 3, deep);
    if (!p->divisor)
        return e;
    const ts_tensor share = ts_new(ctx, ctx->compute, 3, one);
    for (int64_t i = 0; i < one[0] * one[1] && !ctx->status; i++)
        ts_store(share.data, share.dtype, i, 1.0 / p->divisor[i]);
    return ts_mul(ctx, e, share);
}

const ts_des_operator ts_des_pooling = {"pooling", width, message, top, aggregate, back};
