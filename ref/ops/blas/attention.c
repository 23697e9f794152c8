/* attention.c: plain/attention.c in blocks on OpenBLAS: attention_blocks.h with scores in the storage's
 * type. Maxima, exponentials and their sums are made in double as everywhere. */
#include "ref/ops/blas/gemm.h"
#include "ref/ops/kernels.h"

typedef real cell;
enum { ROWS = TS_ATTENTION_ROWS * (int)(sizeof(double) / sizeof(real)) };

static void score_all(real *c, const real *x, const real *y, int64_t rows, int64_t width,
                     int64_t length)
{
    TS_GEMM(c, length, (ts_matrix){x, width, false}, (ts_matrix){y, width, true}, rows, width,
            length, false);
}

static void weighted(real *c, const real *weight, const real *x, int64_t rows, int64_t length,
                         int64_t width)
{
    TS_GEMM(c, width, (ts_matrix){weight, length, false}, (ts_matrix){x, width, false}, rows,
            length, width, false);
}

#define each_block ts_blas_for
#include "ref/ops/attention_blocks.h"
