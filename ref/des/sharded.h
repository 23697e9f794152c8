/* sharded.h: one operator on N ranks, as one operation on the caller's tape.
 *
 * The caller has the whole table and the whole batch; ranks (threads) take what they own, send their
 * messages and come to the same result. So an operator and its substitution can be run and judged by
 * name, and a test can compare any number of ranks with one.
 *
 * After each run it is checked that all ranks have the same bits, and that every rank sent exactly the
 * bytes that the formula says: a rank that is never used, or a message of another size, fails. */
#ifndef TS_DES_SHARDED_H
#define TS_DES_SHARDED_H

#include "ref/des/operator.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const ts_des_operator *op;
    ts_sparse_batch batch; /* features that the table has */
    const int64_t *row;    /* of each occurrence, in the table */
    ts_ownership how;
    int ranks;
    int64_t k;
    ts_tensor embedding;   /* (V, k), or (V, fields, k); empty: the operator has none */
    ts_tensor weight;      /* (V), or empty */
    ts_tensor bias;        /* (1), or empty */
    ts_tensor dense[TS_DES_DENSE];
    int dense_count;
    ts_fm_level level;
    ts_pool_mode mode;
    const double *divisor;
    int64_t heads;
    double scale;
    json_t *facts;         /* or NULL: what was counted is put there */
} ts_sharded;

/* The result of the operator. Messages are handed to the trace as "message.RANK" (samples, m). `s` is
 * in the arena, or lives as long as the tape. */
ts_tensor ts_sharded_apply(ts_ctx *ctx, const ts_sharded *s);

#ifdef __cplusplus
}
#endif
#endif
