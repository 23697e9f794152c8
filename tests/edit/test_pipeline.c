#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/edit/noise.h"
#include "ref/edit/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted_on("data/goldens/edit/b_lora_48x80_scale1.3.safetensors", "f32", "fast");
    golden_accepted_on("data/goldens/edit/e_small_glyph_64x64_32x32.safetensors", "f64", "fast");
}

/* An edit of 32 x 32 pixels with a prompt of 4 tokens that is made up, on the small networks. */
typedef struct {
    ts_ctx ctx;
    ts_pipeline p;
    ts_edit edit;
    ts_edit_result r;
} setup;

static void setup_open(setup *s, ts_dtype compute, int64_t steps)
{
    *s = (setup){.r = {.keep_latents = true}};
    ts_ctx *ctx = &s->ctx;
    ts_ctx_open(ctx, &ts_table_fast, compute, 1);
    if (ts_pipeline_open(ctx, &s->p, TINY, TINY_LORA, 0))
        fail_msg("%s", ctx->message);
    s->edit = (ts_edit){
        .prompt = {.prompt_embeds = trial_tensor(ctx, 1, 0.4, 3, 1, 4, 32),
                   .pooled_prompt_embeds = trial_tensor(ctx, 2, 0.4, 2, 1, 24),
                   .text_ids = ts_new_zero(ctx, compute, 2, (int64_t[]){4, 3})},
        .pictures = {.picture = trial_tensor(ctx, 3, 0.3, 4, 1, 3, 32, 32),
                     .mask = ts_new_zero(ctx, compute, 4, (int64_t[]){1, 1, 32, 32}),
                     .glyph = trial_tensor(ctx, 4, 0.3, 4, 1, 3, 32, 32),
                     .glyph_noise = trial_tensor(ctx, 5, 0.5, 4, 1, 16, 4, 4),
                     .masked_noise = trial_tensor(ctx, 6, 0.5, 4, 1, 16, 4, 4)},
        .latents = trial_tensor(ctx, 7, 0.7, 3, 1, 4, 64),
        .steps = steps,
        .guidance = 3.5,
        .options = ts_dit_default_options(),
    };
}

static void setup_close(setup *s)
{
    ts_pipeline_close(&s->p);
    ts_ctx_close(&s->ctx);
}

static void set_run(setup *s)
{
    if (ts_edit_run(&s->ctx, &s->r, &s->p, &s->edit))
        fail_msg("%s", s->ctx.message);
}

/* What an edit tells while it runs, and what its previews are. */
typedef struct {
    int steps, previews, decoded;
    volatile sig_atomic_t stop;
    int64_t stop_at;
} listener;

static void tell(void *arg, const char *what, int64_t done, int64_t total)
{
    listener *l = arg;
    if (strcmp(what, "step") == 0) {
        assert_true(done <= total && total == 3);
        l->steps++;
        if (done == l->stop_at)
            l->stop = 1;
    }
    l->decoded += strcmp(what, "decoding the picture") == 0;
}

static void preview(void *arg, ts_ctx *ctx, int64_t step, ts_tensor latents)
{
    listener *l = arg;
    assert_int_equal(step, l->previews++);
    assert_int_equal(ctx->status, TS_OK);
    assert_true(latents.rank == 3 && latents.size[1] == 4 && latents.size[2] == 64);
}

static void steps_and_previews(void **state)
{
    (void)state;
    setup s;
    listener l = {.stop_at = -1};
    setup_open(&s, TS_F32, 3);
    s.ctx.progress = (ts_progress){.tell = tell, .arg = &l};
    s.edit.preview = preview;
    s.edit.preview_arg = &l;
    set_run(&s);
    assert_true(l.steps == 4 && l.previews == 3 && l.decoded == 1);
    assert_true(s.r.sigmas[0] == 1 && s.r.sigmas[3] == 0 && s.r.timesteps[0] == 1000);
    assert_true(s.r.image.size[1] == 3 && s.r.image.size[2] == 32 && s.r.image.size[3] == 32);
    /* The picture is the last latents, decoded; a listener changes nothing. */
    const ts_tensor again = ts_edit_decode(&s.ctx, &s.p, s.r.latents[2], 32, 32, 0);
    assert_memory_equal(again.data, s.r.image.data, 3 * 32 * 32 * sizeof(float));
    setup t;
    setup_open(&t, TS_F32, 3);
    t.r.keep_latents = false;
    set_run(&t);
    assert_true(ts_is_empty(t.r.latents[2]));
    assert_memory_equal(t.r.image.data, s.r.image.data, 3 * 32 * 32 * sizeof(float));
    /* The caller's noise is not written over. */
    const ts_tensor noise = trial_tensor(&t.ctx, 7, 0.7, 3, 1, 4, 64);
    assert_memory_equal(t.edit.latents.data, noise.data, 256 * sizeof(float));
    setup_close(&t);
    setup_close(&s);
}

static void interruption(void **state)
{
    (void)state;
    for (int64_t at = 0; at < 4; at++) {
        setup s;
        listener l = {.stop_at = at};
        setup_open(&s, TS_F32, 3);
        s.ctx.progress = (ts_progress){.tell = tell, .arg = &l, .stop = &l.stop};
        ts_edit_run(&s.ctx, &s.r, &s.p, &s.edit);
        assert_true(ts_is_empty(s.r.image));
        files_failed(&s.ctx, TS_ERROR_INTERRUPTED, "interrupted");
        setup_close(&s);
    }
}

