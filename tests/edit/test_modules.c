#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/edit/modules.h"
#include "ref/edit/scheduler.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define EDIT "data/goldens/edit/"
#define SMALL EDIT "c_lora_32x48_published.safetensors"
#define FILL EDIT "d_fill_64x64_seed1234.safetensors"

static void goldens(void **state)
{
    (void)state;
    golden_accepted_on(EDIT "preprocess.safetensors", "f32", "plain");
    golden_accepted_on(FILL, "f32", "fast");
}

/* Noise that is not given is drawn from the seed as the published pipeline draws it: the same
 * picture, bit for bit. Another seed gives another. */
static void drawn_noise(void **state)
{
    (void)state;
    trial given, seeded;
    trial_open(&given, FILL, NULL);
    trial_open(&seeded, FILL, NULL);
    for (int i = 0; i < 2; i++) {
        trial_set(i ? &seeded : &given, "num_inference_steps=1");
        trial_set(i ? &seeded : &given, "max_sequence_length=16");
    }
    trial_input(&seeded, "noise.0", (ts_tensor){0});
    trial_input(&seeded, "noise.1", (ts_tensor){0});
    assert_int_equal(trial_run(&given, TS_F32), TS_OK);
    assert_int_equal(trial_run(&seeded, TS_F32), TS_OK);
    const size_t bytes = 3 * 64 * 64 * sizeof(float);
    const ts_tensor image = ts_ran_get(&given.ran, TS_OUTPUT, "image");
    assert_memory_equal(image.data, ts_ran_get(&seeded.ran, TS_OUTPUT, "image").data, bytes);
    trial_set(&seeded, "seed=1235");
    assert_int_equal(trial_run(&seeded, TS_F32), TS_OK);
    assert_memory_not_equal(image.data, ts_ran_get(&seeded.ran, TS_OUTPUT, "image").data, bytes);
    trial_close(&given);
    trial_close(&seeded);
}

static void refused(const char *path, const char *assignment, const char *input, ts_tensor value,
                    ts_status status, const char *words)
{
    trial t;
    trial_open(&t, path, NULL);
    if (assignment)
        trial_set(&t, assignment);
    if (input)
        trial_input(&t, input, value);
    trial_refused(&t, status, words);
}

static void errors(void **state)
{
    (void)state;
    static float zeros[4096];
    const ts_tensor none = {0};
    const ts_tensor grey = ts_tensor_of(zeros, TS_U8, 2, (int64_t[]){32, 48}),
                    small = ts_tensor_of(zeros, TS_U8, 3, (int64_t[]){16, 48, 3}),
                    odd = ts_tensor_of(zeros, TS_U8, 3, (int64_t[]){24, 24, 3}),
                    floats = ts_tensor_of(zeros, TS_F32, 2, (int64_t[]){32, 48}),
                    noise = ts_tensor_of(zeros, TS_F32, 4, (int64_t[]){1, 16, 4, 4});
    refused(SMALL, NULL, "image", none, TS_ERROR_USAGE, "image");
    refused(SMALL, NULL, "image", grey, TS_ERROR_SHAPE, "image: expected a picture (H, W, 3) U8");
    refused(SMALL, NULL, "image", small, TS_ERROR_SHAPE, "must have the size 48 x 32");
    refused(SMALL, NULL, "mask", floats, TS_ERROR_SHAPE, "mask: expected a picture (H, W) U8");
    refused(SMALL, NULL, "glyph", none, TS_ERROR_USAGE, "glyph");
    refused(SMALL, NULL, "glyph", odd, TS_ERROR_SHAPE, "a glyph picture of 24 x 24");
    refused(SMALL, NULL, "latents", ts_tensor_of(zeros, TS_F32, 3, (int64_t[]){1, 5, 64}),
            TS_ERROR_SHAPE, "latents: expected (1, 6, 64)");
    refused(SMALL, NULL, "posterior_noise.0", noise, TS_ERROR_SHAPE, "noise of the glyph");
    refused(SMALL, "height=48", NULL, none, TS_ERROR_SHAPE, "must have the size 48 x 48");
    refused(SMALL, "num_inference_steps=0", NULL, none, TS_ERROR_USAGE, "0 steps");
    refused(SMALL, "num_inference_steps=\"4\"", NULL, none, TS_ERROR_FORMAT, "num_inference_steps");
    refused(SMALL, "max_sequence_length=513", NULL, none, TS_ERROR_USAGE, "512");
    refused(SMALL, "clean=soap", NULL, none, TS_ERROR_USAGE, "soap");
    refused(SMALL, "prompt=7", NULL, none, TS_ERROR_FORMAT, "prompt");
    refused(SMALL, "condition_scale=0", NULL, none, TS_ERROR_USAGE, "must be positive");
    refused(FILL, "rng=dice", "noise.0", none, TS_ERROR_USAGE, "torch or philox, not dice");
    refused(SMALL, "no_such=1", NULL, none, TS_ERROR_USAGE, "no_such");
    refused(EDIT "preprocess.safetensors", "width=0", NULL, none, TS_ERROR_SHAPE, "one pixel");
    refused(EDIT "preprocess.safetensors", "height=-16", NULL, none, TS_ERROR_SHAPE, "");
    refused(EDIT "preprocess.safetensors", "height=9223372036854775807", NULL, none, TS_ERROR_SHAPE,
            "does not fit");
    trial t;
    trial_open(&t, SMALL, NULL);
    t.job.checkpoint = NULL;
    trial_refused(&t, TS_ERROR_USAGE, "needs --checkpoint");
    /* The transformer's own folder is not a pipeline. */
    char part[] = TINY "/transformer";
    trial_open(&t, SMALL, NULL);
    t.job.checkpoint = part;
    trial_refused(&t, TS_ERROR_IO, "scheduler");
}

