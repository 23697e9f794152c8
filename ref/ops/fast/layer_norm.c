/* layer_norm.c: rows, and columns of the weights' gradients, among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y, *db;
    double *saved;
    const double *given;
    const real *x, *w, *b, *dy;
    int64_t rows, n, ld;
    double eps;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    const int64_t at = first * c->n;
    TS_PLAIN(layer_norm_forward)(c->y + at, c->saved + 2 * first, c->x + at, c->w, c->b,
                                 last - first, c->n, c->eps);
}

void TS_NAME(layer_norm_forward)(real *y, double *saved, const real *x, const real *w,
                                 const real *b, int64_t rows, int64_t n, double eps)
{
    call c = {.y = y, .saved = saved, .x = x, .w = w, .b = b, .n = n, .eps = eps};
    ts_par_for(rows, rows_of_piece(n), forward, &c);
}

static void backward_input(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    const int64_t at = first * c->n;
    TS_PLAIN(layer_norm_backward_input)(c->y + at, c->dy + at, c->x + at, c->w,
                                        c->given + 2 * first, last - first, c->n);
}

void TS_NAME(layer_norm_backward_input)(real *dx, const real *dy, const real *x, const real *w,
                                        const double *saved, int64_t rows, int64_t n)
{
    call c = {.y = dx, .dy = dy, .x = x, .w = w, .given = saved, .n = n};
    ts_par_for(rows, rows_of_piece(n), backward_input, &c);
}

static void backward_weight(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(layer_norm_backward_weight)(c->y ? c->y + first : NULL, c->db ? c->db + first : NULL,
                                         c->dy + first, c->x + first, c->given, c->rows,
                                         last - first, c->ld);
}

void TS_NAME(layer_norm_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                         const double *saved, int64_t rows, int64_t n, int64_t ld)
{
    call c = {.y = dw, .db = db, .dy = dy, .x = x, .given = saved, .rows = rows, .ld = ld};
    ts_par_for(n, 64, backward_weight, &c);
}
