/* table_batch.c: distinct ids by open addressing, their occurrences by counting.
 *
 *     sum[i] = g[a] + g[b] + ...   over the occurrences a < b < ... of id i
 *
 * The index has at least twice as many places as there are occurrences, so a search ends; a place holds
 * the number of a distinct id, or -1. Test: tests/des/test_table_batch.c */
#include "ref/des/table_batch.h"

#include "ref/base/par.h"
#include "ref/base/rng.h"

#include <string.h>

enum { PIECE = 256 };

static int64_t *place_of(int64_t *place, uint64_t mask, const uint64_t *ids, uint64_t id)
{
    uint64_t i = ts_mix64(id) & mask;
    while (place[i] >= 0 && ids[place[i]] != id)
        i = (i + 1) & mask;
    return &place[i];
}

static void count_ids(ts_id_batch *b, const uint64_t *id, int64_t *place, uint64_t mask)
{
    memset(place, -1, (size_t)(mask + 1) * sizeof *place);
    for (int64_t i = 0; i < b->count; i++) {
        int64_t *p = place_of(place, mask, b->id, id[i]);
        if (*p < 0) {
            *p = b->distinct++;
            b->id[*p] = id[i];
            b->times[*p] = 0;
        }
        b->index[i] = *p;
        b->times[*p]++;
    }
    int64_t total = 0;
    for (int64_t k = 0; k < b->distinct; k++) {
        b->start[k] = total;
        total += b->times[k];
    }
    for (int64_t i = 0; i < b->count; i++) /* start[k] moves to the end of k, which is where k + 1 was */
        b->at[b->start[b->index[i]]++] = i;
    memmove(b->start + 1, b->start, (size_t)b->distinct * sizeof *b->start);
    b->start[0] = 0;
}

ts_status ts_id_batch_of(ts_ctx *ctx, ts_id_batch *batch, const uint64_t *id, int64_t count)
{
    *batch = (ts_id_batch){.count = count};
    if (ctx->status)
        return ctx->status;
    if (count < 0 || count >= (int64_t)UINT32_MAX)
        return ts_fail(ctx, TS_ERROR_SHAPE, "%lld occurrences in a batch", (long long)count);
    const size_t n = (size_t)count;
    uint64_t mask = 1;
    while (mask + 1 < 2 * (uint64_t)count)
        mask = 2 * mask + 1;
    batch->id = ts_take(ctx, n * sizeof *batch->id);
    batch->times = ts_take(ctx, n * sizeof *batch->times);
    batch->index = ts_take(ctx, n * sizeof *batch->index);
    batch->start = ts_take(ctx, (n + 1) * sizeof *batch->start);
    batch->at = ts_take(ctx, n * sizeof *batch->at);
    const ts_arena_mark here = ts_arena_here(&ctx->arena);
    int64_t *place = ts_take(ctx, (size_t)(mask + 1) * sizeof *place);
    if (!ctx->status)
        count_ids(batch, id, place, mask);
    ts_arena_return(&ctx->arena, here);
    return ctx->status;
}

typedef struct {
    const ts_id_batch *b;
    void *to;
    const void *from;
    ts_dtype dtype;
    int64_t width;
} work;

static void spread_some(void *arg, int64_t first, int64_t last)
{
    const work *w = arg;
    const size_t bytes = (size_t)w->width * ts_dtype_size(w->dtype);
    for (int64_t i = first; i < last; i++)
        memcpy((char *)w->to + (size_t)i * bytes,
               (const char *)w->from + (size_t)w->b->index[i] * bytes, bytes);
}

void ts_id_batch_spread(const ts_id_batch *batch, void *to, const void *values, ts_dtype dtype,
                        int64_t width)
{
    work w = {batch, to, values, dtype, width};
    ts_par_for(batch->count, PIECE, spread_some, &w);
}

static void add_row(double *sum, const work *w, int64_t occurrence, int64_t first, int64_t n)
{
    const int64_t at = occurrence * w->width + first;
    if (w->dtype == TS_F32)
        for (int64_t j = 0; j < n; j++)
            sum[j] += (double)((const float *)w->from)[at + j];
    else
        for (int64_t j = 0; j < n; j++)
            sum[j] += ((const double *)w->from)[at + j];
}

static void sum_some(void *arg, int64_t first, int64_t last)
{
    enum { COLUMNS = 64 };
    const work *w = arg;
    for (int64_t i = first; i < last; i++)
        for (int64_t column = 0; column < w->width; column += COLUMNS) {
            const int64_t n = w->width - column < COLUMNS ? w->width - column : COLUMNS;
            double sum[COLUMNS] = {0};
            for (int64_t k = w->b->start[i]; k < w->b->start[i + 1]; k++)
                add_row(sum, w, w->b->at[k], column, n);
            const int64_t at = i * w->width + column;
            if (w->dtype == TS_F32)
                for (int64_t j = 0; j < n; j++)
                    ((float *)w->to)[at + j] = (float)sum[j];
            else
                memcpy((double *)w->to + at, sum, (size_t)n * sizeof *sum);
        }
}

void ts_id_batch_sum(const ts_id_batch *batch, void *sum, const void *g, ts_dtype dtype, int64_t width)
{
    work w = {batch, sum, g, dtype, width};
    ts_par_for(batch->distinct, PIECE, sum_some, &w);
}
