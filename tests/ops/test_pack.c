#include "tests/support/op.h"

#include <stdlib.h>

static ts_tensor packed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_pack(ctx, in[0]);
}

static ts_tensor unpacked(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const int64_t *size = arg;
    return ts_unpack(ctx, in[0], size[0], size[1]);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{1, 1, 2, 2}, {2, 3, 4, 6}, {0, 1, 2, 2}, {1, 2, 0, 4}, {1, 5, 14, 22}};
    for (int i = 0; i < 5; i++) {
        const int *n = size[i];
        op_case c = {packed, .inputs = 1, .in = {op_tensor(3, 1, 0, 4, n[0], n[1], n[2], n[3])}};
        op_all(&c);
        const int64_t back[2] = {n[2], n[3]};
        op_case d = {unpacked, back, .inputs = 1,
                     .in = {op_tensor(5, 1, 0, 3, n[0], n[2] * n[3] / 4, 4 * n[1])}};
        op_all(&d);
    }
}

/* One picture of 2 x 2 channels of 2 x 4: channel slowest, then row, then column of the patch. */
static void order(void **state)
{
    (void)state;
    op_case c = {packed, .inputs = 1, .in = {op_tensor(0, 0, 0, 4, 1, 2, 2, 4)}};
    for (int i = 0; i < 16; i++)
        ((double *)c.in[0].data)[i] = i;
    static const double expected[] = {0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15};
    const ts_tensor y = op_truth(&c);
    assert_memory_equal(y.data, expected, sizeof expected);
    free(y.data);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case odd = {packed, .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 2, 3)}};
    op_fails(&odd, TS_ERROR_SHAPE);
    op_free(&odd);
    op_case flat = {packed, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 2, 4)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
    static const int64_t wrong[][2] = {{4, 6}, {3, 8}, {-4, -4}, {INT64_MAX - 1, INT64_MAX - 1}};
    for (int i = 0; i < 4; i++) {
        op_case c = {unpacked, wrong[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 1, 4, 8)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(order),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
