#include "tests/support/op.h"

#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_group_norm(ctx, in[0], in[1], in[2], *(const int *)arg, 1e-6);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][5] = {/* batch, channels, height, width, groups */
                                  {2, 6, 3, 5, 3}, {1, 1, 2, 3, 1}, {0, 4, 2, 2, 2},
                                  {2, 4, 0, 3, 2}, {3, 5, 1, 7, 1}, {1, 4, 5, 4, 4}};
    for (int i = 0; i < 6; i++)
        for (int given = 1; given <= 3; given += 2) {
            op_case c = {apply, &size[i][4], .inputs = given,
                         .in = {op_tensor(0, 1, 0.5, 4, size[i][0], size[i][1], size[i][2], size[i][3])}};
            if (given > 1) {
                c.in[1] = op_tensor(200, 0.1, 1, 1, size[i][1]);
                c.in[2] = op_tensor(400, 1, 0, 1, size[i][1]);
            }
            c.step = 1e-4;
            op_all(&c);
        }
}

/* One group over all channels is a layer norm of the same numbers. */
static ts_tensor as_layer(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_layer_norm(ctx, in[0], (ts_tensor){0}, (ts_tensor){0}, 1e-6);
}

static void one_group(void **state)
{
    (void)state;
    static const int one = 1;
    op_case picture = {apply, &one, .inputs = 1, .in = {op_tensor(0, 1, 0.5, 3, 2, 6, 5)}};
    op_case rows = {as_layer, .inputs = 1, .in = {op_tensor(0, 1, 0.5, 2, 2, 30)}};
    const ts_tensor a = op_truth(&picture), b = op_truth(&rows);
    assert_memory_equal(a.data, b.data, 60 * sizeof(double));
    free(a.data);
    free(b.data);
    op_free(&picture);
    op_free(&rows);
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    static const int groups = 5;
    op_case c = {apply, .arg = &groups, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 4, 2, 10, 41, 83), op_tensor(9, 1, 0, 1, 10),
                        op_tensor(5, 1, 0, 1, 10)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const int groups[] = {4, 0, -1, 3};
    for (int i = 0; i < 4; i++) {
        op_case c = {apply, &groups[i], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 3, 2, 6, 3), op_tensor(0, 1, 0, 1, i == 3 ? 5 : 6)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(pieces),
        cmocka_unit_test(one_group),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
