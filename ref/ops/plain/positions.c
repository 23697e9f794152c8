/* positions.c: sines and cosines of times and of places.
 *
 *     sinusoid    y_ri = cos(t_r w_i), sin(t_r w_i);      w_i = period^(-i / (dim / 2 - shift))
 *     rope        cos, sin of id_ra theta^(-2i / dims_a), each twice, axis after axis
 *
 * Source:   Vaswani et al. 2017, section 3.5; diffusers get_timestep_embedding and FluxPosEmbed
 * Shapes:   t (rows), y (rows, dim), cosines in columns 0 .. dim / 2 - 1 if cos_first, sines in the
 *           others, a last odd column is 0; ids (rows, axes), y (rows, sum of dims)
 * Pitfalls: angles are made in double in every arithmetic: t w has 5 digits before the point, which a
 *           float takes from those behind. With shape.f32 they are floats, as published
 * Test:     tests/ops/test_positions.c       Golden: ops/sinusoid, ops/rope_tables */
#include "ref/base/mathf.h"
#include "ref/ops/kernels.h"

#include <math.h>

/* The frequencies of the published model are e^(i * -log(period) / (dim / 2 - shift)) computed in
 * floats, with an exponential that is not always the nearest float: of the 128 frequencies that the
 * model has, numbers 12 and 106 lie 0.48 of a unit under the middle of two floats and were rounded
 * up. At t = 30000 such a unit is 9e-4 of an angle, so it is kept. */
static double published_frequency(const ts_sinusoid_shape *shape, int64_t i)
{
    const double half = (double)(shape->dim / 2) - shape->shift;
    const float product = (float)-ts_log(shape->period) * (float)i;
    const double w = ts_exp((double)(product / (float)half));
    const bool model = shape->dim == 256 && shape->period == 10000.0 && shape->shift == 0.0;
    const float nearest = (float)w;
    return model && (i == 12 || i == 106) ? (double)(nearest + nearest * 0x1p-24f) : (double)nearest;
}

static double frequency(const ts_sinusoid_shape *shape, int64_t i)
{
    if (shape->f32)
        return published_frequency(shape, i);
    const double half = (double)(shape->dim / 2) - shape->shift;
    return ts_exp(-ts_log(shape->period) * (double)i / half);
}

static double angle(const ts_sinusoid_shape *shape, double t, double w)
{
    return shape->f32 ? (double)((float)t * (float)w) : t * w;
}

void TS_NAME(sinusoid_forward)(real *y, const real *t, const ts_sinusoid_shape *shape, int64_t rows)
{
    const int64_t half = shape->dim / 2, c = shape->cos_first ? 0 : half, s = half - c;
    for (int64_t i = 0; i < half; i++) {
        const double w = frequency(shape, i);
        for (int64_t row = 0; row < rows; row++) {
            const double a = angle(shape, (double)t[row], w);
            y[row * shape->dim + c + i] = (real)ts_cos(a);
            y[row * shape->dim + s + i] = (real)ts_sin(a);
        }
    }
    for (int64_t row = 0; row < rows && shape->dim % 2; row++)
        y[row * shape->dim + shape->dim - 1] = 0;
}

/* dL/dt = sum_i w_i (dy_sin cos(t w_i) - dy_cos sin(t w_i)) */
void TS_NAME(sinusoid_backward)(real *dt, const real *dy, const real *t,
                                const ts_sinusoid_shape *shape, int64_t rows)
{
    const int64_t half = shape->dim / 2, c = shape->cos_first ? 0 : half, s = half - c;
    for (int64_t row = 0; row < rows; row++) {
        const real *dyr = dy + row * shape->dim;
        accumulator sum = {0};
        for (int64_t i = 0; i < half; i++) {
            const double w = frequency(shape, i), a = angle(shape, (double)t[row], w);
            accumulate(&sum, (wide)(w * ts_cos(a)) * (wide)dyr[s + i]);
            accumulate(&sum, (wide)(-w * ts_sin(a)) * (wide)dyr[c + i]);
        }
        dt[row] = (real)total(&sum);
    }
}

void TS_NAME(rope_forward)(real *y, const double *ids, const ts_rope_shape *shape, int64_t rows)
{
    for (int64_t row = 0; row < rows; row++, ids += shape->axes)
        for (int axis = 0; axis < shape->axes; axis++)
            for (int64_t i = 0; i < shape->dims[axis]; i += 2, y += 2) {
                const double power = (double)i / (double)shape->dims[axis];
                const double a = ids[axis] / ts_exp(ts_log(shape->theta) * power);
                y[0] = y[1] = (real)(shape->sine ? ts_sin(a) : ts_cos(a));
            }
}

#if defined(TS_GAUGES)
/* |y| and the angle's own rounding: of a double, 2^-29 of a float's; what t is off by turns with w. */
void TS_NAME(sinusoid_gauge)(double *g, const real *t, const double *gt,
                             const ts_sinusoid_shape *shape, int64_t rows)
{
    const int64_t half = shape->dim / 2;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < shape->dim; i++) {
            const double w = frequency(shape, i % (half ? half : 1));
            const double a = angle(shape, (double)t[row], w);
            const bool cosine = (i < half) == shape->cos_first;
            g[row * shape->dim + i] = i >= 2 * half ? 0.0
                                      : fabs(cosine ? ts_cos(a) : ts_sin(a)) +
                                            0x1p-29 * fabs(a) + (gt ? w * gt[row] : 0.0);
        }
}

/* sum_i w (|dy| + gdy) (|cos| or |sin| + the angle's rounding). gdy may be NULL. */
void TS_NAME(sinusoid_backward_gauge)(double *gdt, const real *dy, const double *gdy,
                                      const real *t, const ts_sinusoid_shape *shape, int64_t rows)
{
    const int64_t half = shape->dim / 2;
    for (int64_t row = 0; row < rows; row++) {
        gdt[row] = 0.0;
        for (int64_t i = 0; i < 2 * half; i++) {
            const int64_t at = row * shape->dim + i;
            const double w = frequency(shape, i % half), a = angle(shape, (double)t[row], w);
            const bool cosine = (i < half) == shape->cos_first;
            const double size = fabs(cosine ? ts_sin(a) : ts_cos(a)) + 0x1p-29 * fabs(a);
            gdt[row] += w * size * (2.0 * fabs((double)dy[at]) + (gdy ? gdy[at] : 0.0));
        }
    }
}

void TS_NAME(rope_gauge)(double *g, const real *y, const double *ids, const ts_rope_shape *shape,
                         int64_t rows)
{
    for (int64_t row = 0; row < rows; row++, ids += shape->axes)
        for (int axis = 0; axis < shape->axes; axis++)
            for (int64_t i = 0; i < shape->dims[axis]; i++, g++, y++)
                *g = fabs((double)*y) + 0x1p-29 * fabs(ids[axis]);
}
#endif
