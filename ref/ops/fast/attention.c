/* attention.c: plain/attention.c in blocks, the same bits: attention_blocks.h in double. */
#include "ref/base/par.h"
#include "ref/ops/fast/gemm.h"
#include "ref/ops/kernels.h"

#include <string.h>

typedef double cell;
enum { ROWS = TS_ATTENTION_ROWS };

static void score_all(double *c, const real *x, const real *y, int64_t rows, int64_t width,
                      int64_t length)
{
    memset(c, 0, (size_t)(rows * length) * sizeof *c);
    ts_add_product(c, length, ts_factor_of(x, width, 1), ts_factor_of(y, width, 1), rows, width,
                   length);
}

static void weighted(double *c, const double *weight, const real *x, int64_t rows,
                     int64_t length, int64_t width)
{
    memset(c, 0, (size_t)(rows * width) * sizeof *c);
    ts_add_product(c, width, (ts_factor){.data = weight, .side = length, .along = 1},
                   ts_factor_of(x, 1, width), rows, length, width);
}

#define each_block ts_par_for
#include "ref/ops/attention_blocks.h"
