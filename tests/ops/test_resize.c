#include "tests/support/op.h"

#include <stdlib.h>

typedef struct {
    int64_t h, w;
    bool align;
} target;

static ts_tensor nearest(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const target *t = arg;
    return ts_resize_nearest(ctx, in[0], t->h, t->w);
}

static ts_tensor bilinear(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const target *t = arg;
    return ts_resize_bilinear(ctx, in[0], t->h, t->w, t->align);
}

static ts_tensor linear(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_resize_linear(ctx, in[0], *(const int64_t *)arg);
}

static void bilinear_sizes(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{6, 10}, {3, 5}, {1, 1}, {7, 2}, {2, 13}, {11, 1}};
    for (int i = 0; i < 12; i++) {
        const target t = {sizes[i / 2][0], sizes[i / 2][1], i % 2};
        op_case c = {bilinear, &t, .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 2, 1, 3, 5)}};
        op_all(&c);
        op_case one = {bilinear, &t, .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 1, 2, 1, 1)}};
        op_all(&one);
    }
    static const target smaller = {23, 17, true};
    op_case big = {bilinear, &smaller, .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 3, 5, 31, 41)}};
    op_tables(&big);
    op_gauge(&big);
    op_free(&big);
}

/* A slope stays a slope: f(i) = 2 i + 3 at the places between. */
static void bilinear_known(void **state)
{
    (void)state;
    static const target aligned = {1, 9, true}, centres = {1, 10, false};
    op_case c = {bilinear, &aligned, .inputs = 1, .in = {op_tensor(0, 0, 0, 4, 1, 1, 1, 5)}};
    for (int i = 0; i < 5; i++)
        ((double *)c.in[0].data)[i] = 2 * i + 3;
    ts_tensor y = op_truth(&c);
    for (int o = 0; o < 9; o++)
        assert_true(((double *)y.data)[o] == o + 3.0); /* every half step */
    free(y.data);
    c.arg = &centres;
    y = op_truth(&c);
    static const double expected[] = {3, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11};
    assert_memory_equal(y.data, expected, sizeof expected);
    free(y.data);
    op_free(&c);
}

static void linear_sizes(void **state)
{
    (void)state;
    static const int64_t n[] = {1, 2, 5, 13};
    for (int i = 0; i < 4; i++) {
        op_case c = {linear, &n[i], .inputs = 1, .in = {op_tensor(1, 1, 0, 3, 2, 3, 5)}};
        op_all(&c);
        op_case flat = {linear, &n[i], .inputs = 1, .in = {op_tensor(1, 1, 0, 1, 7)}};
        op_all(&flat);
    }
    static const int64_t bad[] = {0, -2};
    for (int i = 0; i < 2; i++) {
        op_case c = {linear, &bad[i], .inputs = 1, .in = {op_tensor(1, 1, 0, 2, 2, 3)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case hollow = {linear, &n[0], .inputs = 1, .in = {op_tensor(1, 1, 0, 2, 2, 0)}};
    op_fails(&hollow, TS_ERROR_SHAPE);
    op_free(&hollow);
}

static void nearest_sizes(void **state)
{
    (void)state;
    static const target t[] = {{6, 10, false}, {3, 5, false}, {1, 1, false}, {7, 2, false}, {2, 13, false}};
    for (int i = 0; i < 5; i++) {
        op_case c = {nearest, &t[i], .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 2, 1, 3, 5)}};
        op_all(&c);
    }
    op_case none = {nearest, &t[0], .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 0, 1, 3, 5)}};
    op_all(&none);
    static const target twice = {62, 82, false};
    op_case big = {nearest, &twice, .inputs = 1, .in = {op_tensor(1, 1, 0, 4, 3, 5, 31, 41)}};
    op_tables(&big);
    op_free(&big);
}

static void nearest_known(void **state)
{
    (void)state;
    static const target t = {1, 5, false};
    op_case c = {nearest, &t, .inputs = 1, .in = {op_tensor(0, 0, 0, 4, 1, 1, 2, 3)}};
    for (int i = 0; i < 6; i++)
        ((double *)c.in[0].data)[i] = i;
    static const double expected[] = {0, 0, 1, 1, 2}; /* floor(0 .6 1.2 1.8 2.4) */
    const ts_tensor y = op_truth(&c);
    assert_memory_equal(y.data, expected, sizeof expected);
    free(y.data);
    op_free(&c);
}

static void nearest_errors(void **state)
{
    (void)state;
    static const target bad[] = {{0, 3, false}, {3, 0, false}, {-1, 3, false}, {INT64_MAX / 2, 3, false}};
    for (int i = 0; i < 4; i++) {
        op_case c = {nearest, &bad[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 2, 3)}};
        op_fails(&c, TS_ERROR_SHAPE);
        c.apply = bilinear;
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const target good = {2, 2, false};
    op_case flat = {nearest, &good, .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 1, 2, 3)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
    op_case hollow = {nearest, &good, .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 0, 3)}};
    op_fails(&hollow, TS_ERROR_SHAPE);
    op_free(&hollow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_sizes),
        cmocka_unit_test(nearest_known),
        cmocka_unit_test(nearest_errors),
        cmocka_unit_test(bilinear_sizes),
        cmocka_unit_test(bilinear_known),
        cmocka_unit_test(linear_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
