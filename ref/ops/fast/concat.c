/* concat.c: plain's copy, cut into pieces of rows, or of one long row. Equation:
 * ref/ops/plain/concat.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

enum { GRAIN = 1 << 15 };

typedef struct {
    real *y;
    const real *x;
    int64_t ldy, ldx, n, pieces; /* pieces of GRAIN elements in a row */
} copy;

static void part(void *arg, int64_t first, int64_t last)
{
    const copy *c = arg;
    for (int64_t at = first; at < last; at++) {
        const int64_t row = at / c->pieces, from = at % c->pieces * GRAIN, left = c->n - from;
        TS_PLAIN(copy_rows)(c->y + row * c->ldy + from, 0, c->x + row * c->ldx + from, 0, 1,
                            left < GRAIN ? left : GRAIN);
    }
}

void TS_NAME(copy_rows)(real *y, int64_t ldy, const real *x, int64_t ldx, int64_t rows, int64_t n)
{
    if (n == 0)
        return;
    copy c = {y, x, ldy, ldx, n, (n + GRAIN - 1) / GRAIN};
    ts_par_for(rows * c.pieces, 1 + GRAIN / n, part, &c);
}
