/* batch.c: sparse samples and who owns them. See batch.h.
 *
 * Source: that weights stay with the ranks that own them is the paper's idea; which function of the id
 *         says who that is is a choice.
 * Test:   tests/des/test_batch.c */
#include "ref/des/batch.h"

#include "ref/des/ids.h"
#include "ref/des/table_id.h"

#include <math.h>

ts_status ts_batch_check(ts_ctx *ctx, const ts_sparse_batch *b)
{
    if (ctx->status)
        return ctx->status;
    if (b->fields < 1)
        return ts_fail(ctx, TS_ERROR_SHAPE, "a batch needs a field or more, not %lld",
                       (long long)b->fields);
    if (b->offset[0] != 0 || b->offset[b->samples] != b->count)
        return ts_fail(ctx, TS_ERROR_SHAPE,
                       "offsets go from %lld to %lld: expected 0 and the number of occurrences, %lld",
                       (long long)b->offset[0], (long long)b->offset[b->samples],
                       (long long)b->count);
    for (int64_t n = 0; n < b->samples; n++)
        if (b->offset[n] > b->offset[n + 1])
            return ts_fail(ctx, TS_ERROR_SHAPE, "offsets fall behind sample %lld", (long long)n);
    for (int64_t p = 0; p < b->count; p++) {
        if (b->field[p] < 0 || b->field[p] >= b->fields)
            return ts_fail(ctx, TS_ERROR_SHAPE, "occurrence %lld: field %lld is not in [0, %lld)",
                           (long long)p, (long long)b->field[p], (long long)b->fields);
        if (!isfinite(b->value[p]))
            return ts_fail(ctx, TS_ERROR_FORMAT, "nonfinite value of occurrence %lld, id %llu",
                           (long long)p, (unsigned long long)b->id[p]);
    }
    return TS_OK;
}

static ts_status add_up(ts_ctx *ctx, double *z, const ts_sparse_batch *b, ts_divide how)
{
    for (int64_t n = 0; n < b->samples; n++)
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++) {
            const double x = b->value[p];
            if (x < 0.0)
                return ts_fail(ctx, TS_ERROR_FORMAT,
                               "negative value %g of occurrence %lld, id %llu: a mean has none", x,
                               (long long)p, (unsigned long long)b->id[p]);
            z[n * b->fields + b->field[p]] += how == TS_DIVIDE_MEAN ? x : x * x;
        }
    return TS_OK;
}

const double *ts_batch_divisors(ts_ctx *ctx, const ts_sparse_batch *b, ts_divide how)
{
    int64_t n;
    if (!ts_mul_size(b->samples, b->fields, &n)) {
        ts_fail(ctx, TS_ERROR_SHAPE, "a batch of %lld samples and %lld fields is too large",
                (long long)b->samples, (long long)b->fields);
        return NULL;
    }
    double *z = ts_new_zero(ctx, TS_F64, 1, &n).data;
    if (ctx->status || add_up(ctx, z, b, how))
        return NULL;
    for (int64_t i = 0; i < n; i++)
        z[i] = z[i] == 0.0 ? 1.0 : how == TS_DIVIDE_MEAN ? z[i] : sqrt(z[i]);
    return z;
}

int ts_owner(ts_ownership how, int ranks, uint64_t id, int64_t field)
{
    if (how == TS_BY_WIDTH)
        return 0;
    if (how == TS_BY_FIELD)
        return (int)(field % ranks);
    return ts_id_owner(TS_ID_HASH, id, ranks);
}

ts_columns ts_columns_of(ts_ownership how, int64_t k, int ranks, int rank)
{
    if (how != TS_BY_WIDTH)
        return (ts_columns){0, k};
    const int64_t first = rank * k / ranks;
    return (ts_columns){first, (rank + 1) * k / ranks - first};
}

typedef struct {
    uint64_t *id, *key;
    int64_t *first, *row, *sample, *field;
    double *value;
    ts_ids ids;
} growing;

static ts_status room_for(ts_ctx *ctx, growing *g, int64_t count)
{
    const size_t n = (size_t)count;
    g->id = ts_take(ctx, n * sizeof *g->id);
    g->key = ts_take(ctx, n * sizeof *g->key);
    g->first = ts_take(ctx, n * sizeof *g->first);
    g->row = ts_take(ctx, n * sizeof *g->row);
    g->sample = ts_take(ctx, n * sizeof *g->sample);
    g->field = ts_take(ctx, n * sizeof *g->field);
    g->value = ts_take(ctx, n * sizeof *g->value);
    return ts_ids_open(ctx, &g->ids, g->id, count);
}

/* Occurrence p of sample n becomes the shard's next. */
static void add(growing *g, ts_sparse_shard *s, const ts_sparse_batch *b, int64_t n, int64_t p)
{
    const int64_t q = s->sample.count++;
    int64_t *row = ts_ids_place(&g->ids, b->id[p]);
    if (*row < 0) {
        *row = s->rows++;
        g->id[*row] = b->id[p];
        g->first[*row] = p;
    }
    g->row[q] = *row;
    g->key[q] = b->id[p];
    g->sample[q] = n;
    g->field[q] = n * b->fields + b->field[p];
    g->value[q] = b->value[p];
}

ts_status ts_batch_own(ts_ctx *ctx, ts_sparse_shard *s, const ts_sparse_batch *b,
                        ts_ownership how, int ranks, int rank)
{
    growing g;
    *s = (ts_sparse_shard){.how = how, .rank = rank, .ranks = ranks, .samples = b->samples,
                           .fields = b->fields};
    int64_t segments;
    if (!ts_mul_size(b->samples, b->fields, &segments))
        return ts_fail(ctx, TS_ERROR_SHAPE, "a batch of %lld samples and %lld fields is too large",
                       (long long)b->samples, (long long)b->fields);
    if (ctx->status || room_for(ctx, &g, b->count))
        return ctx->status;
    for (int64_t n = 0; n < b->samples; n++)
        for (int64_t p = b->offset[n]; p < b->offset[n + 1]; p++) {
            const bool own = how == TS_BY_WIDTH || ts_owner(how, ranks, b->id[p], b->field[p]) == rank;
            if (own && b->value[p] != 0.0)
                add(&g, s, b, n, p);
        }
    s->id = g.id;
    s->first = g.first;
    s->sample.row = g.row;
    s->sample.segment = g.sample;
    s->sample.value = g.value;
    s->sample.key = g.key;
    s->sample.rows = s->rows;
    s->field = s->sample;
    s->field.segment = g.field;
    s->sample.segments = b->samples;
    s->field.segments = segments;
    if (ts_bag_index(ctx, &s->sample))
        return ctx->status;
    return ts_bag_index(ctx, &s->field);
}
