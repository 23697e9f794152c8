/* strided.c: copies between a plain array and one whose axes lie anyhow.
 *
 *     copy:   y_i = x[sum_a i_a stride_a]         y plain, x strided
 *     place:  y = 0, then y[start + sum_a i_a stride_a] = x_i   the other way round: the gradient of a view
 *
 * Shapes:   size and stride have `rank` numbers; strides count elements and may be 0 in copy (an
 *           axis that is repeated). place fills a y of n elements.
 * Pitfalls: rank 0 is one element; any size may be 0
 * Test:     tests/ops/test_view.c */
#include "ref/ops/kernels.h"

enum { RANKS = 8 };

/* The next index in row-major order over the axes before the last: the offset moves with it. */
static int64_t next_row(int64_t offset, int64_t *index, int rank, const int64_t *size,
                        const int64_t *stride)
{
    for (int a = rank - 2; a >= 0; a--) {
        offset += stride[a];
        if (++index[a] < size[a])
            return offset;
        offset -= index[a] * stride[a];
        index[a] = 0;
    }
    return offset;
}

static int64_t rows_of(int rank, const int64_t *size)
{
    int64_t rows = 1;
    for (int a = 0; a + 1 < rank; a++)
        rows *= size[a];
    return rows;
}

void TS_NAME(strided_copy)(real *y, const real *x, int rank, const int64_t *size,
                           const int64_t *stride)
{
    const int64_t rows = rows_of(rank, size), n = rank ? size[rank - 1] : 1;
    const int64_t step = rank ? stride[rank - 1] : 0;
    int64_t index[RANKS] = {0}, offset = 0;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t i = 0; i < n; i++)
            y[row * n + i] = x[offset + i * step];
        offset = next_row(offset, index, rank, size, stride);
    }
}

void TS_NAME(strided_place)(real *y, int64_t n, const real *x, int64_t start, int rank,
                            const int64_t *size, const int64_t *stride)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = 0;
    const int64_t rows = rows_of(rank, size), last = rank ? size[rank - 1] : 1;
    const int64_t step = rank ? stride[rank - 1] : 0;
    int64_t index[RANKS] = {0}, offset = start;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t i = 0; i < last; i++)
            y[offset + i * step] = x[row * last + i];
        offset = next_row(offset, index, rank, size, stride);
    }
}
