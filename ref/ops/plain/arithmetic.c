/* arithmetic.c: sums, differences, mixtures and products of two tensors, broadcast as NumPy does;
 * a tensor times a number plus a number.
 *
 *     combine   y = p a + q b         add (1, 1), sub (1, -1), lerp (1 - t, t);    da = p dy
 *     multiply  y = a b                                                            da = dy b
 *     affine    y = p x + q           scale (p, -0), shift (1, q)
 *
 * Source:   numpy.broadcast; torch.add, sub, mul, lerp
 * Shapes:   y (shape.size), contiguous; a and b have stride 0 along axes that they are repeated on,
 *           and their gradients are sums over those axes
 * Pitfalls: adding -0 changes nothing, adding 0 would make 0 of -0. Kernels take the elements [first,
 *           last) of their result
 * Test:     tests/ops/test_arithmetic.c      Golden: ops/add, ops/mul, ... */
#include "ref/base/clones.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

#include <math.h>

/* Where result element `at` takes its operands from. */
static void operands(const ts_broadcast *shape, int64_t at, int64_t *a, int64_t *b)
{
    *a = *b = 0;
    for (int i = shape->rank - 1; i >= 0; i--) {
        const int64_t index = at % shape->size[i];
        at /= shape->size[i];
        *a += index * shape->a[i];
        *b += index * shape->b[i];
    }
}

/* n results of one row of the last axis; sa and sb are 0 or 1, told to the compiler. */
#define ROW(expression)                                                                            \
    do {                                                                                           \
        if (sa == 1 && sb == 1)                                                                    \
            for (int64_t i = 0; i < n; i++) {                                                      \
                const wide ai = (wide)a[i], bi = (wide)b[i];                                       \
                y[i] = (real)(expression);                                                         \
            }                                                                                      \
        else                                                                                       \
            for (int64_t i = 0; i < n; i++) {                                                      \
                const wide ai = (wide)a[i * sa], bi = (wide)b[i * sb];                             \
                y[i] = (real)(expression);                                                         \
            }                                                                                      \
    } while (0)

static void pair_row(real *y, const real *a, int64_t sa, const real *b, int64_t sb,
                     ts_pairing pairing, const double factor[2], int64_t n)
{
    const wide p = (wide)factor[0], q = (wide)factor[1];
    if (pairing == TS_MULTIPLY)
        ROW(ai * bi);
    else
        ROW(p * ai + q * bi);
}

TS_CLONES
void TS_NAME(pair_forward)(real *y, const real *a, const real *b, ts_pairing pairing,
                           const double factor[2], const ts_broadcast *shape, int64_t first,
                           int64_t last)
{
    const int axis = shape->rank - 1;
    for (int64_t at = first, n; at < last; at += n) {
        int64_t from_a, from_b;
        operands(shape, at, &from_a, &from_b);
        n = shape->size[axis] - at % shape->size[axis];
        n = n < last - at ? n : last - at;
        pair_row(y + at, a + from_a, shape->a[axis], b + from_b, shape->b[axis], pairing, factor, n);
    }
}

/* The axes of a result that belong to operand a (keep), or over which it was repeated. y and b:
 * strides of the result and of the other operand along them. */
typedef struct {
    int rank;
    int64_t count, size[TS_MAX_RANK], y[TS_MAX_RANK], b[TS_MAX_RANK];
} axes;

static axes axes_of(const ts_broadcast *shape, bool keep)
{
    axes list = {.count = 1};
    int64_t y[TS_MAX_RANK], stride = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        y[i] = stride;
        stride *= shape->size[i];
    }
    for (int i = 0; i < shape->rank; i++)
        if ((shape->a[i] != 0) == keep) {
            list.size[list.rank] = shape->size[i];
            list.y[list.rank] = y[i];
            list.b[list.rank++] = shape->b[i];
            list.count *= shape->size[i];
        }
    return list;
}

static void locate(const axes *list, int64_t at, int64_t *y, int64_t *b)
{
    for (int i = list->rank - 1; i >= 0; i--) {
        const int64_t index = at % list->size[i];
        at /= list->size[i];
        *y += index * list->y[i];
        *b += index * list->b[i];
    }
}

