/* des.h: an operator on any number of ranks against its definition, and a batch with everything that
 * real ones have: missing fields, an empty sample, a feature twice in a sample and in two fields,
 * fields in any order, values of 0 and below, ids 0 and 2^64 - 1. */
#ifndef TESTS_SUPPORT_DES_H
#define TESTS_SUPPORT_DES_H

#include "ref/des/sharded.h"
#include "tests/support/op.h"

enum { DES_SAMPLES = 6, DES_FIELDS = 4, DES_ROWS = 8, DES_K = 3 };

typedef struct {
    const ts_des_operator *op;
    ts_fm_level level;
    ts_pool_mode mode;
    int64_t heads;
    double scale, step; /* of differences; smaller where there are kinks */
    bool weights;      /* linear weights and bias */
    int dense;         /* sizes of the operator's own weights, last 0 */
    int size[TS_DES_DENSE][4];
    ts_ownership how;  /* set by des_holds */
    int ranks;
} des_case;

/* The batch, as it is before absent values are left out; positive: without negative values. */
ts_sparse_batch des_batch(bool positive);
extern const int64_t des_row[]; /* of each occurrence */

/* Writes the result from the weights in order: embedding, weight, bias, dense; in plain doubles. */
typedef void des_definition(double *y, const ts_sparse_batch *batch, const double *const in[8]);

/* For every ownership and 1, 2, 3, 5 and 8 ranks the result is the definition's, of `n` numbers. For
 * some of them: gradients against differences, tables against each other, gauges. */
void des_holds(const des_case *c, des_definition *definition, int64_t n);

/* The pieces: an operation for op_gradients and the like, to be freed by op_free. */
op_case des_op(const des_case *c);

/* e (fields, DES_K) of a sample: sums of x v. */
void des_pooled(double *e, const ts_sparse_batch *b, int64_t sample, const double *embedding);

/* The cases of data/goldens/des whose file begins with `prefix`, as `check` judges them, as they are and
 * for every ownership and number of ranks; how many there were. */
int des_goldens(const char *prefix);

#endif
