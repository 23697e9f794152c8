/* order.h: which pictures, in which order: the same on every machine and for every number of ranks.
 *
 * An epoch is a permutation of the samples (Fisher-Yates, numbers of Philox); a global batch is the
 * next B of it, and rank r takes its shard (comm/collective.h) of the batch: so a run on P ranks sees
 * the same batches as a run on one. */
#ifndef TS_TRAIN_ORDER_H
#define TS_TRAIN_ORDER_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* at[0 .. n) becomes a permutation of itself, by (seed, stream). n below 2^32. */
void ts_shuffle(int64_t *at, int64_t n, uint64_t seed, uint64_t stream);

/* Two lists of sample numbers, one memory: training, then testing. */
typedef struct {
    int64_t *train, *test;
    int64_t trains, tests;
} ts_split;

/* Cuts `count` samples, shuffled by `seed`, into `folds` parts as equal as they can be; part `fold`
 * (from 0) is for testing. folds 1: nothing is, all is for training. Freed by ts_split_free. */
ts_status ts_split_folds(ts_ctx *ctx, ts_split *split, int64_t count, int64_t folds, int64_t fold,
                         uint64_t seed);
void ts_split_free(ts_split *split);

/* The order of an epoch: a copy of the n numbers at `from`, shuffled. */
void ts_epoch_order(int64_t *to, const int64_t *from, int64_t n, uint64_t seed, int64_t epoch);

#ifdef __cplusplus
}
#endif
#endif