/* da = sum over the repeated axes of p dy, or of dy b: along the last kept axis in columns of 64,
 * each summed in the order of the result. `other` is NULL for combine. */
void TS_NAME(pair_backward)(real *da, const real *dy, const real *other, double factor,
                            const ts_broadcast *shape, int64_t first, int64_t last)
{
    const axes kept = axes_of(shape, true), summed = axes_of(shape, false);
    const int64_t row = kept.rank ? kept.size[kept.rank - 1] : 1;
    const int64_t sy = kept.rank ? kept.y[kept.rank - 1] : 1;
    const int64_t sb = kept.rank ? kept.b[kept.rank - 1] : 1;
    for (int64_t at = first, n; at < last; at += n) {
        accumulator sum[TS_COLUMNS] = {{0}};
        n = row - at % row < TS_COLUMNS ? row - at % row : TS_COLUMNS;
        n = n < last - at ? n : last - at;
        for (int64_t term = 0; term < summed.count; term++) {
            int64_t from = 0, from_b = 0;
            locate(&kept, at, &from, &from_b);
            locate(&summed, term, &from, &from_b);
            if (other)
                for (int64_t i = 0; i < n; i++)
                    accumulate(&sum[i], (wide)dy[from + i * sy] * (wide)other[from_b + i * sb]);
            else
                for (int64_t i = 0; i < n; i++)
                    accumulate(&sum[i], (wide)factor * (wide)dy[from + i * sy]);
        }
        for (int64_t i = 0; i < n; i++)
            da[at + i] = (real)total(&sum[i]);
    }
}

TS_CLONES
void TS_NAME(affine_forward)(real *y, const real *x, double factor, double offset, int64_t n)
{
    const wide p = (wide)factor, q = (wide)offset;
    for (int64_t i = 0; i < n; i++)
        y[i] = (real)(p * (wide)x[i] + q);
}

#if defined(TS_GAUGES)
/* |p| (|a| + ga) + |q| (|b| + gb), or |a b| + ga |b| + |a| gb. ga and gb may be NULL. */
void TS_NAME(pair_gauge)(double *g, const real *a, const double *ga, const real *b,
                         const double *gb, ts_pairing pairing, const double factor[2],
                         const ts_broadcast *shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape->rank; i++)
        n *= shape->size[i];
    for (int64_t at = 0; at < n; at++) {
        int64_t i, j;
        operands(shape, at, &i, &j);
        const double ai = fabs((double)a[i]), off_a = ga ? ga[i] : 0.0;
        const double bi = fabs((double)b[j]), off_b = gb ? gb[j] : 0.0;
        g[at] = pairing == TS_MULTIPLY ? ai * bi + off_a * bi + ai * off_b
                                       : fabs(factor[0]) * (ai + off_a) + fabs(factor[1]) * (bi + off_b);
    }
}

/* Backward on absolute values. gdy, other and its gauge gb may be NULL. */
void TS_NAME(pair_backward_gauge)(double *gda, const real *dy, const double *gdy,
                                  const real *other, const double *gb, double factor,
                                  const ts_broadcast *shape, int64_t n)
{
    const axes kept = axes_of(shape, true), summed = axes_of(shape, false);
    for (int64_t at = 0; at < n; at++) {
        gda[at] = 0.0;
        for (int64_t term = 0; term < summed.count; term++) {
            int64_t i = 0, j = 0;
            locate(&kept, at, &i, &j);
            locate(&summed, term, &i, &j);
            const double d = fabs((double)dy[i]), off = gdy ? gdy[i] : 0.0;
            const double b = other ? fabs((double)other[j]) : fabs(factor);
            gda[at] += d * b + off * b + (other && gb ? d * gb[j] : 0.0);
        }
    }
}

/* |p| (|x| + gx) twice over, as p itself is rounded to a float; |q|. gx may be NULL. */
void TS_NAME(affine_gauge)(double *g, const real *x, const double *gx, double factor,
                           double offset, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        g[i] = fabs(factor) * (2.0 * fabs((double)x[i]) + (gx ? gx[i] : 0.0)) + 2.0 * fabs(offset);
}
#endif
