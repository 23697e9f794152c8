/* operator.c: message, aggregation, top; and the parts that messages are made of. See operator.h.
 * Test: tests/des/test_operator.c */
#include "ref/des/operator.h"

#include <math.h>

/* A number that is not finite ends all ranks together: they all see it. */
static ts_status check_sum(ts_ctx *ctx, const ts_des_operator *op, ts_tensor sum)
{
    const int64_t m = ctx->status || sum.size[1] == 0 ? 1 : sum.size[1];
    for (int64_t i = 0; !ctx->status && i < ts_numel(sum); i++)
        if (!isfinite(ts_load(sum.data, sum.dtype, i)))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: nonfinite sum of messages, sample %lld, number %lld",
                    op->name, (long long)(i / m), (long long)(i % m));
    return ctx->status;
}

ts_tensor ts_des_apply(const ts_des_operator *op, const ts_des_part *part, ts_tensor *message)
{
    ts_tensor places = {0};
    ts_des_part with = *part;
    const ts_des_part *p = &with;
    with.places = &places;
    ts_ctx *ctx = p->comm->ctx;
    const int64_t size[2] = {p->shard->samples, op->width(p)};
    const ts_tensor own = op->message(p);
    char got[TS_SHAPE_TEXT];
    if (message)
        *message = own;
    if (!ctx->status && (own.rank != 2 || own.size[0] != size[0] || own.size[1] != size[1]))
        ts_fail(ctx, TS_ERROR_MISMATCH, "%s: the message of rank %d is %s, not (%lld, %lld)",
                op->name, p->comm->rank, ts_shape_text(got, own), (long long)size[0],
                (long long)size[1]);
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor sum = op->aggregate ? op->aggregate(p, own) : ts_sum_over_ranks(p->comm, own);
    return check_sum(ctx, op, sum) ? (ts_tensor){0} : op->top(p, sum);
}

ts_tensor ts_des_linear_part(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t column[2] = {p->shard->rows, 1}, size[2] = {p->shard->samples, 1};
    if (p->shard->how == TS_BY_WIDTH && p->shard->rank != 0)
        return ts_new_zero(ctx, ctx->compute, 2, size);
    return ts_bag_sum(ctx, ts_reshape(ctx, p->weight, 2, column), &p->shard->sample);
}

ts_tensor ts_des_spread(const ts_des_part *p, ts_tensor x)
{
    ts_ctx *ctx = p->comm->ctx;
    const ts_columns own = ts_columns_of(p->shard->how, p->k, p->shard->ranks, p->shard->rank);
    if (ctx->status || own.count == p->k)
        return x;
    const int64_t all[3] = {x.size[0], x.size[1], p->k};
    const int64_t before[3] = {x.size[0], x.size[1], own.first};
    const int64_t after[3] = {x.size[0], x.size[1], p->k - own.first - own.count};
    ts_tensor part[3];
    int parts = 0;
    if (own.count == 0)
        return ts_new_zero(ctx, ctx->compute, 3, all);
    if (before[2] > 0)
        part[parts++] = ts_new_zero(ctx, ctx->compute, 3, before);
    part[parts++] = x;
    if (after[2] > 0)
        part[parts++] = ts_new_zero(ctx, ctx->compute, 3, after);
    return ts_concat(ctx, part, parts, 2);
}

ts_tensor ts_des_pooled(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const ts_tensor e = ts_bag_sum(ctx, p->rows, &p->shard->field);
    const int64_t size[3] = {p->shard->samples, p->shard->fields, ts_size(p->rows, -1)};
    return ts_reshape(ctx, e, 3, size);
}

ts_tensor ts_des_embedded(const ts_des_part *p)
{
    const int64_t size[2] = {p->shard->samples, p->shard->fields * p->k};
    return ts_reshape(p->comm->ctx, ts_des_spread(p, ts_des_pooled(p)), 2, size);
}

/* (samples, own columns) to (samples, k). */
static ts_tensor spread_rows(const ts_des_part *p, ts_tensor x)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t deep[3] = {p->shard->samples, 1, ts_size(p->rows, -1)};
    const int64_t flat[2] = {p->shard->samples, p->k};
    return ts_reshape(ctx, ts_des_spread(p, ts_reshape(ctx, x, 3, deep)), 2, flat);
}

ts_tensor ts_des_sums(const ts_des_part *p)
{
    return spread_rows(p, ts_bag_sum(p->comm->ctx, p->rows, &p->shard->sample));
}

/* (x v)^2 = x^2 v^2: a bag of the squared rows with squared values. */
ts_tensor ts_des_squares(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    ts_bag *bag = ts_take(ctx, sizeof *bag);
    double *square = ts_take(ctx, (size_t)p->shard->sample.count * sizeof *square);
    if (ctx->status)
        return (ts_tensor){0};
    *bag = p->shard->sample;
    for (int64_t i = 0; i < bag->count; i++)
        square[i] = bag->value[i] * bag->value[i];
    bag->value = square;
    return spread_rows(p, ts_bag_sum(ctx, ts_mul(ctx, p->rows, p->rows), bag));
}

ts_tensor ts_des_total(ts_ctx *ctx, ts_tensor x, double factor)
{
    if (ctx->status)
        return (ts_tensor){0};
    int64_t flat[2] = {x.size[0], 1}, one[2] = {1, 1};
    for (int i = 1; i < x.rank; i++)
        flat[1] *= x.size[i];
    one[1] = flat[1];
    const ts_tensor w = ts_new(ctx, ctx->compute, 2, one);
    for (int64_t i = 0; i < flat[1] && !ctx->status; i++)
        ts_store(w.data, w.dtype, i, factor);
    return ts_linear(ctx, ts_reshape(ctx, x, 2, flat), w, (ts_tensor){0});
}

ts_tensor ts_des_logit(ts_ctx *ctx, ts_tensor x, ts_tensor bias)
{
    const int64_t n[1] = {ctx->status ? 0 : x.size[0]};
    return ts_add(ctx, ts_reshape(ctx, x, 1, n), bias);
}

ts_tensor ts_des_columns(ts_ctx *ctx, ts_tensor x, int64_t first, int64_t count)
{
    return ts_slice(ctx, x, 1, first, count);
}
