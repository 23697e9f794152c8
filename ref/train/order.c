/* order.c: permutations of samples.
 * Test: tests/train/test_order.c */
#include "ref/train/order.h"

#include "ref/base/rng.h"
#include "ref/comm/collective.h"

#include <string.h>

enum { FOLDS_STREAM = 1, EPOCHS_STREAM = 1 << 20 };

/* at[i] changes places with one of at[0 .. i]: number i of the stream says which. */
void ts_shuffle(int64_t *at, int64_t n, uint64_t seed, uint64_t stream)
{
    for (int64_t i = n - 1, k; i > 0; i--) {
        ts_philox_ints(&k, seed, stream, (uint64_t)i, 1, 0, i + 1);
        const int64_t keep = at[i];
        at[i] = at[k];
        at[k] = keep;
    }
}

ts_status ts_split_folds(ts_ctx *ctx, ts_split *split, int64_t count, int64_t folds, int64_t fold,
                         uint64_t seed)
{
    *split = (ts_split){0};
    if (ctx->status)
        return ctx->status;
    if (folds < 1 || folds > count || fold < 0 || fold >= folds)
        return ts_fail(ctx, TS_ERROR_USAGE, "fold %lld of %lld over %lld samples", (long long)fold,
                       (long long)folds, (long long)count);
    int64_t *all = ts_alloc((size_t)count * 2 * sizeof *all);
    if (!all)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the order of %lld samples",
                       (long long)count);
    const ts_shard part = folds > 1 ? ts_shard_of(count, (int)folds, (int)fold) : (ts_shard){0, 0};
    int64_t *order = all + count;
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    ts_shuffle(order, count, seed, FOLDS_STREAM);
    *split = (ts_split){all, all + count - part.count, count - part.count, part.count};
    memcpy(split->test, order + part.begin, (size_t)part.count * sizeof *all);
    memcpy(split->train, order, (size_t)part.begin * sizeof *all);
    memcpy(split->train + part.begin, order + part.begin + part.count,
           (size_t)(count - part.begin - part.count) * sizeof *all);
    return TS_OK;
}

void ts_split_free(ts_split *split)
{
    ts_free(split->train);
    *split = (ts_split){0};
}

void ts_epoch_order(int64_t *to, const int64_t *from, int64_t n, uint64_t seed, int64_t epoch)
{
    if (n > 0)
        memcpy(to, from, (size_t)n * sizeof *to);
    ts_shuffle(to, n, seed, EPOCHS_STREAM + (uint64_t)epoch);
}
