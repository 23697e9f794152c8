/* bag.c: sums and maxima over bags of rows.
 *
 *     y_sj = sum over the occurrences p of segment s of value_p table[row_p]_j
 *     y_sj = max over the occurrences p of segment s of table[row_p]_j,  -infinity if there is none
 *
 * Source:   torch.nn.EmbeddingBag with per_sample_weights; its mode "max"
 * Shapes:   table, dtable (rows, n); y, dy (segments, n); where (segments, n)
 * Pitfalls: a row that occurs twice gets both gradients. Equal maxima: the smallest key, then the
 *           first occurrence, whatever the order in which they are met
 * Test:     tests/ops/test_bag.c */
#include "ref/ops/bag.h"
#include "ref/ops/kernels.h"

#include <math.h>

void TS_NAME(bag_sum_forward)(real *y, const real *table, const ts_bag *bag, int64_t n,
                              int64_t first, int64_t last)
{
    for (int64_t s = first; s < last; s++)
        for (int64_t j = 0; j < n; j++) {
            accumulator sum = {0};
            for (int64_t i = bag->segment_at[s]; i < bag->segment_at[s + 1]; i++) {
                const int64_t p = bag->by_segment[i];
                accumulate(&sum, (wide)bag->value[p] * (wide)table[bag->row[p] * n + j]);
            }
            y[s * n + j] = (real)total(&sum);
        }
}

/* dL/dtable_rj = sum over the occurrences p of row r of value_p dy[segment_p]_j */
void TS_NAME(bag_sum_backward)(real *dtable, const real *dy, const ts_bag *bag, int64_t n,
                               int64_t first, int64_t last)
{
    for (int64_t r = first; r < last; r++)
        for (int64_t j = 0; j < n; j++) {
            accumulator sum = {0};
            for (int64_t i = bag->row_at[r]; i < bag->row_at[r + 1]; i++) {
                const int64_t p = bag->by_row[i];
                accumulate(&sum, (wide)bag->value[p] * (wide)dy[bag->segment[p] * n + j]);
            }
            dtable[r * n + j] = (real)total(&sum);
        }
}

void TS_NAME(bag_max_forward)(real *y, int64_t *where, const real *table, const ts_bag *bag,
                              int64_t n, int64_t first, int64_t last)
{
    for (int64_t s = first; s < last; s++)
        for (int64_t j = 0; j < n; j++) {
            real most = (real)-INFINITY;
            int64_t at = -1;
            for (int64_t i = bag->segment_at[s]; i < bag->segment_at[s + 1]; i++) {
                const int64_t p = bag->by_segment[i];
                const real x = table[bag->row[p] * n + j];
                if (at < 0 || x > most || (x == most && bag->key && bag->key[p] < bag->key[at])) {
                    most = x;
                    at = p;
                }
            }
            y[s * n + j] = most;
            where[s * n + j] = at;
        }
}

void TS_NAME(bag_max_backward)(real *dtable, const real *dy, const int64_t *where,
                               const ts_bag *bag, int64_t n, int64_t first, int64_t last)
{
    for (int64_t r = first; r < last; r++)
        for (int64_t j = 0; j < n; j++) {
            accumulator sum = {0};
            for (int64_t i = bag->row_at[r]; i < bag->row_at[r + 1]; i++) {
                const int64_t p = bag->by_row[i], from = bag->segment[p] * n + j;
                if (where[from] == p)
                    accumulate(&sum, (wide)dy[from]);
            }
            dtable[r * n + j] = (real)total(&sum);
        }
}

#if defined(TS_GAUGES)
/* The sum of the absolute terms. gtable, gdy may be NULL. */
void TS_NAME(bag_sum_gauge)(double *g, const real *table, const double *gtable, const ts_bag *bag,
                            int64_t n)
{
    for (int64_t i = 0; i < bag->segments * n; i++)
        g[i] = 0.0;
    for (int64_t p = 0; p < bag->count; p++)
        for (int64_t j = 0; j < n; j++) {
            const int64_t at = bag->row[p] * n + j;
            g[bag->segment[p] * n + j] += fabs(bag->value[p]) * (fabs((double)table[at]) +
                                                                 (gtable ? gtable[at] : 0.0));
        }
}

void TS_NAME(bag_sum_backward_gauge)(double *g, const real *dy, const double *gdy,
                                     const ts_bag *bag, int64_t n)
{
    for (int64_t i = 0; i < bag->rows * n; i++)
        g[i] = 0.0;
    for (int64_t p = 0; p < bag->count; p++)
        for (int64_t j = 0; j < n; j++) {
            const int64_t at = bag->segment[p] * n + j;
            g[bag->row[p] * n + j] += fabs(bag->value[p]) * (fabs((double)dy[at]) +
                                                             (gdy ? gdy[at] : 0.0));
        }
}

/* A maximum is off by no more than the worst of those that it is taken from. */
void TS_NAME(bag_max_gauge)(double *g, const double *gtable, const ts_bag *bag, int64_t n)
{
    for (int64_t i = 0; i < bag->segments * n; i++)
        g[i] = 0.0;
    for (int64_t p = 0; p < bag->count && gtable; p++)
        for (int64_t j = 0; j < n; j++) {
            double *to = &g[bag->segment[p] * n + j];
            *to = fmax(*to, gtable[bag->row[p] * n + j]);
        }
}

void TS_NAME(bag_max_backward_gauge)(double *g, const real *dy, const double *gdy,
                                     const int64_t *where, const ts_bag *bag, int64_t n)
{
    for (int64_t i = 0; i < bag->rows * n; i++)
        g[i] = 0.0;
    for (int64_t i = 0; i < bag->segments * n; i++)
        if (where[i] >= 0)
            g[bag->row[where[i]] * n + i % n] += fabs((double)dy[i]) + (gdy ? gdy[i] : 0.0);
}
#endif
