/* agree.h: what the ranks of a training must agree upon, outside of what is counted and timed. */
#ifndef TS_TRAIN_AGREE_H
#define TS_TRAIN_AGREE_H

#include "ref/comm/comm.h"
#include "ref/models/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What one rank brings, and what all learn: the largest of each. */
typedef struct {
    int64_t stop; /* not 0: somebody wants to end */
    int64_t bad;  /* ts_agree_bad of the lowest rank that has one; 0: none */
} ts_agree_words;

ts_status ts_agree(ts_comm *world, ts_agree_words *words);

/* The first parameter whose gradient holds NaN or infinity, as a number for ts_agree_words; 0: all
 * are finite. */
int64_t ts_agree_bad(const ts_comm *world, const ts_model *model, const void *gradients);
void ts_agree_bad_place(const ts_comm *world, const ts_model *model, int64_t bad, int *rank,
                        const char **name);

/* Fails on every rank unless all hold the same bits. */
ts_status ts_agree_same(ts_comm *world, const void *data, int64_t bytes, const char *what,
                        int64_t step);

/* The sum of n numbers over the ranks, the same on all of them. */
ts_status ts_agree_sum(ts_comm *world, double *x, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
