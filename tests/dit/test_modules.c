#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/dit/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES "data/goldens/modules/"

static const char *const cases[] = {
    MODULES "attention.safetensors",     MODULES "double_block.safetensors",
    MODULES "single_block.safetensors",  MODULES "norm_out.safetensors",
    MODULES "x_embedder_lora.safetensors", MODULES "norm_q_rotary.safetensors",
    MODULES "time_text_embed.safetensors", MODULES "pos_embed.safetensors",
};
enum { CASES = sizeof cases / sizeof *cases };

static void goldens(void **state)
{
    (void)state;
    golden_accepted_on(MODULES "norm_q_rotary.safetensors", "f32", "blas");
    golden_accepted_on(MODULES "norm_out.safetensors", "f64", "plain");
}

/* Every input of every case in shapes that it cannot have (other ranks, sides one off,
 * nothing at all):
 * a sentence, or a result where the shape happens to fit, but never a crash and never a failure
 * without a reason. */
static void strange_shapes(void **state)
{
    (void)state;
    static float zeros[1 << 16];
    int refusals = 0;
    for (int c = 0; c < CASES; c++) {
        trial names;
        trial_open(&names, cases[c], NULL);
        for (int64_t k = 0; k < names.job.inputs.count; k++)
            for (int what = 0; what < 7; what++) {
                trial t;
                trial_open(&t, cases[c], NULL);
                ts_tensor x = t.job.inputs.items[k].value;
                const int last = x.rank - 1;
                switch (what) {
                case 0: x = ts_tensor_of(zeros, TS_F32, 0, x.size); break;
                case 1: x = ts_tensor_of(zeros, TS_F32, last, x.size); break;
                case 2: x.size[last] += 1; x = ts_tensor_of(zeros, TS_F32, x.rank, x.size); break;
                case 3: x.size[0] += 1; x = ts_tensor_of(zeros, TS_F32, x.rank, x.size); break;
                case 4: x.size[0] = 0; x = ts_tensor_of(zeros, TS_F32, x.rank, x.size); break;
                case 5: x = (ts_tensor){0}; break;
                default: x = ts_tensor_of(zeros, TS_I64, x.rank, x.size);
                }
                char name[64];
                snprintf(name, sizeof name, "%s", names.job.inputs.items[k].name);
                trial_input(&t, name, x);
                const ts_status status = trial_run(&t, TS_F32);
                refusals += status != TS_OK;
                if (status && (!*t.ran.ctx.message || strstr(t.ran.ctx.message, "reason") ||
                               status == TS_ERROR_MEMORY))
                    fail_msg("%s, %s (%d): %s", cases[c], name, what, t.ran.ctx.message);
                trial_close(&t);
            }
        trial_close(&names);
    }
    assert_true(refusals > 150);
}

static void refused(const char *path, const char *module, const char *assignment, ts_status status,
                    const char *words)
{
    trial t;
    trial_open(&t, path, module);
    if (assignment)
        trial_set(&t, assignment);
    trial_refused(&t, status, words);
}

/* Numbers of blocks that the model has not. */
static void blocks(void **state)
{
    (void)state;
    static const struct {
        const char *path, *module;
    } numbers[] = {
        {MODULES "double_block.safetensors", "flux_text.transformer_blocks.2"},
        {MODULES "double_block.safetensors", "flux_text.transformer_blocks.999999999"},
        {MODULES "attention.safetensors", "flux.transformer_blocks.2.attn"},
        {MODULES "single_block.safetensors", "flux_text.single_transformer_blocks.2"},
        {MODULES "single_block.safetensors", "flux_text.single_transformer_blocks.7.attn"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        refused(numbers[i].path, numbers[i].module, NULL, TS_ERROR_USAGE,
                "the model has 2 such blocks");
}

static void settings(void **state)
{
    (void)state;
    static const char whole[] = "data/goldens/transformer/b_published.safetensors";
    refused(whole, NULL, "no_such_setting=1", TS_ERROR_USAGE, "no_such_setting");
    refused(whole, NULL, "c_t=\"soon\"", TS_ERROR_FORMAT, "c_t");
    refused(whole, NULL, "latent_lora=1", TS_ERROR_FORMAT, "latent_lora");
    refused(whole, NULL, "union_cond_attn=\"no\"", TS_ERROR_FORMAT, "union_cond_attn");
    refused(whole, NULL, "lora_rank=8", TS_ERROR_USAGE, "lora_rank is 8, the file's is 4");
    refused(whole, NULL, "lora_alpha=-4", TS_ERROR_USAGE, "alpha of an adapter must be positive");
    /* An adapter that is not there, and one that is not wanted. */
    trial t;
    trial_open(&t, whole, NULL);
    t.job.lora = NULL;
    trial_accepted(&t);
    trial_open(&t, whole, NULL);
    char missing[] = "data/goldens/nothing.safetensors";
    t.job.lora = missing;
    trial_set(&t, "lora=false");
    trial_accepted(&t);
    trial_open(&t, whole, NULL);
    t.job.lora = missing;
    trial_refused(&t, TS_ERROR_IO, "nothing.safetensors");
    /* No weights, and those of another component. */
    trial_open(&t, whole, NULL);
    t.job.checkpoint = NULL;
    trial_refused(&t, TS_ERROR_USAGE, "no weights");
    trial_open(&t, whole, NULL);
    char vae[] = TINY "/vae";
    t.job.checkpoint = vae;
    trial_refused(&t, TS_ERROR_FORMAT, "num_layers");
}

/* Settings as the published forward takes them. */
static void options(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_call call = {.module = "flux_text.transformer"};
    ts_dit_options o = ts_call_dit_options(&ctx, &call);
    assert_true(o.c_factor == 1 && o.union_cond_attn && !o.add_cond_attn && !o.latent_lora);
    assert_true(o.c_t == 0 && o.base_ratio == 0.6 && o.compat && !o.use_byt5_embeds);
    json_t *settings = json_pack("{s:f, s:b, s:f, s:{s:f}}", "c_factor", 1.7, "add_cond_attn", 1,
                                 "c_t", 0.25, "mask_para", "base_ratio", 0.5);
    call.settings = settings;
    o = ts_call_dit_options(&ctx, &call);
    assert_true(o.c_factor == (double)1.7f); /* a float32 tensor of that forward */
    assert_true(o.add_cond_attn && o.c_t == 0.25 && o.base_ratio == 0.5);
    json_decref(settings);
    settings = json_pack("{s:f}", "condition_scale", 1.7);
    call.settings = settings;
    assert_true(ts_call_dit_options(&ctx, &call).c_factor == 1.7);
    json_decref(settings);
    /* diffusers' own forward knows no streams: the adapter is everywhere. */
    call = (ts_call){.module = "flux.transformer"};
    assert_true(ts_call_dit_options(&ctx, &call).latent_lora);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),  cmocka_unit_test(strange_shapes), cmocka_unit_test(blocks),
        cmocka_unit_test(settings), cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
