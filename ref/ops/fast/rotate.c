/* rotate.c: rows among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x, *cos, *sin;
    int64_t length, d;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(rotate_forward)(c->y, c->x, c->cos, c->sin, first, last, c->length, c->d);
}

void TS_NAME(rotate_forward)(real *y, const real *x, const real *cos, const real *sin,
                             int64_t first, int64_t last, int64_t length, int64_t d)
{
    call c = {y, x, cos, sin, length, d};
    ts_par_range(first, last, rows_of_piece(d), forward, &c);
}

static void backward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(rotate_backward)(c->y, c->x, c->cos, c->sin, first, last, c->length, c->d);
}

void TS_NAME(rotate_backward)(real *dx, const real *dy, const real *cos, const real *sin,
                              int64_t first, int64_t last, int64_t length, int64_t d)
{
    call c = {dx, dy, cos, sin, length, d};
    ts_par_range(first, last, rows_of_piece(d), backward, &c);
}
