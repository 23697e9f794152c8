/* activation.c: elements among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x, *dy;
    ts_activation f;
    double low, high;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(activation_forward)(c->y + first, c->x + first, c->f, c->low, c->high, last - first);
}

void TS_NAME(activation_forward)(real *y, const real *x, ts_activation f, double low, double high,
                                 int64_t n)
{
    call c = {y, x, NULL, f, low, high};
    ts_par_for(n, TS_PIECE, forward, &c);
}

static void backward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(activation_backward)(c->y + first, c->dy + first, c->x + first, c->f, c->low, c->high,
                                  last - first);
}

void TS_NAME(activation_backward)(real *dx, const real *dy, const real *x, ts_activation f,
                                  double low, double high, int64_t n)
{
    call c = {dx, x, dy, f, low, high};
    ts_par_for(n, TS_PIECE, backward, &c);
}
