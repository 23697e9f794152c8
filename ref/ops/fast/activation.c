/* activation.c: elements among threads; the exponentials of SiLU and of GELU by tanh in blocks. */
#include "ref/ops/fast/exponentials.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/activation.h"

typedef struct {
    real *y;
    const real *x, *dy;
    ts_activation f;
    double low, high;
} call;

/* y = x s(x), for n <= TS_BLOCK; n is known where this is called for whole blocks */
TS_INTO_LOOPS void silu_block(real *y, const real *x, int64_t n)
{
    wide e[TS_BLOCK];
    for (int64_t i = 0; i < n; i++)
        e[i] = -size_of((wide)x[i]);
    exponentials(e, n);
    for (int64_t i = 0; i < n; i++)
        y[i] = (real)((wide)x[i] * sigmoid_of((wide)x[i], e[i]));
}

/* y = x s(2u) */
TS_INTO_LOOPS void gelu_block(real *y, const real *x, int64_t n)
{
    wide u2[TS_BLOCK], e[TS_BLOCK];
    for (int64_t i = 0; i < n; i++) {
        u2[i] = gelu_twice_u((wide)x[i]);
        e[i] = -size_of(u2[i]);
    }
    exponentials(e, n);
    for (int64_t i = 0; i < n; i++)
        y[i] = (real)((wide)x[i] * sigmoid_of(u2[i], e[i]));
}

TS_CLONES
static void silu_piece(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    int64_t i = first;
    for (; i + TS_BLOCK <= last; i += TS_BLOCK) {
        fetch_ahead(c->x, c->y, i, last);
        silu_block(c->y + i, c->x + i, TS_BLOCK);
    }
    silu_block(c->y + i, c->x + i, last - i);
}

TS_CLONES
static void gelu_piece(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    int64_t i = first;
    for (; i + TS_BLOCK <= last; i += TS_BLOCK) {
        fetch_ahead(c->x, c->y, i, last);
        gelu_block(c->y + i, c->x + i, TS_BLOCK);
    }
    gelu_block(c->y + i, c->x + i, last - i);
}

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(activation_forward)(c->y + first, c->x + first, c->f, c->low, c->high, last - first);
}

void TS_NAME(activation_forward)(real *y, const real *x, ts_activation f, double low, double high,
                                 int64_t n)
{
    call c = {y, x, NULL, f, low, high};
    ts_par_for(n, TS_PIECE, f == TS_SILU ? silu_piece : f == TS_GELU_TANH ? gelu_piece : forward, &c);
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
