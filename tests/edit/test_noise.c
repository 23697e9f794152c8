#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/base/rng.h"
#include "ref/edit/noise.h"

#include <string.h>

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_noise_stream_named(&ctx, "torch"), TS_NOISE_TORCH);
    assert_int_equal(ts_noise_stream_named(&ctx, "philox"), TS_NOISE_PHILOX);
    assert_int_equal(ctx.status, TS_OK);
    ts_noise_stream_named(&ctx, "cuda");
    files_failed(&ctx, TS_ERROR_USAGE, "expected torch or philox, not cuda");
    ts_noise_stream_named(&ctx, NULL);
    files_failed(&ctx, TS_ERROR_USAGE, "not nothing");
    ts_ctx_close(&ctx);
}

typedef struct {
    ts_ctx ctx;
    ts_edit_noise n;
} drawn;

static void draw(drawn *d, ts_dtype compute, ts_noise_stream stream, ts_tensor latents, bool glyph)
{
    ts_ctx_open(&d->ctx, &ts_table_plain, compute, 1);
    d->n = (ts_edit_noise){.latents = latents};
    const ts_tensor picture = ts_new(&d->ctx, compute, 4, (int64_t[]){1, 3, 32, 48}),
                    small = ts_new(&d->ctx, compute, 4, (int64_t[]){1, 3, 16, 16});
    ts_edit_noise_draw(&d->ctx, &d->n, 1234, stream, picture, glyph ? small : (ts_tensor){0});
    assert_int_equal(d->ctx.status, TS_OK);
}

static const float *floats(ts_tensor t)
{
    assert_int_equal(t.dtype, TS_F32);
    return t.data;
}

/* One torch generator, in the order latents, glyph, masked picture. */
static void torch_order(void **state)
{
    (void)state;
    enum { PICTURE = 16 * 4 * 6, SMALL = 16 * 2 * 2 };
    static float expected[2 * PICTURE + SMALL];
    ts_torch_cpu g;
    ts_torch_cpu_seed(&g, 1234);
    ts_torch_cpu_randn_f32(&g, expected, PICTURE);
    ts_torch_cpu_randn_f32(&g, expected + PICTURE, SMALL);
    ts_torch_cpu_randn_f32(&g, expected + PICTURE + SMALL, PICTURE);
    drawn d;
    draw(&d, TS_F32, TS_NOISE_TORCH, (ts_tensor){0}, true);
    assert_true(d.n.glyph.size[2] == 2 && d.n.masked.size[3] == 6 && d.n.latents.size[1] == 16);
    assert_memory_equal(floats(d.n.latents), expected, PICTURE * sizeof(float));
    assert_memory_equal(floats(d.n.glyph), expected + PICTURE, SMALL * sizeof(float));
    assert_memory_equal(floats(d.n.masked), expected + PICTURE + SMALL, PICTURE * sizeof(float));
    /* Latents that are given are drawn all the same: the others do not move. */
    drawn e;
    float own[PICTURE] = {7};
    const ts_tensor given = ts_tensor_of(own, TS_F32, 4, d.n.latents.size);
    draw(&e, TS_F32, TS_NOISE_TORCH, given, true);
    assert_ptr_equal(e.n.latents.data, own);
    assert_memory_equal(floats(e.n.masked), floats(d.n.masked), PICTURE * sizeof(float));
    /* Without a glyph nothing is drawn for it: diffusers' order. */
    drawn f;
    draw(&f, TS_F32, TS_NOISE_TORCH, (ts_tensor){0}, false);
    ts_torch_cpu_seed(&g, 1234);
    ts_torch_cpu_randn_f32(&g, expected, PICTURE);
    ts_torch_cpu_randn_f32(&g, expected, PICTURE);
    assert_true(ts_is_empty(f.n.glyph));
    assert_memory_equal(floats(f.n.masked), expected, PICTURE * sizeof(float));
    ts_ctx_close(&d.ctx);
    ts_ctx_close(&e.ctx);
    ts_ctx_close(&f.ctx);
}

/* The numbers that the published pipeline drew. */
static void published(void **state)
{
    (void)state;
    trial t;
    trial_open(&t, "data/goldens/edit/d_fill_64x64_seed1234.safetensors", NULL);
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_edit_noise n = {.latents = {0}};
    const ts_tensor picture = ts_new(&ctx, TS_F32, 4, (int64_t[]){1, 3, 64, 64});
    ts_edit_noise_draw(&ctx, &n, 1234, TS_NOISE_TORCH, picture, (ts_tensor){0});
    const size_t bytes = 16 * 8 * 8 * sizeof(float);
    assert_memory_equal(n.latents.data, trial_given(&t, "noise.0").data, bytes);
    assert_memory_equal(n.masked.data, trial_given(&t, "noise.1").data, bytes);
    ts_ctx_close(&ctx);
    trial_close(&t);
}

/* Philox: a stream for each, whatever the others' sizes are; the same floats in double. */
static void philox(void **state)
{
    (void)state;
    drawn with, without, wide;
    draw(&with, TS_F32, TS_NOISE_PHILOX, (ts_tensor){0}, true);
    draw(&without, TS_F32, TS_NOISE_PHILOX, (ts_tensor){0}, false);
    draw(&wide, TS_F64, TS_NOISE_PHILOX, (ts_tensor){0}, true);
    const size_t bytes = (size_t)ts_numel(with.n.masked) * sizeof(float);
    assert_memory_equal(floats(with.n.latents), floats(without.n.latents), bytes);
    assert_memory_not_equal(floats(with.n.latents), floats(with.n.masked), bytes);
    for (int64_t i = 0; i < ts_numel(with.n.masked); i++)
        assert_true(((double *)wide.n.masked.data)[i] == (double)floats(with.n.masked)[i]);
    float expected[64];
    ts_philox_normal_f32(expected, 1234, 1, 0, 64);
    assert_memory_equal(floats(with.n.glyph), expected, sizeof expected);
    ts_ctx_close(&with.ctx);
    ts_ctx_close(&without.ctx);
    ts_ctx_close(&wide.ctx);
}

static ts_status work(ts_ctx *ctx, const void *arg)
{
    (void)arg;
    ts_edit_noise n = {.latents = {0}};
    const ts_tensor picture = ts_new(ctx, ctx->compute, 4, (int64_t[]){1, 3, 512, 512});
    return ts_edit_noise_draw(ctx, &n, 1, TS_NOISE_TORCH, picture, picture);
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(trial_faults(work, NULL, 1) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),     cmocka_unit_test(torch_order), cmocka_unit_test(published),
        cmocka_unit_test(philox),    cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
