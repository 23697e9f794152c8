/* gemm.c: whole products on all threads, in tiles of fixed size. */
#include "ref/ops/blas/gemm.h"

/* Rows and columns of a tile; a product of few rows is cut finer across. */
enum { ROWS = 256, COLUMNS = 512, FEW_ROWS = 64, NARROW = 128 };

static int64_t columns_of(const ts_product *job)
{
    return job->rows < FEW_ROWS ? NARROW : COLUMNS;
}

static const real *corner(ts_matrix m, int64_t pair, int64_t row, int64_t column)
{
    const real *data = (const real *)m.data + pair;
    return data + (m.flipped ? column * m.ld + row : row * m.ld + column);
}

static void one_tile(const ts_product *job, int64_t pair, int64_t row, int64_t column)
{
    const int64_t rows = row + ROWS < job->rows ? ROWS : job->rows - row;
    const int64_t width = columns_of(job);
    const int64_t columns = column + width < job->columns ? width : job->columns - column;
    ts_matrix a = job->a, b = job->b;
    real *y = job->y + pair * job->next_y + row * job->ldy + column;
    a.data = corner(a, pair * job->next_a, row, 0);
    b.data = corner(b, pair * job->next_b, 0, column);
    TS_GEMM(y, job->ldy, a, b, rows, job->k, columns, false);
    for (int64_t i = 0; i < rows && job->bias; i++)
        for (int64_t j = 0; j < columns; j++)
            y[i * job->ldy + j] += job->bias[column + j];
}

static void tiles(void *arg, int64_t first, int64_t last)
{
    const ts_product *job = arg;
    const int64_t width = columns_of(job);
    const int64_t across = (job->columns + width - 1) / width, down = (job->rows + ROWS - 1) / ROWS;
    for (int64_t i = first; i < last; i++)
        one_tile(job, i / (across * down), i / across % down * ROWS, i % across * width);
}

void TS_NAME(product)(const ts_product *job)
{
    ts_product copy = *job;
    const int64_t width = columns_of(job);
    const int64_t across = (job->columns + width - 1) / width, down = (job->rows + ROWS - 1) / ROWS;
    ts_blas_for(job->batch * across * down, 1, tiles, &copy);
}
