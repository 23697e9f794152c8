#include "tests/support/chain.h"

#include <string.h>

#define MID "decoder.mid_block"
#define UP "decoder.up_blocks."
#define DOWN "encoder.down_blocks."

static void decoder_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"vae.decoder.conv_in", {{"input", "in.z"}}, {{"output", "decoder.conv_in.output"}}},
        {"vae.decoder.mid_block",
         {{"hidden_states", "decoder.conv_in.output"}}, {{"output", MID ".output"}}},
        {"vae.decoder.mid_block.resnets.0",
         {{"input_tensor", "decoder.conv_in.output"}}, {{"output", MID ".resnets.0.output"}}},
        {"vae.decoder.mid_block.attentions.0",
         {{"hidden_states", MID ".resnets.0.output"}}, {{"output", MID ".attentions.0.output"}}},
        {"vae.decoder.up_blocks.2", {{"hidden_states", UP "1.output"}}, {{"output", UP "2.output"}}},
        {"vae.decoder.up_blocks.3.resnets.1",
         {{"input_tensor", UP "3.resnets.0.output"}}, {{"output", UP "3.resnets.1.output"}}},
        {"vae.decoder.up_blocks.3.resnets.0.conv_shortcut",
         {{"input", UP "2.output"}}, {{"output", UP "3.resnets.0.conv_shortcut.output"}}},
        {"vae.decoder.up_blocks.0.resnets.1.norm1",
         {{"input", UP "0.resnets.0.output"}}, {{"output", UP "0.resnets.1.norm1.output"}}},
        {"vae.decoder", {{"sample", "in.z"}}, {{"output", "decoder.conv_out.output"}}},
    };
    chain_holds("data/goldens/vae/decode_16x24.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

static void encoder_parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"vae.encoder.down_blocks.0",
         {{"hidden_states", "encoder.conv_in.output"}}, {{"output", DOWN "0.output"}}},
        {"vae.encoder.down_blocks.1.downsamplers.0",
         {{"input", DOWN "1.resnets.0.output"}}, {{"output", DOWN "1.downsamplers.0.output"}}},
        {"vae.encoder.mid_block",
         {{"hidden_states", DOWN "3.output"}}, {{"output", "encoder.mid_block.output"}}},
        {"vae.encoder", {{"sample", "in.x"}}, {{"output", "encoder.conv_out.output"}}},
    };
    chain_holds("data/goldens/vae/encode_16x24.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

static void refuses(const char *module, const char *input, const char *word)
{
    golden_run g;
    ts_ctx_open_plain(&g.ctx);
    ts_case_open(&g.ctx, &g.c, "data/goldens/vae/decode_16x24.safetensors");
    ts_job job = g.c.job;
    ts_how how = {.table = &ts_table_fast, .compute = TS_F32, .threads = 1};
    job.module = module;
    job.inputs = (ts_items){0};
    job.cotangents = (ts_items){0};
    job.grads = job.param_grads = false;
    ts_items_add(&g.ctx, &job.inputs, input, ts_items_get(&g.c.job.inputs, "z"));
    assert_int_not_equal(ts_run(&g.ran, &how, &job), TS_OK);
    if (!strstr(g.ran.ctx.message, word))
        fail_msg("%s: %s", module, g.ran.ctx.message);
    ts_items_free(&job.inputs);
    golden_close(&g);
}

static void errors(void **state)
{
    (void)state;
    refuses("vae.decoder.up_blocks.9", "hidden_states", "has 4 such parts");
    refuses("vae.decoder.mid_block.resnets.2", "input_tensor", "has 2 such parts");
    refuses("vae.decoder.no_such_layer", "input", "no such module");
    refuses("vae.decode", "wrong_name", "z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoder_parts),
        cmocka_unit_test(encoder_parts),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
