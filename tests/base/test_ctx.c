#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"

#include <stdio.h>
#include <string.h>

static void tensors(void **state)
{
    (void)state;
    ts_ctx ctx;
    const int64_t size[2] = {3, 5}, huge[2] = {INT64_MAX / 4, 8}, none[2] = {0, 5};
    ts_ctx_open(&ctx, NULL, TS_F64, 2);
    assert_true(ctx.compute == TS_F64 && ctx.threads == 2);
    const ts_tensor zeros = ts_new_zero(&ctx, TS_F64, 2, size);
    for (int i = 0; i < 15; i++)
        assert_true(((double *)zeros.data)[i] == 0.0);
    const ts_tensor nothing = ts_new(&ctx, TS_F32, 2, none);
    assert_true(nothing.data != NULL && ts_numel(nothing) == 0 && !ts_is_empty(nothing));
    assert_true(ts_is_empty(ts_new(&ctx, TS_F32, 2, huge)));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    assert_true(ts_is_empty(ts_new(&ctx, TS_F32, 2, size))); /* a failed context gives nothing */
    ts_ctx_clear(&ctx);
    assert_true(ts_is_empty(ts_new(&ctx, TS_F32, TS_MAX_RANK + 1, size)));
    ts_ctx_close(&ctx);

    ts_ctx_open_plain(&ctx);
    ts_plant_fault(1);
    assert_null(ts_take(&ctx, 10));
    ts_plant_fault(0);
    assert_int_equal(ctx.status, TS_ERROR_MEMORY);
    assert_non_null(strstr(ctx.message, "no memory for 10 more bytes"));
    ts_ctx_close(&ctx);
}

/* Kept: a plain tensor, a turned view, a broadcast row, an empty one, and one from before. */
static void scopes(void **state)
{
    (void)state;
    ts_ctx ctx;
    const int64_t size[2] = {3, 4};
    ts_ctx_open_plain(&ctx);
    ts_tensor old = ts_new(&ctx, TS_F32, 2, size);
    for (int i = 0; i < 12; i++)
        ((float *)old.data)[i] = (float)(100 + i);
    const size_t before = ctx.arena.used;
    const ts_scope scope = ts_scope_open(&ctx);
    ts_take(&ctx, 5 << 20);
    ts_tensor plain = ts_new(&ctx, TS_I32, 2, size), empty = {0};
    for (int i = 0; i < 12; i++)
        ((int32_t *)plain.data)[i] = i;
    plain.name = "kept";
    ts_tensor turned = plain, row = plain;
    turned.size[0] = 4, turned.size[1] = 3, turned.stride[0] = 1, turned.stride[1] = 4;
    row.stride[0] = 0;
    ts_tensor *const keep[] = {&plain, &turned, &row, &empty, &old};
    ts_scope_close(&ctx, scope, keep, 5);
    assert_int_equal(ctx.status, TS_OK);
    assert_true(ctx.arena.used <= before + 5 * 64);
    assert_true(ts_is_contiguous(turned) && ts_is_contiguous(row) && ts_is_empty(empty));
    assert_string_equal(plain.name, "kept");
    for (int i = 0; i < 12; i++) {
        assert_int_equal(((int32_t *)plain.data)[i], i);
        assert_int_equal(((int32_t *)turned.data)[i], i % 3 * 4 + i / 3);
        assert_int_equal(((int32_t *)row.data)[i], i % 4);
        assert_true(((float *)old.data)[i] == (float)(100 + i));
    }
    ts_ctx_close(&ctx);
}

static void scopes_that_fail(void **state)
{
    (void)state;
    for (int fault = 0; fault < 3; fault++) {
        ts_ctx ctx;
        const int64_t size[1] = {1 << 20}; /* too large for what the first chunk has left */
        ts_ctx_open_plain(&ctx);
        ts_take(&ctx, 1 << 19);
        const ts_scope scope = ts_scope_open(&ctx);
        ts_tensor x = ts_new_zero(&ctx, TS_F32, 1, size);
        ts_tensor *const keep[] = {&x};
        if (fault == 0)
            ts_fail(&ctx, TS_ERROR_IO, "before");
        ts_plant_fault(fault == 1);
        ts_scope_close(&ctx, scope, keep, 1);
        ts_plant_fault(0);
        assert_int_equal(ctx.status, fault == 0   ? TS_ERROR_IO
                                     : fault == 1 ? TS_ERROR_MEMORY
                                                  : TS_OK);
        assert_int_equal(ts_is_empty(x), fault < 2);
        ts_ctx_close(&ctx);
    }
}

/* While a tape is recorded, or gauges are, results stay where they are. */
static void scopes_that_stay_open(void **state)
{
    (void)state;
    for (int gauges = 0; gauges < 2; gauges++) {
        ts_ctx ctx;
        const int64_t size[1] = {8};
        ts_ctx_open_plain(&ctx);
        ctx.record = !gauges;
        ctx.gauges = gauges;
        const ts_scope scope = ts_scope_open(&ctx);
        ts_tensor x = ts_new(&ctx, TS_F32, 1, size);
        void *const data = x.data;
        const size_t used = ctx.arena.used;
        ts_tensor *const keep[] = {&x};
        ts_scope_close(&ctx, scope, keep, 1);
        assert_ptr_equal(x.data, data);
        assert_int_equal(ctx.arena.used, used);
        ts_ctx_close(&ctx);
    }
}

static void paths(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_leave(&ctx); /* nothing to leave */
    ts_enter(&ctx, "transformer_blocks.%d", 3);
    ts_enter(&ctx, "attn");
    assert_string_equal(ctx.path, "transformer_blocks.3.attn");
    ts_leave(&ctx);
    assert_string_equal(ctx.path, "transformer_blocks.3");
    for (int i = 0; i < 3 * TS_PATH_DEPTH; i++)
        ts_enter(&ctx, "deeper");
    assert_true(strlen(ctx.path) < TS_PATH);
    for (int i = 0; i < 3 * TS_PATH_DEPTH; i++)
        ts_leave(&ctx);
    assert_string_equal(ctx.path, "transformer_blocks.3");
    char name[2 * TS_PATH];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ts_enter(&ctx, "%s", name);
    assert_int_equal(strlen(ctx.path), TS_PATH - 1);
    ts_leave(&ctx);
    ts_leave(&ctx);
    assert_string_equal(ctx.path, "");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors),          cmocka_unit_test(scopes),
        cmocka_unit_test(scopes_that_fail), cmocka_unit_test(scopes_that_stay_open),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
