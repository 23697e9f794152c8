#include "tests/support/op.h"

#include <stdlib.h>

typedef struct {
    int axis, count;
} join;

static ts_tensor joined(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const join *j = arg;
    return ts_concat(ctx, in, j->count, j->axis);
}

/* One tensor many times over, more often than a step has inputs, and strided. */
static ts_tensor many(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    ts_tensor parts[21];
    for (int i = 0; i < 21; i++)
        parts[i] = i % 2 ? in[0] : ts_transpose(ctx, in[1], 0, 1);
    return ts_concat(ctx, parts, *(const int *)arg, 1);
}

static void sizes(void **state)
{
    (void)state;
    static const join ends = {0, 3}, middle = {1, 3}, last = {-1, 3};
    op_case a = {joined, &ends, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 2, 2, 3), op_tensor(9, 1, 0, 2, 0, 3),
                        op_tensor(20, 1, 0, 2, 5, 3)}};
    op_all(&a);
    op_case b = {joined, &middle, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 2, 3, 2), op_tensor(9, 1, 0, 3, 2, 1, 2),
                        op_tensor(20, 1, 0, 3, 2, 7, 2)}};
    op_all(&b);
    op_case c = {joined, &last, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 2, 3, 1), op_tensor(9, 1, 0, 2, 3, 11),
                        op_tensor(20, 1, 0, 2, 3, 2)}, .fixed = {true}};
    op_all(&c);
}

static void many_parts(void **state)
{
    (void)state;
    static const int counts[] = {1, 8, 9, 21};
    for (int i = 0; i < 4; i++) {
        op_case c = {many, &counts[i], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 2, 2, 3), op_tensor(7, 1, 0, 2, 1, 2)}};
        op_all(&c);
    }
}

static void long_rows(void **state)
{
    (void)state;
    static const join flat = {0, 2}, rows = {1, 2};
    op_case a = {joined, &flat, .inputs = 2, .in = {op_tensor(0, 1, 0, 1, 70001), op_tensor(9, 1, 0, 1, 3)}};
    op_tables(&a);
    op_free(&a);
    op_case b = {joined, &rows, .inputs = 2,
                 .in = {op_tensor(0, 1, 0, 2, 53, 701), op_tensor(9, 1, 0, 2, 53, 90)}};
    op_tables(&b);
    op_free(&b);
}

static void errors(void **state)
{
    (void)state;
    static const join bad[] = {{2, 2}, {-3, 2}, {0, 2}, {0, 0}, {0, -1}};
    for (int i = 0; i < 5; i++) {
        op_case c = {joined, &bad[i], .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 2, 3), op_tensor(9, 1, 0, 2, 2, 4)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const join three = {0, 2};
    op_case c = {joined, &three, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 2, 3)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(many_parts),
        cmocka_unit_test(long_rows),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