/* Twelve times as many steps need no more memory (but for the list of times). */
static void memory(void **state)
{
    (void)state;
    size_t peak[2];
    for (int i = 0; i < 2; i++) {
        setup s;
        setup_open(&s, TS_F32, i ? 24 : 2);
        s.r.keep_latents = false;
        set_run(&s);
        peak[i] = s.ctx.arena.peak;
        setup_close(&s);
    }
    assert_true(peak[1] - peak[0] <= 22 * (2 * sizeof(double) + sizeof(ts_tensor)) + 256);
}

/* Guidance, the glyph picture, and whether it is seen. */
static void what_matters(void **state)
{
    (void)state;
    setup a, b;
    setup_open(&a, TS_F64, 1);
    set_run(&a);
    for (int what = 0; what < 3; what++) {
        setup_open(&b, TS_F64, 1);
        if (what == 0)
            b.edit.guidance = 30;
        else if (what == 1)
            b.edit.pictures.glyph = trial_tensor(&b.ctx, 40, 0.3, 4, 1, 3, 32, 32);
        else
            b.edit.options.union_cond_attn = false;
        set_run(&b);
        assert_memory_not_equal(a.r.image.data, b.r.image.data, 3 * 32 * 32 * sizeof(double));
        setup_close(&b);
    }
    setup_close(&a);
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        int what;
        ts_status status;
        const char *words;
    } cases[] = {
        {0, TS_ERROR_USAGE, "0 steps: expected 1 to 10000"},
        {1, TS_ERROR_USAGE, "10001 steps"},
        {2, TS_ERROR_SHAPE, "latents: expected (1, 4, 64)"},
        {3, TS_ERROR_SHAPE, "multiples of 16"},
        {4, TS_ERROR_UNSUPPORTED, "in_channels is 64: a Fill transformer has 384"},
        {5, TS_ERROR_USAGE, "must be positive"},
        {6, TS_ERROR_USAGE, "a tile of 12 pixels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup s;
        setup_open(&s, TS_F32, 1);
        switch (cases[i].what) {
        case 0: s.edit.steps = 0; break;
        case 1: s.edit.steps = 10001; break;
        case 2: s.edit.latents = trial_tensor(&s.ctx, 1, 1.0, 3, 1, 3, 64); break;
        case 3: s.edit.pictures.picture = trial_tensor(&s.ctx, 1, 1.0, 4, 1, 3, 128, 8); break;
        case 4: s.p.dit->config.in_channels = 64; break;
        case 5: s.edit.options.c_factor = 0; break;
        default: s.edit.pictures.tile = 12;
        }
        ts_edit_run(&s.ctx, &s.r, &s.p, &s.edit);
        files_failed(&s.ctx, cases[i].status, cases[i].words);
        setup_close(&s);
    }
}

/* A pipeline folder without one of its parts: which one is missing is said before anything runs. */
static const char *const components[] = {"scheduler", "transformer", "vae"};

static const char *incomplete(int missing, int number)
{
    char name[64], line[2048];
    snprintf(name, sizeof name, "pipeline-%d", number);
    const char *folder = files_path(name);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (int i = 0; i < 3; i++) {
        if (i == missing)
            continue;
        snprintf(line, sizeof line, "cp -r " TINY "/%s %s/", components[i], folder);
        assert_int_equal(system(line), 0);
    }
    snprintf(line, sizeof line, "%s/model_index.json", folder);
    files_write_text(line, "{}");
    return folder;
}

static void opening(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        ts_pipeline p;
        ts_ctx_open_plain(&ctx);
        assert_int_not_equal(ts_pipeline_open(&ctx, &p, incomplete(i, i), NULL, 0), TS_OK);
        assert_true(!p.dit && !p.vae && !p.transformer_weights);
        assert_non_null(strstr(ctx.message, components[i]));
        ts_ctx_close(&ctx);
    }
    ts_ctx ctx;
    ts_pipeline p;
    ts_ctx_open_plain(&ctx);
    ts_pipeline_open(&ctx, &p, TINY, "data/goldens/no-such-file.safetensors", 0);
    files_failed(&ctx, TS_ERROR_IO, "no-such-file");
    ts_pipeline_open(&ctx, &p, TINY, TINY "/vae/diffusion_pytorch_model.safetensors", 0);
    files_failed(&ctx, TS_ERROR_FORMAT, "is not the key of an adapter");
    ts_pipeline_open(&ctx, &p, TINY, TINY_LORA, -2);
    files_failed(&ctx, TS_ERROR_USAGE, "alpha");
    assert_int_equal(ts_pipeline_open(&ctx, &p, TINY, NULL, 0), TS_OK);
    ts_pipeline_close(&p);
    ts_pipeline_close(&p); /* closing twice is legal */
    ts_ctx_close(&ctx);
}

static ts_status work(ts_ctx *ctx, const void *arg)
{
    (void)arg;
    ts_pipeline p;
    ts_pipeline_open(ctx, &p, TINY, TINY_LORA, 0);
    ts_pipeline_close(&p);
    return ctx->status;
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(trial_faults(work, NULL, 5) > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),      cmocka_unit_test(steps_and_previews),
        cmocka_unit_test(interruption), cmocka_unit_test(memory),
        cmocka_unit_test(what_matters), cmocka_unit_test(errors),
        cmocka_unit_test(opening),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
