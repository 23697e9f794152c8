#include "tests/support/golden.h"

#include "ref/io/safetensors.h"
#include "ref/models/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char steps[] = "data/goldens/models/steps/sgd_resnet10.safetensors";

static ts_model_config config_of(const char *text)
{
    ts_ctx ctx;
    ts_model_config config;
    json_t *json = json_loads(text, 0, NULL);
    ts_ctx_open_plain(&ctx);
    if (ts_model_config_read(&ctx, &config, json, "resnet-digits", "test"))
        fail_msg("%s", ctx.message);
    json_decref(json);
    return config;
}

/* The tensors of the file whose names begin with `prefix`, without it. */
static ts_weights *parts_of(ts_ctx *ctx, ts_safetensors *file, const char *prefix)
{
    ts_weights *w = ts_weights_new(ctx, prefix);
    for (int64_t i = 0; i < ts_safetensors_count(file); i++) {
        const char *name = ts_safetensors_name(file, i);
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            ts_weights_add(ctx, w, name + strlen(prefix), ts_safetensors_get(file, name));
    }
    assert_int_equal(ctx->status, TS_OK);
    return w;
}

/* v = 0.9 v + (g + 1e-3 p), p -= 0.05 v: torch's SGD. */
static void descend(ts_model *m, ts_dtype type, const void *gradients, double *v)
{
    for (int64_t i = 0; i < ts_model_size(m); i++) {
        void *p = ts_model_values(m);
        const double value = ts_load(p, type, i);
        v[i] = 0.9 * v[i] + ts_load(gradients, type, i) + 1e-3 * value;
        if (type == TS_F64)
            ((double *)p)[i] = value - 0.05 * v[i];
        else
            ((float *)p)[i] = (float)(value - 0.05 * v[i]);
    }
}

/* Three steps: parameters, averages and losses are torch's. The bound in f32 is on what three steps
 * of this small network do to a rounding. */
static void three_steps(const ts_table *table, ts_dtype type, double bound)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, table, type, 2);
    ts_safetensors *file = ts_safetensors_open(&ctx, steps);
    assert_non_null(file);
    ts_weights *before = parts_of(&ctx, file, "before."), *after = parts_of(&ctx, file, "after.");
    const ts_model_config config = config_of(ts_safetensors_metadata(file, "settings"));
    ts_model *m = ts_model_open(&ctx, &config, before);
    assert_non_null(m);
    void *g = malloc((size_t)ts_model_size(m) * sizeof(double));
    double *v = calloc((size_t)ts_model_size(m), sizeof *v);
    for (int i = 0; i < 3; i++) {
        char x[32], target[32], loss[32];
        ts_model_result result;
        snprintf(x, sizeof x, "x%d", i);
        snprintf(target, sizeof target, "target%d", i);
        snprintf(loss, sizeof loss, "loss%d", i);
        const ts_batch batch = {ts_safetensors_get(file, x), ts_safetensors_get(file, target)};
        ts_batch own = batch;
        own.x = ts_new(&ctx, type, 4, batch.x.size);
        ts_convert(own.x.data, type, batch.x.data, batch.x.dtype, ts_numel(batch.x));
        const ts_model_how how = {.label_smoothing = 0.1};
        if (ts_model_gradients(&ctx, m, own, how, g, &result))
            fail_msg("%s", ctx.message);
        assert_true(result.rows == 4 && result.right >= 0 && result.right <= 4);
        assert_true(fabs(result.loss - *(const double *)ts_safetensors_get(file, loss).data) < bound);
        descend(m, type, g, v);
    }
    for (int64_t i = 0; i < ts_model_count(m); i++) {
        const ts_parameter *p = ts_model_parameter(m, i);
        const ts_tensor e = ts_buffer(&ctx, after, p->value.rank, p->value.size, "%s", p->name);
        assert_int_equal(ctx.status, TS_OK);
        for (int64_t k = 0; k < ts_numel(e); k++)
            if (fabs(ts_load(e.data, e.dtype, k) - ts_load(p->value.data, type, k)) > bound)
                fail_msg("%s[%lld] after three steps", p->name, (long long)k);
    }
    free(g);
    free(v);
    ts_model_close(m);
    ts_weights_close(before);
    ts_weights_close(after);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
}

static void sgd(void **state)
{
    (void)state;
    for (int i = 0; ts_table_name(i); i++) {
        three_steps(ts_table_named(ts_table_name(i)), TS_F64, 1e-11);
        three_steps(ts_table_named(ts_table_name(i)), TS_F32, 2e-4);
    }
}

static float pixels[6 * 64];
static int64_t classes[6] = {3, 1, 4, 1, 5, 9};

static ts_batch digits(void)
{
    for (int i = 0; i < 6 * 64; i++)
        pixels[i] = (float)(i * 29 % 17) / 8.0f - 1.0f;
    return (ts_batch){ts_tensor_of(pixels, TS_F32, 4, (int64_t[]){6, 1, 8, 8}),
                      ts_tensor_of(classes, TS_I64, 1, (int64_t[]){6})};
}

