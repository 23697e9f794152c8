/* bag.c: plain's sums and maxima, some segments or rows a thread; sums of eight columns side by side,
 * each in plain's order. Equations: ref/ops/plain/bag.c. */
#include "ref/ops/bag.h"
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x;
    int64_t *taken;
    const int64_t *where;
    const ts_bag *bag;
    int64_t n;
} job;

enum { COLUMNS = 8 };

/* Row i of y: the sum of value x[from] over the occurrences list[begin .. end - 1]. */
static void sum_row(real *y, const real *x, const int64_t *list, int64_t count, const double *value,
                    const int64_t *from, int64_t n)
{
    int64_t j = 0;
    for (; j + COLUMNS <= n; j += COLUMNS) {
        wide sum[COLUMNS] = {0};
        for (int64_t i = 0; i < count; i++) {
            const wide v = (wide)value[list[i]];
            const real *row = x + from[list[i]] * n + j;
            for (int c = 0; c < COLUMNS; c++)
                sum[c] += v * (wide)row[c];
        }
        for (int c = 0; c < COLUMNS; c++)
            y[j + c] = (real)sum[c];
    }
    for (; j < n; j++) {
        wide sum = 0;
        for (int64_t i = 0; i < count; i++)
            sum += (wide)value[list[i]] * (wide)x[from[list[i]] * n + j];
        y[j] = (real)sum;
    }
}

static void sums_forward(void *arg, int64_t first, int64_t last)
{
    const job *b = arg;
    const ts_bag *bag = b->bag;
    for (int64_t s = first; s < last; s++)
        sum_row(b->y + s * b->n, b->x, bag->by_segment + bag->segment_at[s],
                bag->segment_at[s + 1] - bag->segment_at[s], bag->value, bag->row, b->n);
}

static void sums_backward(void *arg, int64_t first, int64_t last)
{
    const job *b = arg;
    const ts_bag *bag = b->bag;
    for (int64_t r = first; r < last; r++)
        sum_row(b->y + r * b->n, b->x, bag->by_row + bag->row_at[r],
                bag->row_at[r + 1] - bag->row_at[r], bag->value, bag->segment, b->n);
}

static void maxima(void *arg, int64_t first, int64_t last)
{
    const job *b = arg;
    TS_PLAIN(bag_max_forward)(b->y, b->taken, b->x, b->bag, b->n, first, last);
}

static void maxima_backward(void *arg, int64_t first, int64_t last)
{
    const job *b = arg;
    TS_PLAIN(bag_max_backward)(b->y, b->x, b->where, b->bag, b->n, first, last);
}

void TS_NAME(bag_sum_forward)(real *y, const real *table, const ts_bag *bag, int64_t n,
                              int64_t first, int64_t last)
{
    job b = {.y = y, .x = table, .bag = bag, .n = n};
    ts_par_range(first, last, rows_of_piece(n), sums_forward, &b);
}

void TS_NAME(bag_sum_backward)(real *dtable, const real *dy, const ts_bag *bag, int64_t n,
                               int64_t first, int64_t last)
{
    job b = {.y = dtable, .x = dy, .bag = bag, .n = n};
    ts_par_range(first, last, rows_of_piece(n), sums_backward, &b);
}

void TS_NAME(bag_max_forward)(real *y, int64_t *where, const real *table, const ts_bag *bag,
                              int64_t n, int64_t first, int64_t last)
{
    job b = {.y = y, .x = table, .taken = where, .bag = bag, .n = n};
    ts_par_range(first, last, rows_of_piece(n), maxima, &b);
}

void TS_NAME(bag_max_backward)(real *dtable, const real *dy, const int64_t *where,
                               const ts_bag *bag, int64_t n, int64_t first, int64_t last)
{
    job b = {.y = dtable, .x = dy, .where = where, .bag = bag, .n = n};
    ts_par_range(first, last, rows_of_piece(n), maxima_backward, &b);
}
