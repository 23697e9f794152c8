#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    int dim;
    bool cos_first, f32;
    double shift;
} shape;

static ts_tensor times(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const shape *s = arg;
    ctx->sinusoid_f32 = s->f32;
    return ts_sinusoid(ctx, in[0], s->dim, 10000, s->cos_first, s->shift);
}

static void sizes(void **state)
{
    (void)state;
    static const shape shapes[] = {{8, true, false, 0}, {7, false, false, 1}, {2, true, false, 0},
                                   {1, true, false, 3}, {0, true, false, 1}, {256, true, false, 0}};
    for (int i = 0; i < 6; i++)
        for (int n = 0; n < 4; n += 3) {
            op_case c = {times, &shapes[i], .inputs = 1, .in = {op_tensor(0, 2, 1, 1, n)}};
            op_all(&c);
        }
}

/* In floats nothing is differentiable, and 100 radians apart is what an angle is rounded to. */
static void in_floats(void **state)
{
    (void)state;
    static const shape s = {256, true, true, 0};
    op_case c = {times, &s, .inputs = 1, .in = {op_tensor(0, 500, 600, 1, 3)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

static double at(const shape *s, double t, int i)
{
    op_case c = {times, s, .inputs = 1, .in = {op_tensor(0, 1, 0, 1, 1)}};
    *(double *)c.in[0].data = t;
    const ts_tensor y = op_truth(&c);
    const double value = ((double *)y.data)[i];
    free(y.data);
    op_free(&c);
    return value;
}

static void near(double a, double b, double bound)
{
    if (!(fabs(a - b) <= bound))
        fail_msg("%.17g is not %.17g", a, b);
}

/* Column i of t = 30000 (guidance 30): cosine and sine of the angles of the published model, made
 * by torch in floats (torch.exp, scripts/golden/ops_pointwise.py); and of the right angles. */
static void published(void **state)
{
    (void)state;
    static const shape floats = {256, true, true, 0}, right = {256, true, false, 0};
    static const struct {
        int i;
        double cosine, sine;
    } known[] = {{0, -0.59642953350069217, -0.80266544186737399},
                 {1, 0.56708288728081635, 0.82366073049117317},
                 {12, -0.95589384626979668, 0.29371236722946215},
                 {13, -0.52278096318670886, -0.85246704600798318},
                 {64, -0.022096619278683942, -0.99975583990114947},
                 {106, -0.4545429398230833, 0.89072482611465864},
                 {127, -0.99662100352320293, -0.082137539142610794}};
    for (int k = 0; k < 7; k++) {
        near(at(&floats, 30000, known[k].i), known[k].cosine, 1e-15);
        near(at(&floats, 30000, 128 + known[k].i), known[k].sine, 1e-15);
        const double angle = 30000 * pow(10000, -known[k].i / 128.0);
        near(at(&right, 30000, known[k].i), cos(angle), 2e-11);
        near(at(&right, 30000, 128 + known[k].i), sin(angle), 2e-11);
    }
}

static void columns(void **state)
{
    (void)state;
    static const shape sines = {5, false, false, 1};
    near(at(&sines, 3, 0), sin(3), 1e-15);
    near(at(&sines, 3, 1), sin(3e-4), 1e-15);
    near(at(&sines, 3, 2), cos(3), 1e-15);
    near(at(&sines, 3, 3), cos(3e-4), 1e-15);
    assert_true(at(&sines, 3, 4) == 0);
}

typedef struct {
    int axes;
    int64_t dims[3];
    bool sine;
} places;

static ts_tensor table(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const places *p = arg;
    ts_tensor cos, sin;
    ts_rope_tables(ctx, &cos, &sin, in[0], p->axes, p->dims, 10000);
    return p->sine ? sin : cos;
}

static void rope(void **state)
{
    (void)state;
    static const places p[2] = {{3, {4, 6, 2}, false}, {3, {4, 6, 2}, true}};
    for (int k = 0; k < 2; k++) {
        op_case c = {table, &p[k], .inputs = 1, .in = {op_integers(2, 5, 3)}, .fixed = {true}};
        for (int i = 0; i < 15; i++)
            ((int64_t *)c.in[0].data)[i] = i * i - 3;
        op_tables(&c);
        op_gauge(&c);
        const ts_tensor y = op_truth(&c);
        for (int row = 0; row < 5; row++)
            for (int i = 0, axis = 0; axis < 3; i += (int)p[k].dims[axis], axis++)
                for (int j = 0; j < p[k].dims[axis]; j++) {
                    const int id = row * 3 + axis;
                    const double a = (id * id - 3) * pow(10000, -(j / 2 * 2.0) / (double)p[k].dims[axis]);
                    near(((double *)y.data)[row * 12 + i + j], k ? sin(a) : cos(a), 1e-13);
                }
        free(y.data);
        op_free(&c);
    }
}

static void errors(void **state)
{
    (void)state;
    static const shape s = {4, true, false, 2};
    op_case c = {times, &s, .inputs = 1, .in = {op_tensor(0, 1, 0, 1, 2)}};
    op_case d = {times, &s, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 2, 1)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_fails(&d, TS_ERROR_SHAPE);
    static const places odd = {2, {4, 3}, false}, many = {3, {2, 2, 2}, false};
    op_case e = {table, &odd, .inputs = 1, .in = {op_integers(2, 5, 2)}};
    op_case f = {table, &many, .inputs = 1, .in = {op_integers(2, 5, 2)}};
    op_fails(&e, TS_ERROR_SHAPE);
    op_fails(&f, TS_ERROR_SHAPE);
    op_free(&c);
    op_free(&d);
    op_free(&e);
    op_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),   cmocka_unit_test(in_floats), cmocka_unit_test(published),
        cmocka_unit_test(columns), cmocka_unit_test(rope),      cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
