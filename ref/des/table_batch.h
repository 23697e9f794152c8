/* table_batch.h: the occurrences of a step, by distinct id.
 *
 * A step asks the table once for each distinct id, and updates each row once, by the sum of the
 * gradients of its occurrences. */
#ifndef TS_DES_TABLE_BATCH_H
#define TS_DES_TABLE_BATCH_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All of it in the arena. */
typedef struct {
    int64_t count, distinct;
    uint64_t *id;    /* distinct, in the order of their first occurrences */
    uint32_t *times; /* distinct: how often each occurs */
    int64_t *index;  /* count: which of the distinct ids an occurrence is */
    int64_t *start;  /* distinct + 1: those of id i are at[start[i]] .. at[start[i + 1] - 1], */
    int64_t *at;     /* count: in order */
} ts_id_batch;

ts_status ts_id_batch_of(ts_ctx *ctx, ts_id_batch *batch, const uint64_t *id, int64_t count);

/* values (distinct, width) to each occurrence: to (count, width); F32 or F64. */
void ts_id_batch_spread(const ts_id_batch *batch, void *to, const void *values, ts_dtype dtype,
                        int64_t width);

/* g (count, width) to sums (distinct, width): of each id in the order of its occurrences, in double,
 * rounded once: the same for any number of threads. */
void ts_id_batch_sum(const ts_id_batch *batch, void *sum, const void *g, ts_dtype dtype, int64_t width);

#ifdef __cplusplus
}
#endif
#endif
