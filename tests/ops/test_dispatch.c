#include "tests/support/op.h"

#include "ref/base/trace.h"
#include "ref/ops/dispatch.h"

#include <math.h>
#include <string.h>

static const int64_t two[2] = {2, 2};

static ts_tensor view_of(void *data, ts_dtype dtype)
{
    return ts_tensor_of(data, dtype, 2, two);
}

static void refused(ts_ctx *ctx, ts_status status, const char *word)
{
    float x[4] = {1, 2, 3, 4};
    const ts_tensor y = ts_pack(ctx, ts_tensor_of(x, TS_F32, 4, (const int64_t[]){1, 1, 2, 2}));
    assert_true(ts_is_empty(y));
    assert_int_equal(ctx->status, status);
    assert_non_null(strstr(ctx->message, word));
    ts_ctx_close(ctx);
}

/* Contexts that no kernel can serve. */
static void contexts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    refused(&ctx, TS_ERROR_UNSUPPORTED, "files");
    ts_ctx_open(&ctx, &ts_table_honest, TS_F64, 1);
    refused(&ctx, TS_ERROR_UNSUPPORTED, "F64");
    ts_ctx_open(&ctx, &ts_table_plain, TS_BF16, 1);
    refused(&ctx, TS_ERROR_UNSUPPORTED, "F32 or F64");
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ctx.gauges = true;
    refused(&ctx, TS_ERROR_UNSUPPORTED, "gauges");
    volatile sig_atomic_t stop = 1;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ctx.progress.stop = &stop;
    refused(&ctx, TS_ERROR_INTERRUPTED, "");
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_fail(&ctx, TS_ERROR_IO, "the first failure");
    refused(&ctx, TS_ERROR_IO, "the first failure");
}

/* The sentence says where, what, which shapes. */
static void sentences(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {0};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_enter(&ctx, "blocks.%d", 3);
    assert_true(ts_is_empty(ts_pack(&ctx, view_of(x, TS_F32))));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    assert_non_null(strstr(ctx.message, "blocks.3: pack of (2, 2) F32: "));
    ts_ctx_close(&ctx);
}

/* Weights of every type are read alike; named ones are rounded on entry, results always. */
static void widening(void **state)
{
    (void)state;
    static const ts_dtype types[] = {TS_F64, TS_F32, TS_BF16, TS_F16, TS_F8_E4M3};
    const ts_tensor none = {0};
    for (int t = 0; t < 5; t++) {
        ts_ctx ctx;
        uint64_t w[4];
        float x[4] = {1, 0, 0, 1};
        ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
        for (int i = 0; i < 4; i++)
            ts_store(w, types[t], i, i + 1.5);
        const ts_tensor y = ts_linear(&ctx, view_of(x, TS_F32), view_of(w, types[t]), none);
        const float expected[4] = {1.5f, 3.5f, 2.5f, 4.5f};
        assert_int_equal(ctx.status, TS_OK);
        assert_memory_equal(y.data, expected, sizeof expected);
        ts_ctx_close(&ctx);
    }
    ts_ctx ctx;
    const float third = 1.0f / 3.0f, rounded = ts_bf16_to_f32(ts_f64_to_bf16((double)third));
    float w[4] = {third, 0, 0, 0};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ctx.round = TS_BF16;
    ts_tensor named = view_of(w, TS_F32);
    named.name = "w.weight";
    assert_true(((float *)ts_widened(&ctx, named).data)[0] == rounded);
    assert_true(w[0] == third); /* the weight itself stays as it is */
    const ts_tensor part = ts_slice(&ctx, named, 0, 0, 1);
    assert_string_equal(part.name, named.name);
    assert_true(((float *)ts_widened(&ctx, part).data)[0] == rounded);
    const ts_tensor parts[2] = {view_of(w, TS_F32), view_of(w, TS_F32)};
    assert_true(((float *)ts_concat(&ctx, parts, 2, 0).data)[0] == rounded);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

/* A strided input gives the bits of its copy; its gauge moves with it. */
static void strided(void **state)
{
    (void)state;
    ts_ctx ctx;
    double x[4] = {1, 2, 3, 4}, w[4] = {0.5, -1, 2, 0.25};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ctx.gauges = true;
    const ts_tensor none = {0}, a = ts_linear(&ctx, view_of(x, TS_F64), view_of(w, TS_F64), none);
    const ts_tensor turned = ts_transpose(&ctx, a, 0, 1), flat = ts_contiguous(&ctx, turned);
    assert_int_equal(ctx.status, TS_OK);
    const double *g = a.gauge, *moved = flat.gauge, *y = a.data, *laid = flat.data;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            assert_true(laid[i * 2 + j] == y[j * 2 + i]);
            assert_true(moved[i * 2 + j] == g[j * 2 + i] && g[j * 2 + i] > 0.0);
        }
    const ts_tensor second = ts_slice(&ctx, turned, 0, 1, 1); /* its gauge begins where it does */
    assert_true(second.gauge[0] == g[1]);
    const ts_tensor from_view = ts_linear(&ctx, turned, view_of(w, TS_F64), none);
    const ts_tensor from_copy = ts_linear(&ctx, flat, view_of(w, TS_F64), none);
    assert_memory_equal(from_view.data, from_copy.data, 4 * sizeof(double));
    assert_memory_equal(from_view.gauge, from_copy.gauge, 4 * sizeof(double));
    assert_true(ctx.gauge_terms == 2.0);
    ts_ctx_close(&ctx);
}

static void counting_and_names(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 2, 3, 4}, w[4] = {1, 2, 3, 4};
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ctx.trace = ts_trace_new();
    assert_non_null(ctx.trace);
    ts_tensor weight = view_of(w, TS_F32);
    weight.name = "blocks.1.to_q.weight";
    const ts_tensor y = ts_linear(&ctx, view_of(x, TS_F32), weight, (ts_tensor){0});
    assert_true(ctx.flops == 16.0 && ctx.bytes == 48.0);
    ts_transpose(&ctx, y, 0, 1);
    assert_true(ctx.flops == 16.0 && ctx.bytes == 48.0); /* a view costs nothing */
    const ts_tensor parts[2] = {y, weight};
    ts_concat(&ctx, parts, 2, 0); /* not the module of that weight */
    assert_int_equal(ts_trace_count(ctx.trace), 1);
    assert_string_equal(ts_trace_name(ctx.trace, 0), "blocks.1.to_q.output");
    assert_int_equal(ctx.status, TS_OK);
    ts_trace_free(ctx.trace);
    ts_ctx_close(&ctx);
}

static void no_gauge(void **state)
{
    (void)state;
    static const ts_op bare = {.name = "bare"};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ctx.gauges = true;
    ts_step s = {.op = &bare};
    ts_step_out(&ctx, &s, 1, (const int64_t[]){0}); /* without elements: no forward is needed */
    assert_true(ts_is_empty(ts_apply(&ctx, &s)));
    assert_int_equal(ctx.status, TS_ERROR_UNSUPPORTED);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts), cmocka_unit_test(sentences),
        cmocka_unit_test(widening), cmocka_unit_test(strided),
        cmocka_unit_test(counting_and_names), cmocka_unit_test(no_gauge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
