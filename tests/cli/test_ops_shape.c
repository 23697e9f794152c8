/* Every golden case of these operations, on every table, in both storages, forward and backward. */
#include "tests/support/golden.h"

#include "ref/cli/modules.h"
#include "ref/io/safetensors.h"
#include "ref/ops/dispatch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "data/goldens/ops";

static void fine(const ts_ctx *ctx)
{
    if (ctx->status)
        fail_msg("%s", ctx->message);
}

/* |y - r| within the law of one operation, or, in F64, within 1e-9 of the largest. */
static void judged(const char *what, ts_tensor y, ts_tensor r, const double *gauge, double terms)
{
    const int64_t n = ts_numel(r);
    assert_int_equal(ts_numel(y), n);
    assert_true(ts_is_contiguous(y));
    double most = 0.0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs(ts_load(r.data, r.dtype, i)));
    for (int64_t i = 0; i < n; i++) {
        const double a = ts_load(y.data, y.dtype, i), b = ts_load(r.data, r.dtype, i);
        const double g = gauge ? gauge[i] : 0.0;
        const double bound = y.dtype == TS_F64
                                 ? fmax(1e-9 * most, 1e-12)
                                 : 0x1p-24 * (fabs(b) + (4.0 + sqrt(terms) / 8.0) * g) + 0x1p-149;
        if (!(fabs(a - b) <= bound) && !(isnan(a) && isnan(b)) && !(isinf(b) && a == b))
            fail_msg("%s at %lld: %.17g, expected %.17g within %.3g", what, (long long)i, a, b,
                     bound);
    }
}

/* A copy of the inputs in the context's storage, gradients wanted for floats. */
static void enter(ts_ctx *ctx, ts_call *call, const ts_safetensors *file)
{
    for (int64_t i = 0; i < ts_safetensors_count(file); i++) {
        const char *name = ts_safetensors_name(file, i);
        if (strncmp(name, "in.", 3) != 0 || strncmp(name, "in.cotangent", 12) == 0)
            continue;
        ts_tensor from = ts_safetensors_tensor(file, i), to = from;
        if (ts_dtype_is_float(from.dtype)) {
            to = ts_new(ctx, ctx->compute, from.rank, from.size);
            fine(ctx);
            ts_convert(to.data, to.dtype, from.data, from.dtype, ts_numel(from));
            ts_want_grad(ctx, &to, NULL);
        }
        ts_items_add(ctx, &call->inputs, name + 3, to);
    }
}

static void leave(const ts_call *call, const ts_safetensors *file, const double *const *gauges,
                  double terms)
{
    char name[64];
    judged("output", ts_items_get(&call->outputs, "output"), ts_safetensors_get(file, "truth.output"),
           gauges ? gauges[0] : NULL, terms);
    for (int64_t i = 0; i < call->inputs.count; i++) {
        const ts_item *item = &call->inputs.items[i];
        if (!item->value.grad)
            continue;
        snprintf(name, sizeof name, "truth.grad.%s", item->name);
        const ts_tensor truth = ts_safetensors_get(file, name), g = item->value.grad->value;
        assert_false(ts_is_empty(truth));
        if (!ts_is_empty(g))
            judged(name, g, truth, gauges ? gauges[1 + i] : NULL, terms);
    }
}

static void call_in(ts_ctx *ctx, ts_call *call, const ts_safetensors *file, const json_t *settings)
{
    call->module = ts_safetensors_metadata(file, "module");
    call->settings = settings;
    const ts_module *m = ts_module_find(ts_ops_shape_modules, call->module, call);
    assert_non_null(m);
    enter(ctx, call, file);
    m->run(ctx, call);
    fine(ctx);
    ts_seed_grad(ctx, ts_items_get(&call->outputs, "output"),
                 ts_safetensors_get(file, "in.cotangent.output"));
    ts_tape_backward(ctx);
    fine(ctx);
}

static void one_case(const char *path)
{
    ts_ctx truth, ctx;
    ts_ctx_open(&truth, &ts_table_plain, TS_F64, 1);
    truth.gauges = true;
    ts_safetensors *file = ts_safetensors_open(&truth, path);
    fine(&truth);
    json_t *settings = json_loads(ts_safetensors_metadata(file, "settings"), 0, NULL);
    assert_non_null(settings);
    ts_call wide = {0};
    call_in(&truth, &wide, file, settings);
    leave(&wide, file, NULL, 0.0);
    const double *gauges[8] = {ts_items_get(&wide.outputs, "output").gauge};
    for (int64_t i = 0; i < wide.inputs.count && i < 7; i++)
        if (wide.inputs.items[i].value.grad)
            gauges[1 + i] = wide.inputs.items[i].value.grad->value.gauge;
    for (int t = 0; ts_table_name(t); t++) {
        ts_call call = {0};
        ts_ctx_open(&ctx, ts_table_named(ts_table_name(t)), TS_F32, 2);
        call_in(&ctx, &call, file, settings);
        leave(&call, file, gauges, truth.gauge_terms);
        ts_call_free(&call);
        ts_ctx_close(&ctx);
    }
    ts_call_free(&wide);
    json_decref(settings);
    ts_safetensors_close(file);
    ts_ctx_close(&truth);
}

static void goldens(void **state)
{
    (void)state;
    /* A floor: the corpus does not melt away. */
    assert_true(golden_corpus(folder, ts_ops_shape_modules, one_case) >= 44);
}

/* Settings that cannot be are refused with a sentence. */
static void settings(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"ops.permute", "{\"dims\": [0]}"},           {"ops.permute", "{\"dims\": [0, 9]}"},
        {"ops.permute", "{\"dims\": [0, \"x\"]}"},     {"ops.reshape", "{\"shape\": \"all\"}"},
        {"ops.reshape", "{\"shape\": [1, 1, 1, 1, 1, 1, 1]}"}, {"ops.avg_pool", "{}"},
        {"ops.max_pool", "{\"kernel_size\": 2, \"stride\": [1]}"},
        {"ops.resize_nearest", "{}"},                 {"ops.resize_bilinear", "{\"size\": [3]}"},
        {"ops.concat", "{}"},                         {"ops.mse", "{}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_call call = {.module = bad[i][0]};
        float x[4] = {0};
        ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
        json_t *json = json_loads(bad[i][1], 0, NULL);
        call.settings = json;
        const ts_module *m = ts_module_find(ts_ops_shape_modules, call.module, &call);
        assert_non_null(m);
        ts_items_add(&ctx, &call.inputs, "input", ts_tensor_of(x, TS_F32, 2, (const int64_t[]){2, 2}));
        assert_int_not_equal(m->run(&ctx, &call), TS_OK);
        assert_true(ctx.message[0] != '\0');
        ts_call_free(&call);
        json_decref(json);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
