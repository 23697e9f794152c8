#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/estimate.h"

#include "ref/ops/table.h"

#include <stdio.h>
#include <string.h>

#define TINY "data/checkpoints/tiny"

static ts_ctx ctx;
static ts_pipeline pipeline;

static int open_tiny(void **state)
{
    (void)state;
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 2);
    return (int)ts_pipeline_open(&ctx, &pipeline, TINY, NULL, 0.0);
}

static int close_tiny(void **state)
{
    (void)state;
    ts_pipeline_close(&pipeline);
    ts_ctx_close(&ctx);
    return 0;
}

static ts_estimate_of job(int64_t size, int64_t steps)
{
    return (ts_estimate_of){.pipeline = &pipeline,
                            .folder = TINY,
                            .height = size,
                            .width = size,
                            .glyph_height = size,
                            .glyph_width = size,
                            .text = 32,
                            .steps = steps};
}

static ts_estimate estimate(ts_estimate_of of)
{
    const ts_estimate e = ts_estimate_edit(&ctx, &of);
    assert_int_equal(ctx.status, TS_OK);
    return e;
}

/* What the formula leaves out is little: the operations count their work themselves. */
static void is_near_the_count(void **state)
{
    (void)state;
    const int64_t size = 64;
    const ts_tensor zero = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, 3, size, size}),
                    mask = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, 1, size, size}),
                    noise = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, 16, size / 8, size / 8});
    ts_edit_result result = {.keep_latents = false};
    ts_edit edit = {.steps = 2, .guidance = 3.5, .options = ts_dit_default_options()};
    ts_prompt_config words = {.max_sequence_length = 32};
    const double before = ctx.flops;
    assert_int_equal(ts_encode_prompt(&ctx, &edit.prompt, TINY, "a", 1, &words), TS_OK);
    edit.pictures = (ts_edit_pictures){.picture = zero, .mask = mask, .glyph = zero,
                                       .glyph_noise = noise, .masked_noise = noise};
    edit.latents = ts_pack(&ctx, noise);
    assert_int_equal(ts_edit_run(&ctx, &result, &pipeline, &edit), TS_OK);
    const double counted = ctx.flops - before, told = estimate(job(size, 2)).flops;
    print_message("counted %.4g, estimated %.4g\n", counted, told);
    assert_true(told > 0.75 * counted && told < 1.25 * counted);
}

static void grows_as_it_should(void **state)
{
    (void)state;
    const ts_estimate one = estimate(job(64, 1)), two = estimate(job(64, 2)),
                      three = estimate(job(64, 3)), large = estimate(job(256, 1));
    const double step = two.flops - one.flops;
    assert_true(three.flops - two.flops > 0.999999 * step);
    assert_true(three.flops - two.flops < 1.000001 * step);
    assert_true(one.memory == three.memory);
    assert_true(large.memory > 15.0 * one.memory / 2.0);
    assert_true(large.flops > 16.0 * (one.flops - step));
    ts_estimate_of of = job(256, 1);
    of.tile = 64;
    assert_true(estimate(of).memory < large.memory);
    assert_true(one.weights > 1e6 && one.weights < 6e6);
    assert_true(one.speed == 0.0); /* not worth measuring */
    assert_true(estimate(job(512, 9000)).speed > 1e6);
}

static const char *said(const ts_estimate *e)
{
    static char text[256];
    FILE *to = tmpfile();
    assert_non_null(to);
    ts_estimate_say(to, e);
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = '\0';
    fclose(to);
    return text;
}

static void says_only_what_is_much(void **state)
{
    (void)state;
    const double gib = 1024.0 * 1024.0 * 1024.0;
    assert_string_equal(said(&(ts_estimate){.flops = 1e12, .memory = 1e8, .weights = 1e8}), "");
    assert_string_equal(said(&(ts_estimate){1e15, 1e12, 24 * gib, 10 * gib}),
                        "touchstone: about 10.0 GiB of memory beside 24.0 GiB of weights, 1e+03 "
                        "TFLOP: roughly 17 minutes\n");
    assert_string_equal(said(&(ts_estimate){1e12, 0.0, 2 * gib, gib}),
                        "touchstone: about 1.0 GiB of memory beside 2.0 GiB of weights, 1 TFLOP\n");
    assert_non_null(strstr(said(&(ts_estimate){3e13, 1e12, 0, 0}), "roughly 30 seconds"));
    assert_non_null(strstr(said(&(ts_estimate){1e16, 1e12, 0, 0}), "roughly 2.8 hours"));
    assert_non_null(strstr(said(&(ts_estimate){1e18, 1e12, 0, 0}), "roughly 11.6 days"));
}

static void needs_the_text_encoder(void **state)
{
    (void)state;
    ts_estimate_of of = job(64, 1);
    of.folder = "data/fonts";
    ts_estimate_edit(&ctx, &of);
    assert_int_equal(ctx.status, TS_ERROR_IO);
    assert_non_null(strstr(ctx.message, "data/fonts"));
    ts_ctx_clear(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_near_the_count), cmocka_unit_test(grows_as_it_should),
        cmocka_unit_test(says_only_what_is_much), cmocka_unit_test(needs_the_text_encoder)};
    return cmocka_run_group_tests(tests, open_tiny, close_tiny);
}
