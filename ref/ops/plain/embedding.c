/* embedding.c: rows of a table.
 *
 *     y_pj = table[ids_p]_j
 *
 * Source:   torch.nn.Embedding
 * Shapes:   ids (count), each in [0, rows); table, dtable (rows, n); y, dy (count, n)
 * Pitfalls: an id that occurs twice gets both gradients
 * Test:     tests/ops/test_embedding.c       Golden: ops/embedding */
#include "ref/ops/kernels.h"

#include <math.h>

void TS_NAME(embedding_forward)(real *y, const real *table, const int64_t *ids, int64_t count,
                                int64_t n)
{
    for (int64_t p = 0; p < count; p++)
        for (int64_t j = 0; j < n; j++)
            y[p * n + j] = table[ids[p] * n + j];
}

/* dL/dtable_rj = sum of dy_pj over the p with ids_p = r */
void TS_NAME(embedding_backward)(real *dtable, const real *dy, const int64_t *ids, int64_t count,
                                 int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++) {
        int64_t first = 0;
        while (first < count && ids[first] != row)
            first++;
        for (int64_t j = 0; j < n; j++) {
            accumulator sum = {0};
            for (int64_t p = first; p < count; p++)
                if (ids[p] == row)
                    accumulate(&sum, (wide)dy[p * n + j]);
            dtable[row * n + j] = (real)total(&sum);
        }
    }
}

#if defined(TS_GAUGES)
/* The sum of the absolute rows, duplicates counted. gdy may be NULL. */
void TS_NAME(embedding_backward_gauge)(double *g, const real *dy, const double *gdy,
                                       const int64_t *ids, int64_t count, int64_t rows, int64_t n)
{
    for (int64_t i = 0; i < rows * n; i++)
        g[i] = 0.0;
    for (int64_t p = 0; p < count; p++)
        for (int64_t j = 0; j < n; j++)
            g[ids[p] * n + j] += fabs((double)dy[p * n + j]) + (gdy ? gdy[p * n + j] : 0.0);
}
#endif
