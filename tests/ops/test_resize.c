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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
