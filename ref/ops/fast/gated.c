/* gated.c: elements among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y, *dgate;
    const real *gate, *x, *dy;
    ts_activation f;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(gated_forward)(c->y + first, c->gate + first, c->x + first, c->f, last - first);
}

void TS_NAME(gated_forward)(real *y, const real *gate, const real *x, ts_activation f, int64_t n)
{
    call c = {.y = y, .gate = gate, .x = x, .f = f};
    ts_par_for(n, TS_PIECE, forward, &c);
}

static void backward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(gated_backward)(c->dgate ? c->dgate + first : NULL, c->y ? c->y + first : NULL,
                             c->dy + first, c->gate + first, c->x + first, c->f, last - first);
}

void TS_NAME(gated_backward)(real *dgate, real *dx, const real *dy, const real *gate,
                             const real *x, ts_activation f, int64_t n)
{
    call c = {dx, dgate, gate, x, dy, f};
    ts_par_for(n, TS_PIECE, backward, &c);
}
