/* batch_norm.c: planes among threads. */
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x;
    const real *const *p;
    const ts_groups *size;
} call;

static void forward(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(batch_norm_forward)(c->y, c->x, c->p, c->size, first, last);
}

void TS_NAME(batch_norm_forward)(real *y, const real *x, const real *const p[4],
                                 const ts_groups *size, int64_t first, int64_t last)
{
    call c = {y, x, p, size};
    ts_par_range(first, last, rows_of_piece(size->inner), forward, &c);
}

static void backward_input(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    TS_PLAIN(batch_norm_backward_input)(c->y, c->x, c->p, c->size, first, last);
}

void TS_NAME(batch_norm_backward_input)(real *dx, const real *dy, const real *const p[4],
                                        const ts_groups *size, int64_t first, int64_t last)
{
    call c = {dx, dy, p, size};
    ts_par_range(first, last, rows_of_piece(size->inner), backward_input, &c);
}
