#include "tests/support/op.h"

#include "ref/ops/bag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seven occurrences of five rows in four segments: one segment is empty, one row never occurs, one
 * occurs twice in a segment. */
static const int64_t row[7] = {3, 0, 3, 1, 0, 4, 4}, segment[7] = {2, 0, 2, 0, 3, 0, 2};
static const double value[7] = {1, -2, 0.5, 3, 1, 1, 0.25};
static const uint64_t key[7] = {9, 5, 9, 4, 5, 2, 2};

static ts_bag bag_of(ts_ctx *ctx)
{
    ts_bag bag = {.count = 7, .segments = 4, .rows = 5, .row = row, .segment = segment,
                  .value = value, .key = key};
    ts_bag_index(ctx, &bag);
    return bag;
}

static ts_tensor summed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    ts_bag *bag = ts_take(ctx, sizeof *bag);
    (void)arg;
    if (!bag)
        return (ts_tensor){0};
    *bag = bag_of(ctx);
    return ts_bag_sum(ctx, in[0], bag);
}

static ts_tensor largest(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    ts_bag *bag = ts_take(ctx, sizeof *bag);
    (void)arg;
    if (!bag)
        return (ts_tensor){0};
    *bag = bag_of(ctx);
    /* The empty segment's -infinity would be no number for differences. */
    return ts_clamp(ctx, ts_bag_max(ctx, NULL, in[0], bag), -50.0, 50.0);
}

static void sums(void **state)
{
    (void)state;
    for (int n = 1; n <= 19; n += 6) {
        op_case c = {summed, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 5, n)}};
        op_all(&c);
    }
    op_case c = {summed, .inputs = 1, .in = {op_tensor(0, 0, 0, 2, 5, 1)}};
    for (int i = 0; i < 5; i++)
        ((double *)c.in[0].data)[i] = 1 << i;
    /* -2 * 1 + 3 * 2 + 16; nothing; 8 + 8 / 2 + 16 / 4; 1 */
    op_exact(&c, (const double[]){20, 0, 16, 1});
    op_free(&c);
}

static void maxima(void **state)
{
    (void)state;
    for (int n = 1; n <= 9; n += 4) {
        op_case c = {largest, .inputs = 1, .in = {op_tensor(3, 1, 0, 2, 5, n)}};
        op_gradients(&c);
        op_tables(&c);
        op_free(&c);
    }
    op_case c = {largest, .inputs = 1, .in = {op_tensor(0, 0, 0, 2, 5, 1)}};
    for (int i = 0; i < 5; i++)
        ((double *)c.in[0].data)[i] = 1 << i;
    op_exact(&c, (const double[]){16, -50, 16, 1});
    op_free(&c);
}

/* Of equal rows the smallest key's, then the first occurrence. */
static void places(void **state)
{
    (void)state;
    float table[5] = {1, 1, 1, 1, 1};
    ts_ctx ctx;
    ts_tensor where;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_bag bag = bag_of(&ctx);
    const ts_tensor y = ts_bag_max(&ctx, &where, ts_tensor_of(table, TS_F32, 2, (const int64_t[]){5, 1}),
                                   &bag);
    const int64_t expected[4] = {5, -1, 6, 4};
    assert_int_equal(ctx.status, TS_OK);
    assert_memory_equal(where.data, expected, sizeof expected);
    assert_true(isinf(((float *)y.data)[1]) && ((float *)y.data)[1] < 0);
    table[3] = 2;
    ts_bag_max(&ctx, &where, ts_tensor_of(table, TS_F32, 2, (const int64_t[]){5, 1}), &bag);
    assert_int_equal(((int64_t *)where.data)[2], 0);
    ts_ctx_close(&ctx);
}

static void nothing_in_it(void **state)
{
    (void)state;
    float none[1] = {0};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_bag bag = {.segments = 3};
    assert_int_equal(ts_bag_index(&ctx, &bag), TS_OK);
    const ts_tensor y = ts_bag_sum(&ctx, ts_tensor_of(none, TS_F32, 2, (const int64_t[]){0, 2}), &bag);
    for (int i = 0; i < 6; i++)
        assert_true(((float *)y.data)[i] == 0);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

static void refused(ts_bag bag, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_bag_index(&ctx, &bag), TS_ERROR_SHAPE);
    assert_non_null(strstr(ctx.message, words));
    assert_int_equal(ts_bag_index(&ctx, &bag), TS_ERROR_SHAPE);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    ts_bag bag = {.count = 7, .segments = 4, .rows = 4, .row = row, .segment = segment, .value = value};
    refused(bag, "row 4 of occurrence 5 is not in [0, 4)");
    bag.segments = 3;
    refused(bag, "segment 3 of occurrence 4 is not in [0, 3)");
    op_case c = {summed, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 6, 2)}};
    op_fails(&c, TS_ERROR_SHAPE);
    c.apply = largest;
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
    op_case flat = {summed, .inputs = 1, .in = {op_tensor(0, 1, 0, 1, 5)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(maxima),
        cmocka_unit_test(places),
        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
