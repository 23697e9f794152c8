/* softmax.c: rows among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef void one_input(real *, const real *, int64_t, int64_t);
typedef void two_inputs(real *, const real *, const real *, int64_t, int64_t);

typedef struct {
    one_input *one;
    two_inputs *two;
    real *y;
    const real *x, *x2;
    int64_t n;
} call;

static void piece(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    const int64_t at = first * c->n;
    if (c->one)
        c->one(c->y + at, c->x + at, last - first, c->n);
    else
        c->two(c->y + at, c->x + at, c->x2 + at, last - first, c->n);
}

void TS_NAME(softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    call c = {TS_PLAIN(softmax_forward), NULL, y, x, NULL, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    call c = {NULL, TS_PLAIN(softmax_backward), dx, dy, y, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(log_softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    call c = {TS_PLAIN(log_softmax_forward), NULL, y, x, NULL, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(log_softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    call c = {NULL, TS_PLAIN(log_softmax_backward), dx, dy, y, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}
