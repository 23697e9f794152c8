/* modulate.c: rows, and pictures of the factors' gradients, among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y, *y2;
    const real *x, *factor, *more;
    int64_t per, n;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(modulate_forward)(c->y, c->x, c->factor, c->more, first, last, c->per, c->n);
}

void TS_NAME(modulate_forward)(real *y, const real *x, const real *scale, const real *shift,
                               int64_t first, int64_t last, int64_t per, int64_t n)
{
    call c = {y, NULL, x, scale, shift, per, n};
    ts_par_range(first, last, rows_of_piece(n), forward, &c);
}

static void backward_input(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(modulate_backward_input)(c->y, c->x, c->factor, first, last, c->per, c->n);
}

void TS_NAME(modulate_backward_input)(real *dx, const real *dy, const real *scale, int64_t first,
                                      int64_t last, int64_t per, int64_t n)
{
    call c = {dx, NULL, dy, scale, NULL, per, n};
    ts_par_range(first, last, rows_of_piece(n), backward_input, &c);
}

static void backward_factors(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(modulate_backward_factors)(c->y, c->y2, c->x, c->more, first, last, c->per, c->n);
}

void TS_NAME(modulate_backward_factors)(real *dscale, real *dshift, const real *dy, const real *x,
                                        int64_t first, int64_t last, int64_t per, int64_t n)
{
    call c = {dscale, dshift, dy, NULL, x, per, n};
    ts_par_range(first, last, 1, backward_factors, &c);
}

static void gated_forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(add_gated_forward)(c->y, c->x, c->factor, c->more, first, last, c->per, c->n);
}

void TS_NAME(add_gated_forward)(real *y, const real *x, const real *gate, const real *v,
                                int64_t first, int64_t last, int64_t per, int64_t n)
{
    call c = {y, NULL, x, gate, v, per, n};
    ts_par_range(first, last, rows_of_piece(n), gated_forward, &c);
}

static void gated_backward_value(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(add_gated_backward_value)(c->y, c->x, c->factor, first, last, c->per, c->n);
}

void TS_NAME(add_gated_backward_value)(real *dv, const real *dy, const real *gate, int64_t first,
                                       int64_t last, int64_t per, int64_t n)
{
    call c = {dv, NULL, dy, gate, NULL, per, n};
    ts_par_range(first, last, rows_of_piece(n), gated_backward_value, &c);
}
