/* rotate.c: rotary position embedding of neighbouring pairs.
 *
 *     y_2i   = x_2i   cos_2i   - x_2i+1 sin_2i
 *     y_2i+1 = x_2i+1 cos_2i+1 + x_2i   sin_2i+1
 *
 * Source:   Su et al. 2021, eq. (34); diffusers apply_rotary_emb with use_real_unbind_dim = -1
 * Shapes:   x, y (rows, d), d even; row r stands at position r % length; cos, sin (length, d), where
 *           the published tables hold each angle twice
 * Pitfalls: pairs are neighbours, not halves of the row. Kernels take the rows [first, last)
 * Test:     tests/ops/test_rotate.c          Golden: ops/rotate */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"

#include <math.h>

enum { SOME = 64 }; /* elements at a time, even */

TS_CLONES
void TS_NAME(rotate_forward)(real *y, const real *x, const real *cos, const real *sin,
                             int64_t first, int64_t last, int64_t length, int64_t d)
{
    for (int64_t row = first; row < last; row++) {
        const real *xr = x + row * d, *c = cos + row % length * d, *s = sin + row % length * d;
        real *yr = y + row * d;
        for (int64_t i = 0; i < d; i += SOME) {
            wide t[SOME]; /* y = x cos - t */
            const int64_t n = d - i < SOME ? d - i : SOME;
            for (int64_t j = 0; j < n; j += 2) {
                t[j] = (wide)xr[i + j + 1] * (wide)s[i + j];
                t[j + 1] = -((wide)xr[i + j] * (wide)s[i + j + 1]);
            }
            for (int64_t j = 0; j < n; j++)
                yr[i + j] = (real)((wide)xr[i + j] * (wide)c[i + j] - t[j]);
        }
    }
}

/* dL/dx_2i = dy_2i cos_2i + dy_2i+1 sin_2i+1,   dL/dx_2i+1 = dy_2i+1 cos_2i+1 - dy_2i sin_2i */
TS_CLONES
void TS_NAME(rotate_backward)(real *dx, const real *dy, const real *cos, const real *sin,
                              int64_t first, int64_t last, int64_t length, int64_t d)
{
    for (int64_t row = first; row < last; row++) {
        const real *dr = dy + row * d, *c = cos + row % length * d, *s = sin + row % length * d;
        real *dxr = dx + row * d;
        for (int64_t i = 0; i < d; i += SOME) {
            wide t[SOME]; /* dx = dy cos - t */
            const int64_t n = d - i < SOME ? d - i : SOME;
            for (int64_t j = 0; j < n; j += 2) {
                t[j] = -((wide)dr[i + j + 1] * (wide)s[i + j + 1]);
                t[j + 1] = (wide)dr[i + j] * (wide)s[i + j];
            }
            for (int64_t j = 0; j < n; j++)
                dxr[i + j] = (real)((wide)dr[i + j] * (wide)c[i + j] - t[j]);
        }
    }
}

/* dL/dcos_pi = sum over rows at p of dy_i x_i;  dL/dsin_p2i = -sum dy_2i x_2i+1,  dL/dsin_p2i+1 = sum
 * dy_2i+1 x_2i. Either may be NULL. */
void TS_NAME(rotate_backward_tables)(real *dcos, real *dsin, const real *dy, const real *x,
                                     int64_t rows, int64_t length, int64_t d)
{
    for (int64_t at = 0; at < length * d; at++) {
        accumulator c = {0}, s = {0};
        const int64_t pair = at % d % 2 ? at - 1 : at + 1;
        for (int64_t base = 0; base < rows * d; base += length * d) {
            accumulate(&c, (wide)dy[base + at] * (wide)x[base + at]);
            accumulate(&s, (wide)dy[base + at] * (wide)x[base + pair]);
        }
        if (dcos)
            dcos[at] = (real)total(&c);
        if (dsin)
            dsin[at] = (real)(at % d % 2 ? total(&s) : -total(&s));
    }
}

#if defined(TS_GAUGES)
/* |x0 cos| + |x1 sin|, and what x, cos and sin (off, each may be NULL) are off by. The gradient has
 * the same gauge but for which of a pair's sines it takes: forward is false. */
void TS_NAME(rotate_gauge)(double *g, const real *x, const real *cos, const real *sin,
                           const double *const off[3], bool forward, const int64_t size[3])
{
    const int64_t rows = size[0], length = size[1], d = size[2];
    for (int64_t at = 0; at < rows * d; at++) {
        const int64_t c = at / d % length * d + at % d, pair = at % d % 2 ? at - 1 : at + 1;
        const int64_t s = forward ? c : at % d % 2 ? c - 1 : c + 1;
        const double x0 = fabs((double)x[at]), x1 = fabs((double)x[pair]);
        g[at] = (x0 + (off[0] ? off[0][at] : 0.0)) * fabs((double)cos[c]) +
                (x1 + (off[0] ? off[0][pair] : 0.0)) * fabs((double)sin[s]) +
                (off[1] ? x0 * off[1][c] : 0.0) + (off[2] ? x1 * off[2][s] : 0.0);
    }
}

/* Of the tables' gradients, on absolute values. Results, gdy and gx may be NULL. */
void TS_NAME(rotate_tables_gauge)(double *const g[2], const real *dy, const double *gdy,
                                  const real *x, const double *gx, const int64_t size[3])
{
    const int64_t rows = size[0], length = size[1], d = size[2];
    for (int k = 0; k < 2; k++)
        for (int64_t at = 0; at < length * d && g[k]; at++)
            g[k][at] = 0.0;
    for (int64_t at = 0; at < rows * d; at++) {
        const int64_t c = at / d % length * d + at % d, pair = at % d % 2 ? at - 1 : at + 1;
        const double dyi = fabs((double)dy[at]), off = gdy ? gdy[at] : 0.0;
        if (g[0])
            g[0][c] += (dyi + off) * fabs((double)x[at]) + (gx ? dyi * gx[at] : 0.0);
        if (g[1])
            g[1][c] += (dyi + off) * fabs((double)x[pair]) + (gx ? dyi * gx[pair] : 0.0);
    }
}
#endif
