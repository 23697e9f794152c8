#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static const double inf = (double)INFINITY, not_a_number = (double)NAN;

typedef ts_tensor function(ts_ctx *, ts_tensor);

static ts_tensor clamped(ts_ctx *ctx, ts_tensor x)
{
    return ts_clamp(ctx, x, -1.25, 0.75);
}

enum { SILU, GELU, GELU_TANH, QUICK_GELU, RELU, HARD_SWISH, HARD_SIGMOID, SIGMOID, TANH, EXP, CLAMP, ALL };

static function *const all[ALL] = {ts_silu, ts_gelu, ts_gelu_tanh, ts_quick_gelu, ts_relu,
                                   ts_hard_swish, ts_hard_sigmoid, ts_sigmoid, ts_tanh_of,
                                   ts_exp_of, clamped};

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return (*(function *const *)arg)(ctx, in[0]);
}

/* No number of op_value is within a step of a kink (0, 3, -3, -1.25, 0.75). */
static void sizes(void **state)
{
    (void)state;
    static const int size[][2] = {{3, 5}, {1, 1}, {0, 4}, {7, 11}};
    for (int f = 0; f < ALL; f++)
        for (int i = 0; i < 4; i++) {
            op_case c = {apply, &all[f], .inputs = 1, .in = {op_tensor(0, 1.37, 0, 2, size[i][0], size[i][1])}};
            op_all(&c);
        }
}

/* Large and small arguments: what cancels in the published forms must not be held against anyone,
 * and what does not must be right in its last bit. */
static void wide_range(void **state)
{
    (void)state;
    for (int f = 0; f < ALL; f++)
        for (int k = -3; k < 3; k++) {
            op_case c = {apply, &all[f], .inputs = 1, .in = {op_tensor(0, pow(10, k) * (f == EXP ? 0.1 : 1), 0, 1, 40)}};
            op_tables(&c);
            op_gauge(&c);
            op_free(&c);
        }
}

static double value(int f, double x)
{
    op_case c = {apply, &all[f], .inputs = 1, .in = {op_tensor(0, 1, 0, 0)}};
    *(double *)c.in[0].data = x;
    const ts_tensor y = op_truth(&c);
    const double v = *(double *)y.data;
    free(y.data);
    op_free(&c);
    return v;
}

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 4e-15 * fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

/* From tables of the error function and of e; far left, where x (1 + erf) / 2 has nothing left. */
static void known_answers(void **state)
{
    (void)state;
    near(value(GELU, 1), 0.84134474606854294859);
    near(value(GELU, -10), -7.6198530241605260660e-23);
    near(value(SILU, -1), -0.26894142136999512075);
    near(value(SILU, -100), -3.7200759760208356130e-42);
    near(value(SIGMOID, 2), 0.88079707797788244406);
    near(value(TANH, 0.5), 0.46211715726000975850);
    near(value(EXP, 1), 2.7182818284590452354);
    assert_true(value(HARD_SWISH, 1) == 4.0 / 6 && value(HARD_SWISH, 5) == 5 && value(HARD_SWISH, -4) == 0);
    assert_true(value(HARD_SIGMOID, 0) == 0.5 && value(HARD_SIGMOID, 9) == 1);
    assert_true(value(RELU, -2) == 0 && value(RELU, 2) == 2);
    assert_true(value(CLAMP, -2) == -1.25 && value(CLAMP, 2) == 0.75 && value(CLAMP, 0.5) == 0.5);
}

/* As torch has them: x s(x) at -infinity is -infinity times 0. */
static void infinities(void **state)
{
    (void)state;
    for (int f = 0; f < ALL; f++)
        assert_true(isnan(value(f, not_a_number)));
    for (int f = SILU; f <= QUICK_GELU; f++)
        assert_true(isnan(value(f, -inf)) && value(f, inf) == inf);
    assert_true(value(RELU, -inf) == 0 && value(RELU, inf) == inf);
    assert_true(isnan(value(HARD_SWISH, -inf)) && value(HARD_SWISH, inf) == inf);
    assert_true(value(SIGMOID, -inf) == 0 && value(SIGMOID, inf) == 1);
    assert_true(value(HARD_SIGMOID, -inf) == 0 && value(HARD_SIGMOID, inf) == 1);
    assert_true(value(TANH, -inf) == -1 && value(TANH, inf) == 1);
    assert_true(value(EXP, -inf) == 0 && value(EXP, inf) == inf);
    assert_true(value(CLAMP, -inf) == -1.25 && value(CLAMP, inf) == 0.75);
}

static ts_tensor crossed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_clamp(ctx, in[0], 1, -1);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    for (int f = 0; f < ALL; f++) {
        op_case c = {apply, .arg = &all[f], .inputs = 1, .in = {op_tensor(0, 2, 0, 1, 40001)}};
        op_tables(&c);
        op_free(&c);
    }
}

static void errors(void **state)
{
    (void)state;
    op_case c = {crossed, .inputs = 1, .in = {op_tensor(0, 1, 0, 1, 3)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
    op_case none = {apply, &all[SILU], .inputs = 1, .in = {{0}}};
    op_fails(&none, TS_ERROR_SHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),         cmocka_unit_test(wide_range), cmocka_unit_test(known_answers),
        cmocka_unit_test(infinities), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
