#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"
#include "ref/base/trace.h"

#include <stdio.h>
#include <string.h>

static ts_tensor number(float *value)
{
    const int64_t one = 1;
    return ts_tensor_of(value, TS_F32, 1, &one);
}

static void check(const ts_trace *trace, int64_t i, const char *name, float value)
{
    assert_true(i < ts_trace_count(trace));
    assert_string_equal(ts_trace_name(trace, i), name);
    assert_true(*(const float *)ts_trace_value(trace, i).data == value);
}

/* Paths, repeated calls, tuples, weights' names; values are copies. */
static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x = 1;
    ts_ctx_open_plain(&ctx);
    assert_true(ts_named(&ctx, number(&x), "a", -1).data == &x); /* nobody traces */
    ctx.trace = ts_trace_new();
    ts_named(&ctx, number(&x), "proj_out", -1);
    ts_enter(&ctx, "blocks.%d", 0);
    x = 2;
    ts_named(&ctx, number(&x), "norm1", 0);
    x = 3;
    ts_named(&ctx, number(&x), "norm1", 1);
    x = 4;
    ts_named(&ctx, number(&x), "norm1", 0); /* the second call begins at a number not above */
    ts_named(&ctx, number(&x), "norm1", 1);
    ts_named(&ctx, number(&x), "", -1); /* the block itself */
    ts_leave(&ctx);
    ts_named_by_weight(&ctx, number(&x), "blocks.0.to_q.weight");
    ts_named_by_weight(&ctx, number(&x), "blocks.0.to_q.weight");
    ts_named_by_weight(&ctx, number(&x), "blocks.0.to_q.bias");
    ts_named_by_weight(&ctx, number(&x), ".weight");
    ts_named_by_weight(&ctx, number(&x), NULL);
    ts_named(&ctx, (ts_tensor){0}, "empty", -1);
    ts_traced(&ctx, number(&x), "latents.%d", 7);
    x = 99;
    check(ctx.trace, 0, "proj_out.output", 1);
    check(ctx.trace, 1, "blocks.0.norm1.output.0", 2);
    check(ctx.trace, 2, "blocks.0.norm1.output.1", 3);
    check(ctx.trace, 3, "blocks.0.norm1@2.output.0", 4);
    check(ctx.trace, 4, "blocks.0.norm1@2.output.1", 4);
    check(ctx.trace, 5, "blocks.0.output", 4);
    check(ctx.trace, 6, "blocks.0.to_q.output", 4);
    check(ctx.trace, 7, "blocks.0.to_q@2.output", 4);
    check(ctx.trace, 8, "latents.7", 4);
    assert_int_equal(ts_trace_count(ctx.trace), 9);
    ts_trace_restart(ctx.trace, "step.3.");
    ts_named(&ctx, number(&x), "proj_out", -1);
    check(ctx.trace, 9, "step.3.proj_out.output", 99);
    ts_fail(&ctx, TS_ERROR_IO, "failed");
    ts_named(&ctx, number(&x), "after", -1);
    assert_int_equal(ts_trace_count(ctx.trace), 10);
    ts_trace_free(ctx.trace);
    ts_ctx_close(&ctx);
    ts_trace_free(NULL);
    ts_trace_restart(NULL, "x");
}

/* Views are laid out, and many names find room. */
static void views(void **state)
{
    (void)state;
    ts_ctx ctx;
    int16_t data[6] = {0, 1, 2, 3, 4, 5};
    const int64_t size[2] = {2, 3}, none[1] = {0};
    char name[32];
    ts_ctx_open_plain(&ctx);
    ctx.trace = ts_trace_new();
    ts_tensor t = ts_tensor_of(data, TS_I16, 2, size);
    t.size[0] = 3, t.size[1] = 2, t.stride[0] = 1, t.stride[1] = 3;
    ts_named(&ctx, t, "turned", -1);
    const ts_tensor copy = ts_trace_value(ctx.trace, 0);
    static const int16_t expected[6] = {0, 3, 1, 4, 2, 5};
    assert_true(ts_is_contiguous(copy) && copy.size[0] == 3 && copy.size[1] == 2);
    assert_memory_equal(copy.data, expected, sizeof expected);
    ts_named(&ctx, ts_tensor_of(data, TS_I16, 1, none), "none", -1);
    assert_int_equal(ts_numel(ts_trace_value(ctx.trace, 1)), 0);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "m%d", i % 150);
        ts_named(&ctx, ts_tensor_of(data, TS_I16, 1, size), name, -1);
    }
    assert_int_equal(ts_trace_count(ctx.trace), 302);
    assert_string_equal(ts_trace_name(ctx.trace, 301), "m149@2.output");
    ts_trace_free(ctx.trace);
    ts_ctx_close(&ctx);
}

/* Every allocation fails once: a sentence, nothing lost, nothing half-added. */
static void faults(void **state)
{
    (void)state;
    int failed = 0;
    for (int n = 1; n < 12; n++) {
        ts_ctx ctx;
        float x = 5;
        ts_ctx_open_plain(&ctx);
        ctx.trace = ts_trace_new();
        assert_non_null(ctx.trace);
        ts_plant_fault(n);
        ts_named(&ctx, number(&x), "a", -1);
        ts_traced(&ctx, number(&x), "b");
        ts_plant_fault(0);
        const int64_t count = ts_trace_count(ctx.trace);
        if (ctx.status) {
            failed++;
            assert_int_equal(ctx.status, TS_ERROR_MEMORY);
            assert_non_null(strstr(ctx.message, "no memory to trace"));
            assert_true(count < 2);
        } else {
            assert_int_equal(count, 2);
        }
        for (int64_t i = 0; i < count; i++)
            check(ctx.trace, i, i ? "b" : "a.output", 5);
        ts_trace_free(ctx.trace);
        ts_ctx_close(&ctx);
    }
    assert_int_equal(failed, 7); /* calls, its name, items, and name and value of both */
    ts_plant_fault(1);
    assert_null(ts_trace_new());
    ts_plant_fault(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(views),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
