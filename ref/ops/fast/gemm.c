/* gemm.c: whole products on all threads, a tile of the result at a time. */
#include "ref/ops/fast/gemm.h"

#include "ref/base/par.h"

#include <string.h>

enum { TILE = TS_BLOCK_COLUMNS }; /* rows and columns of a tile */

static ts_factor moved(ts_factor f, int64_t by)
{
    f.data = (const real *)f.data + by;
    return f;
}

static void one_tile(const ts_product *job, int64_t pair, int64_t row, int64_t column)
{
    double c[TILE * TILE];
    const int64_t rows = row + TILE < job->rows ? TILE : job->rows - row;
    const int64_t columns = column + TILE < job->columns ? TILE : job->columns - column;
    memset(c, 0, (size_t)(rows * TILE) * sizeof *c);
    ts_add_product(c, TILE, moved(job->a, pair * job->next_a + row * job->a.side),
                   moved(job->b, pair * job->next_b + column * job->b.side), rows, job->k, columns);
    real *y = job->y + pair * job->next_y + row * job->ldy + column;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            y[i * job->ldy + j] =
                (real)(c[i * TILE + j] + (job->bias ? (double)job->bias[column + j] : 0));
}

static void tiles(void *arg, int64_t first, int64_t last)
{
    const ts_product *job = arg;
    const int64_t across = (job->columns + TILE - 1) / TILE, down = (job->rows + TILE - 1) / TILE;
    for (int64_t i = first; i < last; i++)
        one_tile(job, i / (across * down), i / across % down * TILE, i % across * TILE);
}

void TS_NAME(product)(const ts_product *job)
{
    ts_product copy = *job;
    const int64_t across = (job->columns + TILE - 1) / TILE, down = (job->rows + TILE - 1) / TILE;
    ts_par_for(job->batch * across * down, 1, tiles, &copy);
}
