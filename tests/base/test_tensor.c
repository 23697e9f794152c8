#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"

static void views(void **state)
{
    (void)state;
    float data[24];
    const int64_t size[3] = {2, 3, 4};
    ts_tensor t = ts_tensor_of(data, TS_F32, 3, size);
    assert_true(t.stride[0] == 12 && t.stride[1] == 4 && t.stride[2] == 1);
    assert_int_equal(ts_numel(t), 24);
    assert_true(ts_size(t, 0) == 2 && ts_size(t, -1) == 4 && ts_size(t, -3) == 2);
    assert_true(ts_is_contiguous(t) && !ts_is_empty(t));
    ts_tensor turned = t;
    turned.size[1] = 4, turned.size[2] = 3, turned.stride[1] = 1, turned.stride[2] = 4;
    assert_false(ts_is_contiguous(turned));
    assert_false(ts_same_size(t, turned));
    turned.size[1] = 1; /* the stride of an axis of one element says nothing */
    turned.size[2] = 4, turned.stride[2] = 1, turned.stride[1] = 99, turned.stride[0] = 4;
    assert_true(ts_is_contiguous(turned));
    turned.size[0] = 0, turned.stride[0] = 77;
    assert_true(ts_is_contiguous(turned));
    assert_true(ts_is_empty((ts_tensor){0}));
    const ts_tensor scalar = ts_tensor_of(data, TS_F32, 0, NULL);
    assert_true(ts_numel(scalar) == 1 && ts_is_contiguous(scalar));
    assert_true(ts_same_size(scalar, scalar) && !ts_same_size(scalar, t));
}

static void expectations(void **state)
{
    (void)state;
    float data[6];
    ts_ctx ctx;
    const int64_t size[2] = {2, 3}, good[2] = {-1, 3}, bad[2] = {-1, 4};
    const ts_tensor t = ts_tensor_of(data, TS_BF16, 2, size);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_expect(&ctx, t, "x", 2, good), TS_OK);
    assert_int_equal(ts_expect(&ctx, t, "x", 2, bad), TS_ERROR_SHAPE);
    assert_string_equal(ctx.message, "x: expected (*, 4), got (2, 3) BF16");
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_expect(&ctx, t, "x", 1, good), TS_ERROR_SHAPE);
    assert_string_equal(ctx.message, "x: expected (*), got (2, 3) BF16");
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_expect(&ctx, (ts_tensor){0}, "x", 0, good), TS_ERROR_SHAPE);
    assert_string_equal(ctx.message, "x: expected (), got nothing");
    ts_ctx_close(&ctx);
}

/* The longest text that there can be still fits. */
static void shape_text(void **state)
{
    (void)state;
    char text[TS_SHAPE_TEXT];
    const int64_t m = INT64_MAX, size[TS_MAX_RANK] = {m, m, m, m, m, m};
    ts_tensor t = {.dtype = TS_F8_E4M3, .rank = TS_MAX_RANK};
    for (int i = 0; i < TS_MAX_RANK; i++)
        t.size[i] = size[i];
    assert_string_equal(ts_shape_text(text, t),
                        "(9223372036854775807, 9223372036854775807, 9223372036854775807, "
                        "9223372036854775807, 9223372036854775807, 9223372036854775807) F8_E4M3");
}

static void checked_sizes(void **state)
{
    (void)state;
    int64_t n = 0;
    assert_true(ts_mul_size(3, 5, &n) && n == 15);
    assert_true(ts_mul_size(INT64_MAX, 1, &n) && n == INT64_MAX);
    assert_true(ts_mul_size(0, INT64_MAX, &n) && n == 0);
    assert_false(ts_mul_size(INT64_MAX / 2 + 1, 2, &n));
    assert_false(ts_mul_size(-1, 2, &n));
    assert_false(ts_mul_size(2, -1, &n));
    assert_true(ts_add_size(3, 5, &n) && n == 8);
    assert_false(ts_add_size(INT64_MAX, 1, &n));
    assert_false(ts_add_size(-1, 2, &n));
    const int64_t fine[3] = {2, 3, 4}, none[3] = {INT64_MAX, 0, 2}, big[2] = {INT64_MAX, 2};
    const int64_t negative[1] = {-4};
    assert_true(ts_count_elements(fine, 3, &n) && n == 24);
    assert_true(ts_count_elements(fine, 0, &n) && n == 1);
    assert_false(ts_count_elements(none, 3, &n)); /* strides would not fit */
    assert_false(ts_count_elements(big, 2, &n));
    assert_false(ts_count_elements(negative, 1, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),
        cmocka_unit_test(expectations),
        cmocka_unit_test(shape_text),
        cmocka_unit_test(checked_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
