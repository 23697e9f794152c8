#include "tests/support/op.h"

#include "ref/ops/tape.h"

#include <stdlib.h>

static ts_tensor avg(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_avg_pool(ctx, in[0], *(const ts_pool *)arg);
}

static ts_tensor max(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_max_pool(ctx, in[0], *(const ts_pool *)arg);
}

static const ts_pool windows[] = {
    {.size = {2, 2}},
    {.size = {3, 2}, .stride = {1, 2}},
    {.size = {3, 3}, .stride = {2, 2}, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.size = {3, 2}, .stride = {2, 1}, .top = 2, .right = 1, .count_padding = true},
    {.size = {1, 1}, .stride = {3, 3}, .count_padding = true},
    {.size = {2, 3}, .stride = {5, 4}},
};

static void sizes(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 2; k++) {
            op_case c = {k ? max : avg, &windows[i], .inputs = 1,
                         .in = {op_tensor(i, 1, 0, 4, 2, 1, 5, 7)}};
            op_all(&c);
        }
    for (int k = 0; k < 2; k++) {
        op_case none = {k ? max : avg, &windows[0], .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 0, 1, 5, 7)}};
        op_all(&none);
        op_case big = {k ? max : avg, &windows[2], .inputs = 1,
                       .in = {op_tensor(0, 1, 0, 4, 2, 7, 61, 53)}};
        op_tables(&big);
        op_free(&big);
    }
}

static void expect(op_case *c, const double *expected, size_t bytes)
{
    const ts_tensor y = op_truth(c);
    assert_memory_equal(y.data, expected, bytes);
    free(y.data);
}

static void known(void **state)
{
    (void)state;
    static const ts_pool inside = {.size = {2, 2}, .stride = {1, 2}, .left = 1, .right = 1};
    ts_pool whole = inside;
    whole.count_padding = true;
    op_case c = {avg, &inside, .inputs = 1, .in = {op_tensor(0, 0, 0, 4, 1, 1, 2, 2)}};
    const double x[4] = {4, 8, 12, 16}, own[2] = {8, 12}, all[2] = {4, 6}, most[2] = {12, 16};
    for (int i = 0; i < 4; i++)
        ((double *)c.in[0].data)[i] = x[i];
    expect(&c, own, sizeof own);
    c.arg = &whole;
    expect(&c, all, sizeof all);
    c.apply = max;
    expect(&c, most, sizeof most);
    op_free(&c);
}

/* Equal values: the gradient goes to the first of each window; negative ones beat the padding. */
static void ties(void **state)
{
    (void)state;
    ts_ctx ctx;
    float same[4] = {-1, -1, -1, -1}, one[4] = {1, 2, 4, 8};
    const ts_pool p = {.size = {2, 2}, .stride = {1, 1}, .top = 1, .left = 1};
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_tensor x = ts_tensor_of(same, TS_F32, 4, (const int64_t[]){1, 1, 2, 2});
    ts_want_grad(&ctx, &x, "x");
    const ts_tensor y = ts_max_pool(&ctx, x, p);
    assert_memory_equal(y.data, same, sizeof same);
    ts_seed_grad(&ctx, y, ts_tensor_of(one, TS_F32, 4, y.size));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    const float expected[4] = {15, 0, 0, 0};
    assert_memory_equal(x.grad->value.data, expected, sizeof expected);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static const ts_pool bad[] = {
        {.size = {0, 2}}, {.size = {2, -1}}, {.size = {6, 1}}, {.size = {2, 2}, .top = 2},
        {.size = {2, 2}, .right = 3}, {.size = {2, 2}, .stride = {-1, 1}}, {.size = {2, 2}, .left = -1},
        {.size = {INT64_MAX, INT64_MAX}}, {.size = {2, 2}, .stride = {INT64_MAX, 1}},
    };
    for (int i = 0; i < 9; i++) {
        op_case c = {i % 2 ? avg : max, &bad[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 4, 1, 1, 5, 7)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case flat = {avg, &windows[0], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 1, 5, 7)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(known),
        cmocka_unit_test(ties),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
