/* group_norm.c: groups, and channels of the weights' gradients, among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y, *db;
    double *saved;
    const double *given;
    const real *x, *w, *b, *dy;
    const ts_groups *size;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(group_norm_forward)(c->y, c->saved, c->x, c->w, c->b, c->size, first, last);
}

void TS_NAME(group_norm_forward)(real *y, double *saved, const real *x, const real *w,
                                 const real *b, const ts_groups *size, int64_t first, int64_t last)
{
    call c = {.y = y, .saved = saved, .x = x, .w = w, .b = b, .size = size};
    ts_par_range(first, last, rows_of_piece(size->channels * size->inner), forward, &c);
}

static void backward_input(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(group_norm_backward_input)(c->y, c->dy, c->x, c->w, c->given, c->size, first, last);
}

void TS_NAME(group_norm_backward_input)(real *dx, const real *dy, const real *x, const real *w,
                                        const double *saved, const ts_groups *size, int64_t first,
                                        int64_t last)
{
    call c = {.y = dx, .dy = dy, .x = x, .w = w, .given = saved, .size = size};
    ts_par_range(first, last, rows_of_piece(size->channels * size->inner), backward_input, &c);
}

static void backward_weight(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(group_norm_backward_weight)(c->y, c->db, c->dy, c->x, c->given, c->size, first, last);
}

void TS_NAME(group_norm_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                         const double *saved, const ts_groups *size, int64_t first,
                                         int64_t last)
{
    call c = {.y = dw, .db = db, .dy = dy, .x = x, .given = saved, .size = size};
    ts_par_range(first, last, rows_of_piece(size->batch * size->inner), backward_weight, &c);
}
