/* A checkpoint in which one file, or one folder, is a link that leads out of it: refused, whichever. */
#include "tests/support/files.h"

#include "ref/edit/pipeline.h"
#include "ref/ops/table.h"
#include "ref/text/prompt_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything that an edit reads. */
static const char *const parts[] = {
    "scheduler/scheduler_config.json", "transformer", "transformer/config.json",
    "transformer/diffusion_pytorch_model.safetensors", "vae", "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors", "text_encoder", "text_encoder/config.json",
    "text_encoder/model.safetensors", "text_encoder_2", "text_encoder_2/config.json",
    "text_encoder_2/model.safetensors", "tokenizer", "tokenizer/vocab.json", "tokenizer/merges.txt",
    "tokenizer_2", "tokenizer_2/tokenizer.json", "scheduler",
};
enum { PARTS = sizeof parts / sizeof *parts };

static ts_status open_all(ts_ctx *ctx, const char *folder)
{
    ts_pipeline p;
    ts_prompt_state state;
    const ts_prompt_config config = {16, TS_CLEAN_FAST};
    ts_ctx_open(ctx, ts_table_named("fast"), TS_F32, 1);
    if (!ts_pipeline_open(ctx, &p, folder, NULL, 0.0))
        ts_encode_prompt(ctx, &state, folder, "a sign", 6, &config);
    ts_pipeline_close(&p);
    return ts_ctx_status(ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    char line[1024], inside[512], outside[512];
    snprintf(line, sizeof line, "cp -r data/checkpoints/tiny '%s'", files_path("checkpoint"));
    assert_int_equal(system(line), 0);
    assert_int_equal(open_all(&ctx, files_path("checkpoint")), TS_OK);
    ts_ctx_close(&ctx);
    snprintf(outside, sizeof outside, "%s", files_path("elsewhere"));
    for (int i = 0; i < PARTS; i++) {
        snprintf(inside, sizeof inside, "%s/%s", files_path("checkpoint"), parts[i]);
        assert_int_equal(rename(inside, outside), 0);
        assert_int_equal(symlink(outside, inside), 0);
        if (!open_all(&ctx, files_path("checkpoint")))
            fail_msg("a link out of the checkpoint was followed: %s", parts[i]);
        files_failed(&ctx, TS_ERROR_FORMAT, "leads out of the folder");
        ts_ctx_close(&ctx);
        assert_int_equal(unlink(inside), 0);
        assert_int_equal(rename(outside, inside), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
