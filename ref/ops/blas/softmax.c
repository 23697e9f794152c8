/* softmax.c: rows of float vectors. */
#include "ref/ops/blas/exponentials.h"
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x;
    int64_t n;
} call;

/* A row without a number that is finite is NaN, as in plain. */
static void rows(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    for (int64_t row = first; row < last; row++) {
        real *y = c->y + row * c->n;
        double sum;
        memcpy(y, c->x + row * c->n, (size_t)c->n * sizeof *y);
        row_weights(y, c->n, 1, &sum);
        const real factor = sum == 0 ? (real)NAN : (real)(1.0 / sum);
        for (int64_t i = 0; i < c->n; i++)
            y[i] *= factor;
    }
}

void TS_NAME(softmax_forward)(real *y, const real *x, int64_t count, int64_t n)
{
    call c = {y, x, n};
    ts_par_for(count, rows_of_piece(n), rows, &c);
}
