/* batch.h: a batch of sparse samples, and the part of it that one rank owns.
 *
 * A batch is a list of occurrences: sample b owns occurrences offset[b] .. offset[b + 1] - 1, in any
 * order of fields; each is a feature (a 64-bit id, any value is legal) of a field with a factor. An
 * occurrence with the factor 0 is absent.
 *
 * Ownership: every occurrence belongs to one rank, whose memory holds the feature's row
 *
 *     hash    mix64(id xor 0x9E3779B97F4A7C15) mod N
 *     field   field mod N: a feature that stands in several fields is split by occurrence
 *     width   everybody: rank r holds the columns [r k / N, (r + 1) k / N) of every row, and rank 0
 *             the linear weights
 *
 * A rank that owns nothing is legal. */
#ifndef TS_DES_BATCH_H
#define TS_DES_BATCH_H

#include "ref/ops/bag.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_BY_HASH, TS_BY_FIELD, TS_BY_WIDTH } ts_ownership;

typedef struct {
    int64_t samples, fields, count;
    const uint64_t *id;    /* count */
    const int64_t *field;  /* count, each in [0, fields) */
    const double *value;   /* count, finite */
    const int64_t *offset; /* samples + 1, from 0 to count */
} ts_sparse_batch;

/* Fails with the occurrence or the sample that is wrong: offsets that fall or do not end at count, a
 * field out of range, a value that is not finite ("nonfinite"). */
ts_status ts_batch_check(ts_ctx *ctx, const ts_sparse_batch *batch);

/* The divisors of weighted means, (samples, fields) in the arena: mean: the sum of the values; root:
 * the root of the sum of their squares; 1 where a field is empty. They depend on the sample alone,
 * not on who owns what. A negative value fails and names the occurrence. */
typedef enum { TS_DIVIDE_MEAN, TS_DIVIDE_ROOT } ts_divide;
const double *ts_batch_divisors(ts_ctx *ctx, const ts_sparse_batch *batch, ts_divide how);

/* The rank of 0 .. ranks - 1; by width every rank owns, and 0 is returned. */
int ts_owner(ts_ownership how, int ranks, uint64_t id, int64_t field);

/* The columns of k that a rank holds: all but by width. */
typedef struct {
    int64_t first, count;
} ts_columns;
ts_columns ts_columns_of(ts_ownership how, int64_t k, int ranks, int rank);

/* What a rank has of a batch. Rows are the distinct ids in order of their first occurrence; the bags
 * gather them by sample, and by (sample, field). Everything lives in the arena. */
typedef struct {
    ts_ownership how;
    int rank, ranks;
    int64_t samples, fields, rows;
    const uint64_t *id;   /* rows */
    const int64_t *first; /* rows: the occurrence of the batch by which a row came in */
    ts_bag sample;        /* segments: samples */
    ts_bag field;         /* segments: samples * fields */
} ts_sparse_shard;
ts_status ts_batch_own(ts_ctx *ctx, ts_sparse_shard *shard, const ts_sparse_batch *batch,
                        ts_ownership how, int ranks, int rank);

#ifdef __cplusplus
}
#endif
#endif
