/* operator.h: an operator of a recommender, and its equivalent substitution.
 *
 *     O(x, W) = top( sum over r of message_r(x_r, W_r) )
 *
 * A weights-rich operator O is replaced by one sub-operator a rank, which makes a message of m numbers
 * for every sample from the rank's own rows; the messages are added (aggregate.h), and the top makes
 * the result of their sum. m does not depend on how many rows there are. Everything is written once,
 * forward, in operations of the tape, so the way back is its mirror: the message's gradient to the
 * gradients of own rows. One rank is a world of its own and runs the same lines.
 *
 * The idea (sub-operators where the weights are, partial results aggregated) is that of Rong et al.,
 * SIGIR 2020. The operators and their proofs are derived here; each file says what it computes. */
#ifndef TS_DES_OPERATOR_H
#define TS_DES_OPERATOR_H

#include "ref/des/aggregate.h"
#include "ref/des/batch.h"
#include "ref/ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_FM_FEATURE, TS_FM_FIELD } ts_fm_level;
typedef enum { TS_POOL_SUM, TS_POOL_MEAN, TS_POOL_SQRTN, TS_POOL_MAX } ts_pool_mode;

enum { TS_DES_DENSE = 5 };

/* What an operator sees of the world on one rank. Weights that all ranks hold are the same on all. */
typedef struct {
    ts_comm *comm;                /* comm->ctx computes */
    const ts_sparse_shard *shard;
    int64_t k;                    /* width of whole rows; of a rank's rows: ts_columns_of */
    ts_tensor rows;               /* (shard->rows, own columns), ffm: (shard->rows, fields, columns) */
    ts_tensor weight;             /* (shard->rows): linear weights; by width rank 0's alone count */
    ts_tensor bias;               /* (1) */
    ts_tensor dense[TS_DES_DENSE];/* the operator's own weights, in the order of its names */
    int dense_count;
    ts_fm_level level;            /* fm, bi_interaction */
    ts_pool_mode mode;            /* pooling */
    const double *divisor;        /* pooling by mean and sqrtn: ts_batch_divisors */
    int64_t heads;                /* attention */
    double scale;                 /* attention: of the scores */
    ts_tensor *places;            /* pooling by maximum: from its message to its aggregation */
} ts_des_part;

typedef struct {
    const char *name;
    /* m: numbers of message for a sample. */
    int64_t (*width)(const ts_des_part *p);
    /* (samples, m), from own rows alone. */
    ts_tensor (*message)(const ts_des_part *p);
    /* From the sum of all messages, (samples, m). */
    ts_tensor (*top)(const ts_des_part *p, ts_tensor sum);
    /* Instead of the sum, where an operator has its own way (pooling by maximum); or NULL. */
    ts_tensor (*aggregate)(const ts_des_part *p, ts_tensor message);
    /* Bytes that are all-reduced on the way back, or NULL: none. */
    int64_t (*back)(const ts_des_part *p);
} ts_des_operator;

extern const ts_des_operator ts_des_linear, ts_des_fm, ts_des_pooling, ts_des_fc, ts_des_dcn,
    ts_des_cin, ts_des_inner_product, ts_des_ffm, ts_des_attention, ts_des_bi_interaction;

/* Message, aggregation, top, on one rank; all ranks call. message may be NULL: what this rank sends.
 * A message that is not (samples, m) fails. */
ts_tensor ts_des_apply(const ts_des_operator *op, const ts_des_part *p, ts_tensor *message);

/* Parts that messages are made of. ------------------------------------------------------------- */

/* (samples, 1): the sum of x w over own features. Nothing (zeros) where the rank has no weights. */
ts_tensor ts_des_linear_part(const ts_des_part *p);

/* (samples, g, k): x (samples, g, own columns) with zeros in the columns of others. */
ts_tensor ts_des_spread(const ts_des_part *p, ts_tensor x);

/* (samples, fields, own columns): own rows summed by field, not divided. */
ts_tensor ts_des_pooled(const ts_des_part *p);

/* (samples, fields k), vec(E) field by field: the message of whatever stands on E. */
ts_tensor ts_des_embedded(const ts_des_part *p);

/* (samples, k): sums of x v, and sums of (x v)^2 number by number, over own features. */
ts_tensor ts_des_sums(const ts_des_part *p);
ts_tensor ts_des_squares(const ts_des_part *p);

/* Of all numbers of a sample: (samples, 1), times factor. */
ts_tensor ts_des_total(ts_ctx *ctx, ts_tensor x, double factor);

/* (samples) + bias. */
ts_tensor ts_des_logit(ts_ctx *ctx, ts_tensor x, ts_tensor bias);

/* x (samples, n) as columns first .. first + count - 1. */
ts_tensor ts_des_columns(ts_ctx *ctx, ts_tensor x, int64_t first, int64_t count);

/* Tops that models share, on E as (samples, fields, k) or what is said. -------------------------- */

ts_tensor ts_des_fm_pairs(ts_ctx *ctx, ts_tensor e);           /* field level: (samples, 1) */
ts_tensor ts_des_bi_pairs(ts_ctx *ctx, ts_tensor e);           /* field level: (samples, k) */
ts_tensor ts_des_inner_pairs(ts_ctx *ctx, ts_tensor e);        /* (samples, fields (fields - 1) / 2) */
ts_tensor ts_des_cin_sums(ts_ctx *ctx, ts_tensor e, const ts_tensor *w, int layers);
ts_tensor ts_des_attend(ts_ctx *ctx, ts_tensor e, const ts_tensor w[4], int64_t heads,
                        double scale);                         /* (samples, fields, d) */

/* DCN from its message (samples, layers + 1): (samples). cross (layers, n), out (n). */
ts_tensor ts_des_cross(ts_ctx *ctx, ts_tensor p, ts_tensor weight, ts_tensor bias, ts_tensor out);

#ifdef __cplusplus
}
#endif
#endif
