/* batch_norm_train.c: channels among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y, *const *d;
    double *saved;
    const double *given;
    const real *x, *w, *b, *dy;
    const ts_groups *size;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(batch_norm_train_forward)(c->y, c->saved, c->x, c->w, c->b, c->size, first, last);
}

void TS_NAME(batch_norm_train_forward)(real *y, double *saved, const real *x, const real *w,
                                       const real *b, const ts_groups *size, int64_t first,
                                       int64_t last)
{
    call c = {.y = y, .saved = saved, .x = x, .w = w, .b = b, .size = size};
    ts_par_range(first, last, rows_of_piece(size->batch * size->inner), forward, &c);
}

static void backward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(batch_norm_train_backward)(c->d, c->dy, c->x, c->w, c->given, c->size, first, last);
}

void TS_NAME(batch_norm_train_backward)(real *const d[3], const real *dy, const real *x,
                                        const real *w, const double *saved, const ts_groups *size,
                                        int64_t first, int64_t last)
{
    call c = {.d = d, .dy = dy, .x = x, .w = w, .given = saved, .size = size};
    ts_par_range(first, last, rows_of_piece(size->batch * size->inner), backward, &c);
}
