/* arithmetic.c: elements of the result among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *a, *b;
    ts_pairing pairing;
    const double *factor;
    double p, q;
    const ts_broadcast *shape;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(pair_forward)(c->y, c->a, c->b, c->pairing, c->factor, c->shape, first, last);
}

void TS_NAME(pair_forward)(real *y, const real *a, const real *b, ts_pairing pairing,
                           const double factor[2], const ts_broadcast *shape, int64_t first,
                           int64_t last)
{
    call c = {y, a, b, pairing, factor, 0, 0, shape};
    ts_par_range(first, last, TS_PIECE, forward, &c);
}

static void backward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(pair_backward)(c->y, c->a, c->b, c->p, c->shape, first, last);
}

/* An element of da may be a sum over many of dy: pieces are smaller, for the sake of balance. */
void TS_NAME(pair_backward)(real *da, const real *dy, const real *other, double factor,
                            const ts_broadcast *shape, int64_t first, int64_t last)
{
    call c = {.y = da, .a = dy, .b = other, .p = factor, .shape = shape};
    ts_par_range(first, last, 1024, backward, &c);
}

static void affine(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(affine_forward)(c->y + first, c->a + first, c->p, c->q, last - first);
}

void TS_NAME(affine_forward)(real *y, const real *x, double factor, double offset, int64_t n)
{
    call c = {.y = y, .a = x, .p = factor, .q = offset};
    ts_par_for(n, TS_PIECE, affine, &c);
}
