/* rows.h: optimisers of single rows: one update for each row that a step touches.
 *
 * A row is `width` values and its optimiser's state: `slots` times `width` numbers, slot after slot,
 * then `extras` numbers of the whole row. It is stored as F32 or F64; arithmetic is double. What a
 * step does not touch does not change: no decay, no moments, no average elsewhere. Every rule with its
 * equation and source: rows.c. */
#ifndef TS_DES_ROWS_H
#define TS_DES_ROWS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_ROW_SGD,
    TS_ROW_ADAGRAD,
    TS_ROW_ADAGRAD_MEAN, /* row-wise: one number for the row */
    TS_ROW_ADAM,
    TS_ROW_FTRL,
    TS_ROW_FTRL_GROUP,
    TS_ROW_RULES
} ts_row_rule;

typedef struct {
    ts_row_rule rule;
    double lr;           /* alpha of FTRL */
    double epsilon;
    double start;        /* of Adagrad's and FTRL's sum of squares */
    double beta1, beta2; /* Adam */
    bool corrected;      /* Adam: epsilon is added to the corrected root (torch.optim.Adam), or, without
                          * it, to the plain one (TensorFlow, torch.optim.SparseAdam) */
    bool own_steps;      /* Adam: t counts the row's updates (Monolith), or, without it, all steps */
    double beta, l1, l2; /* FTRL; TensorFlow's l2 enters doubled */
    double group;        /* lambda of the group lasso */
    double decay;        /* L2 of touched rows: g + decay w is the gradient */
} ts_row_optimizer;

/* "sgd", "adagrad", "adagrad-tf", "adagrad-row", "adam", "adam-tf", "ftrl", "ftrl-tf", "ftrl-group" with
 * the defaults of their origins; lazy Adam with steps of its own: set own_steps. False: no such name. */
bool ts_row_optimizer_named(ts_row_optimizer *o, const char *name);
const char *ts_row_optimizer_name(int i); /* NULL behind the last */

/* Fails with the setting that is out of range. */
ts_status ts_row_optimizer_check(ts_ctx *ctx, const ts_row_optimizer *o);

enum { TS_ROW_STATES = 3 };

typedef struct {
    int slots, extras;
    double start[TS_ROW_STATES]; /* of each slot, then of each extra number */
} ts_row_layout;

ts_row_layout ts_row_layout_of(const ts_row_optimizer *o);

/* The state of a row that was never updated: slots * width + extras numbers. */
void ts_row_begin(void *state, ts_dtype dtype, int64_t width, const ts_row_layout *layout);

/* One update by the gradient g (of the row's type). step: 1 for the first of the training. No pointer
 * may equal another. */
void ts_row_update(void *values, void *state, const void *g, const ts_row_optimizer *o, ts_dtype dtype,
                   int64_t width, int64_t step);

#ifdef __cplusplus
}
#endif
#endif
