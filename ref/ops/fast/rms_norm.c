/* rms_norm.c: rows among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    double *r;
    const real *x, *w;
    int64_t n;
    double eps;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    const int64_t at = first * c->n;
    TS_PLAIN(rms_norm_forward)(c->y + at, c->r + first, c->x + at, c->w, last - first, c->n,
                               c->eps);
}

void TS_NAME(rms_norm_forward)(real *y, double *r, const real *x, const real *w, int64_t rows,
                               int64_t n, double eps)
{
    call c = {y, r, x, w, n, eps};
    ts_par_for(rows, rows_of_piece(n), forward, &c);
}