/* Memory in PyTorch's order, the same model from the same seed; the gradient is a difference quotient
 * of the loss; evaluation moves nothing, gradients move only the averages. */
static void memory(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_model_result r, other;
    const ts_model_config config = config_of("{\"model\": \"resnet-digits\", \"width\": 4}");
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_model *a = ts_model_new(&ctx, &config, 7), *b = ts_model_new(&ctx, &config, 7);
    const int64_t n = ts_model_size(a), buffers = ts_model_buffer_size(a);
    const size_t bytes = (size_t)n * sizeof(float);
    float *g = malloc(bytes), *again = malloc(bytes);
    assert_memory_equal(ts_model_values(a), ts_model_values(b), bytes);
    assert_string_equal(ts_model_parameter(a, 0)->name, "conv1.weight");
    assert_string_equal(ts_model_parameter(a, 3)->name, "bn1.running_mean");
    assert_true(ts_model_parameter(a, 0)->decays && !ts_model_parameter(a, 1)->decays);
    assert_true(ts_model_parameter(a, 3)->buffer && ts_model_parameter(a, 1)->first == 36);
    assert_int_equal(ts_model_gradients(&ctx, a, digits(), (ts_model_how){.keep_averages = true}, g, &r),
                     TS_OK);
    assert_memory_equal(ts_model_buffers(a), ts_model_buffers(b), (size_t)buffers * sizeof(float));
    const size_t held = ctx.arena.peak;
    assert_int_equal(ts_model_gradients(&ctx, a, digits(), (ts_model_how){0}, again, &other), TS_OK);
    assert_memory_equal(g, again, bytes);
    assert_true(ctx.arena.peak == held && ctx.arena.used == 0 && r.loss == other.loss);
    assert_true(memcmp(ts_model_buffers(a), ts_model_buffers(b), (size_t)buffers * sizeof(float)) != 0);
    assert_memory_equal(ts_model_values(a), ts_model_values(b), bytes);
    assert_int_equal(ts_model_evaluate(&ctx, a, digits(), &r), TS_OK);
    assert_true(r.rows == 6);
    free(g);
    free(again);
    ts_model_close(a);
    ts_model_close(b);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx, wide;
    ts_model_result r;
    float g[8];
    const ts_model_config config = config_of("{\"model\": \"resnet-digits\", \"width\": 4}");
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_ctx_open(&wide, &ts_table_fast, TS_F64, 1);
    ts_model *m = ts_model_new(&ctx, &config, 7);
    assert_int_equal(ts_model_gradients(&wide, m, digits(), (ts_model_how){0}, g, &r), TS_ERROR_USAGE);
    ts_batch batch = digits();
    classes[2] = 10;
    assert_int_equal(ts_model_evaluate(&ctx, m, batch, &r), TS_ERROR_SHAPE);
    classes[2] = 4;
    ts_ctx_clear(&ctx);
    ts_weights *none = ts_weights_new(&ctx, "nothing");
    assert_null(ts_model_open(&ctx, &config, none));
    assert_non_null(strstr(ctx.message, "conv1.weight"));
    ts_weights_close(none);
    ts_ctx_clear(&ctx);
    const ts_model_config huge =
        config_of("{\"model\": \"gpt2\", \"width\": 65536, \"heads\": 1, \"layers\": 1024}");
    assert_null(ts_model_new(&ctx, &huge, 1)); /* 200 TB: either refused or not to be had */
    assert_int_equal(ctx.status, TS_ERROR_MEMORY);
    ts_model_close(m);
    ts_model_close(NULL);
    ts_ctx_close(&ctx);
    ts_ctx_close(&wide);
}

/* Every allocation of making a model and of a step may fail: a status, and nothing lost. */
static void faults(void **state)
{
    (void)state;
    const ts_model_config config = config_of("{\"model\": \"resnet-digits\", \"width\": 4}");
    for (long n = 1;; n++) {
        ts_ctx ctx;
        ts_model_result r;
        float g[4096];
        ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
        ts_plant_fault(n);
        ts_model *m = ts_model_new(&ctx, &config, 7);
        if (m)
            ts_model_gradients(&ctx, m, digits(), (ts_model_how){0}, g, &r);
        const long used = ts_plant_fault(0);
        assert_true(!m || ts_model_size(m) <= 4096);
        assert_true(ctx.status == TS_OK || ctx.status == TS_ERROR_MEMORY);
        assert_true(ctx.status == TS_ERROR_MEMORY || used < n);
        ts_model_close(m);
        const bool done = ctx.status == TS_OK;
        ts_ctx_close(&ctx);
        if (done)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd),
        cmocka_unit_test(memory),
        cmocka_unit_test(errors),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