/* One row of a schedule. */
static ts_status schedule(ts_ctx *ctx, const char *row)
{
    char text[2048];
    ts_call call = {0};
    const ts_module *module = ts_module_find(ts_edit_modules, "flux.scheduler", &call);
    snprintf(text, sizeof text, "[%s]", row);
    json_t *rows = json_loads(text, 0, NULL);
    assert_non_null(rows);
    call.rows = rows;
    module->run(ctx, &call);
    assert_true(ctx->status || json_array_size(call.answer) == 1);
    ts_call_free(&call);
    json_decref(rows);
    return ctx->status;
}

static void schedules(void **state)
{
    (void)state;
    static const struct {
        const char *row, *words;
    } wrong[] = {
        {"{\"image_tokens\": 16}", "here"},
        {"{\"config\": {}, \"num_inference_steps\": 10001}", "10001 steps"},
        {"{\"config\": {}, \"num_inference_steps\": -1}", "-1 steps"},
        {"{\"config\": {\"use_dynamic_shifting\": true}, \"num_inference_steps\": 2,"
         " \"image_tokens\": 9000000000}", "a schedule shifted by"},
        {"{\"config\": {}, \"num_inference_steps\": 2, \"euler\": 7}", "euler.x0"},
        {"{\"config\": {}, \"num_inference_steps\": 2, \"euler\": {\"x0\": [1], \"y\": []}}",
         "the same length"},
        {"{\"config\": {}, \"num_inference_steps\": 2, \"euler\": {\"x0\": [\"1\"], \"y\": [1]}}",
         "expected numbers"},
        {"{\"config\": {}, \"num_inference_steps\": 2, \"euler\": {\"x0\": [1e300], \"y\": [1]}}",
         "leaves float32"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        schedule(&ctx, wrong[i].row);
        if (!ctx.status || (i && !strstr(ctx.message, wrong[i].words)))
            fail_msg("%s: %s", wrong[i].row, ctx.message);
        ts_ctx_close(&ctx);
    }
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(schedule(&ctx, "{\"config\": {}, \"num_inference_steps\": 10000}"), TS_OK);
    ts_ctx_close(&ctx);
}

static ts_status work(ts_ctx *ctx, const void *arg)
{
    (void)arg;
    return schedule(ctx, "{\"config\": {}, \"num_inference_steps\": 2, \"euler\": {\"x0\": [1], "
                         "\"y\": [2]}}");
}

/* A row that jansson has no memory for must not lose a number. The planting reaches its allocations
 * while the answer is made. */
static ts_status planted(ts_ctx *ctx, long fault, json_t **answer)
{
    ts_call call = {0};
    const ts_module *module = ts_module_find(ts_edit_modules, "flux.scheduler", &call);
    json_t *rows = json_loads("[{\"config\": {}, \"num_inference_steps\": 2, "
                              "\"euler\": {\"x0\": [1], \"y\": [2]}}]", 0, NULL);
    call.rows = rows;
    ts_plant_fault(fault);
    module->run(ctx, &call);
    ts_plant_fault(0);
    *answer = json_incref(call.answer);
    ts_call_free(&call);
    json_decref(rows);
    return ctx->status;
}

static void no_memory(void **state)
{
    (void)state;
    json_malloc_t take;
    json_free_t release;
    json_t *whole, *answer;
    ts_ctx ctx;
    json_get_alloc_funcs(&take, &release);
    json_set_alloc_funcs(ts_alloc, ts_free);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(planted(&ctx, 0, &whole), TS_OK);
    ts_ctx_close(&ctx);
    int refusals = 0;
    for (long n = 1; n <= 200; n++) {
        ts_ctx_open_plain(&ctx);
        const ts_status status = planted(&ctx, n, &answer);
        assert_true(status == TS_OK || status == TS_ERROR_MEMORY);
        if (!status && !json_equal(answer, whole))
            fail_msg("allocation %ld failed, and the answer lost something", n);
        refusals += status != TS_OK;
        json_decref(answer);
        ts_ctx_close(&ctx);
    }
    assert_true(refusals > 40);
    json_decref(whole);
    json_set_alloc_funcs(take, release);
    assert_true(trial_faults(work, NULL, 1) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(drawn_noise), cmocka_unit_test(errors),
        cmocka_unit_test(schedules), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
