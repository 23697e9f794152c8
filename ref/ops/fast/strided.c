/* strided.c: plain's copy, one slab of rows a thread. Equation: ref/ops/plain/strided.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

enum { GRAIN = 1 << 15 }; /* elements of a piece: smaller ones cost more than they save */

typedef struct {
    real *y;
    const real *x;
    int rank;
    const int64_t *size, *stride;
} strided;

/* Rows first .. last - 1, counted over all axes before the last. They are cut where the axis
 * before the last wraps, so that each cut is a row of one matrix. */
static void rows(void *arg, int64_t first, int64_t last)
{
    const strided *s = arg;
    const int64_t n = s->size[s->rank - 1], deep = s->size[s->rank - 2];
    while (first < last) {
        const int64_t in_matrix = first % deep, left = deep - in_matrix;
        const int64_t count = left < last - first ? left : last - first;
        int64_t offset = 0, rest = first;
        for (int a = s->rank - 2; a >= 0; a--) {
            offset += rest % s->size[a] * s->stride[a];
            rest /= s->size[a];
        }
        const int64_t size[2] = {count, n};
        TS_PLAIN(strided_copy)(s->y + first * n, s->x + offset, 2, size, s->stride + s->rank - 2);
        first += count;
    }
}

void TS_NAME(strided_copy)(real *y, const real *x, int rank, const int64_t *size,
                           const int64_t *stride)
{
    int64_t count = 1;
    for (int a = 0; a + 1 < rank; a++)
        count *= size[a];
    if (rank < 2 || count * size[rank - 1] < GRAIN) {
        TS_PLAIN(strided_copy)(y, x, rank, size, stride);
        return;
    }
    strided s = {y, x, rank, size, stride};
    ts_par_for(count, 1 + GRAIN / size[rank - 1], rows, &s);
}
