/* pack.c: the same moves, one row of patches of one picture a thread. Equation:
 * ref/ops/plain/pack.c. */
#include "ref/base/par.h"
#include "ref/ops/kernels.h"

typedef struct {
    real *y;
    const real *x;
    int64_t c, h, w;
} packing;

/* Strips of patches, counted over all pictures. */
static void pack_strips(void *arg, int64_t first, int64_t last)
{
    const packing *p = arg;
    const int64_t c = p->c, w = p->w, tokens = w / 2, strips = p->h / 2;
    for (int64_t strip = first; strip < last; strip++)
        for (int64_t k = 0; k < c; k++) {
            const real *x = p->x + ((strip / strips * c + k) * p->h + strip % strips * 2) * w;
            real *y = p->y + (strip * tokens * c + k) * 4;
            for (int64_t j = 0; j < tokens; j++, y += 4 * c) {
                y[0] = x[2 * j];
                y[1] = x[2 * j + 1];
                y[2] = x[w + 2 * j];
                y[3] = x[w + 2 * j + 1];
            }
        }
}

static void unpack_strips(void *arg, int64_t first, int64_t last)
{
    const packing *p = arg;
    const int64_t c = p->c, w = p->w, tokens = w / 2, strips = p->h / 2;
    for (int64_t strip = first; strip < last; strip++)
        for (int64_t k = 0; k < c; k++) {
            real *y = p->y + ((strip / strips * c + k) * p->h + strip % strips * 2) * w;
            const real *x = p->x + (strip * tokens * c + k) * 4;
            for (int64_t j = 0; j < tokens; j++, x += 4 * c) {
                y[2 * j] = x[0];
                y[2 * j + 1] = x[1];
                y[w + 2 * j] = x[2];
                y[w + 2 * j + 1] = x[3];
            }
        }
}

void TS_NAME(pack)(real *y, const real *x, int64_t b, int64_t c, int64_t h, int64_t w)
{
    packing p = {y, x, c, h, w};
    ts_par_for(b * (h / 2), 4, pack_strips, &p);
}

void TS_NAME(unpack)(real *y, const real *x, int64_t b, int64_t c, int64_t h, int64_t w)
{
    packing p = {y, x, c, h, w};
    ts_par_for(b * (h / 2), 4, unpack_strips, &p);
}
