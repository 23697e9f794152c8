/* gemm.c: whole products on all threads, a tile of the result at a time. */
#include "ref/ops/fast/gemm.h"

#include "ref/base/par.h"

#include <string.h>

enum { ROWS = 256, COLUMNS = TS_BLOCK_COLUMNS }; /* of a tile */

static ts_factor moved(ts_factor f, int64_t by)
{
    f.data = (const real *)f.data + by;
    return f;
}

static void one_tile(const ts_product *job, int64_t pair, int64_t row, int64_t column)
{
    double c[ROWS * COLUMNS];
    const int64_t rows = row + ROWS < job->rows ? ROWS : job->rows - row;
    const int64_t columns = column + COLUMNS < job->columns ? COLUMNS : job->columns - column;
    memset(c, 0, (size_t)(rows * COLUMNS) * sizeof *c);
    ts_add_product(c, COLUMNS, moved(job->a, pair * job->next_a + row * job->a.side),
                   moved(job->b, pair * job->next_b + column * job->b.side), rows, job->k, columns);
    real *y = job->y + pair * job->next_y + row * job->ldy + column;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            y[i * job->ldy + j] =
                (real)(c[i * COLUMNS + j] + (job->bias ? (double)job->bias[column + j] : 0));
}

static void tiles(void *arg, int64_t first, int64_t last)
{
    const ts_product *job = arg;
    const int64_t across = (job->columns + COLUMNS - 1) / COLUMNS;
    const int64_t down = (job->rows + ROWS - 1) / ROWS;
    for (int64_t i = first; i < last; i++)
        one_tile(job, i / (across * down), i / across % down * ROWS, i % across * COLUMNS);
}

void TS_NAME(product)(const ts_product *job)
{
    ts_product copy = *job;
    const int64_t across = (job->columns + COLUMNS - 1) / COLUMNS;
    const int64_t down = (job->rows + ROWS - 1) / ROWS;
    ts_par_for(job->batch * across * down, 1, tiles, &copy);
}
