/* evaluate.h: how good a network is on what it was not trained on. */
#ifndef TS_TRAIN_EVALUATE_H
#define TS_TRAIN_EVALUATE_H

#include "ref/train/data.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    double loss; /* mean over the rows, without label smoothing */
    double top1, top5; /* part of the rows whose target is the likeliest, among the five likeliest */
    int64_t rows;
} ts_train_score;

/* Every rank of the world calls and takes its shard of the held-out rows. Meanwhile the
 * running averages of the batch norms are their mean over the ranks (in rank order), so that one
 * network is judged; afterwards all is as it was: whether and when one evaluates changes no training. */
ts_status ts_train_evaluate(ts_comm *world, ts_model *model, const ts_train_data *data,
                            const ts_train_settings *s, const ts_train_stage *stage,
                            ts_train_score *score);

/* The place of the target among the logits of its row, from 0; equal ones in front count: a network
 * that says the same about all classes knows nothing. */
int64_t ts_train_place_of(const void *logits, ts_dtype type, int64_t classes, int64_t target);

#ifdef __cplusplus
}
#endif
#endif
