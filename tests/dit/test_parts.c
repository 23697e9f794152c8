#include "tests/support/chain.h"
#include "tests/support/trial.h"

#include <string.h>

#define MODULES "data/goldens/modules/"
#define WHOLE "data/goldens/transformer/b_published.safetensors"

static void goldens(void **state)
{
    (void)state;
    golden_accepted(MODULES "norm_out.safetensors");
    golden_accepted(MODULES "norm_q_rotary.safetensors");
}

#define D "transformer_blocks.0"
#define S "single_transformer_blocks.1"

/* Single layers on what the whole network gave them: the calls of the condition's tokens, because
 * the adapter is on for a layer alone. */
static void layers(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"flux_text.x_embedder", {{"input", "in.condition_latents"}},
         {{"output", "x_embedder@2.output"}}},
        {"flux_text.context_embedder", {{"input", "in.encoder_hidden_states"}},
         {{"output", "context_embedder.output"}}},
        {"flux_text." D ".norm1.linear", {{"input", D ".norm1.silu@2.output"}},
         {{"output", D ".norm1.linear@2.output"}}},
        {"flux_text." D ".norm1.silu", {{"input", "time_text_embed.output"}},
         {{"output", D ".norm1.silu.output"}}},
        {"flux_text." D ".norm1.norm", {{"input", "x_embedder@2.output"}},
         {{"output", D ".norm1.norm@2.output"}}},
        {"flux_text." D ".attn.to_q", {{"input", D ".norm1@2.output.0"}},
         {{"output", D ".attn.to_q@2.output"}}},
        {"flux_text." D ".ff.net.2", {{"input", D ".ff.net.1@2.output"}},
         {{"output", D ".ff.net.2@2.output"}}},
        {"flux_text." D ".ff_context.net.1", {{"input", D ".ff_context.net.0.output"}},
         {{"output", D ".ff_context.net.1.output"}}},
        {"flux_text." S ".act_mlp", {{"input", S ".proj_mlp@2.output"}},
         {{"output", S ".act_mlp@2.output"}}},
        {"flux_text." S ".norm.linear", {{"input", S ".norm.silu@2.output"}},
         {{"output", S ".norm.linear@2.output"}}},
        {"flux_text.norm_out.linear", {{"input", "norm_out.silu.output"}},
         {{"output", "norm_out.linear.output"}}},
        {"flux_text.proj_out", {{"input", "norm_out.output"}}, {{"output", "proj_out.output"}}},
    };
    chain_holds(WHOLE, NULL, links, (int)(sizeof links / sizeof *links));
}

/* The times and the last norm. */
static void functions(void **state)
{
    (void)state;
    trial t;
    trial_open(&t, MODULES "time_text_embed.safetensors", "flux_text.time_text_embed.time_proj");
    const ts_tensor times = trial_given(&t, "timestep");
    trial_input(&t, "timesteps", times);
    trial_input(&t, "guidance", (ts_tensor){0});
    trial_input(&t, "timestep", (ts_tensor){0});
    trial_input(&t, "pooled_projection", (ts_tensor){0});
    assert_int_equal(trial_run(&t, TS_F64), TS_OK);
    golden_run whole;
    golden_open(&whole, MODULES "time_text_embed.safetensors", NULL, TS_F64);
    assert_true(golden_distance(&whole, TS_OUTPUT, "time_proj",
                                ts_ran_get(&t.ran, TS_OUTPUT, "output")) == 0);
    golden_close(&whole);
    trial_close(&t);
}

/* One input, of that case, under the name that the module has. */
static void only(trial *t, const char *path, const char *module, const char *name, const char *from)
{
    trial_open(t, path, module);
    const ts_tensor value = trial_given(t, from);
    ts_items_free(&t->job.inputs);
    ts_items_add(&t->ctx, &t->job.inputs, name, value);
}

static void refused(const char *module, const char *words)
{
    trial t;
    only(&t, WHOLE, module, "input", "encoder_hidden_states");
    trial_run(&t, TS_F32);
    if (t.ran.ctx.status == TS_OK || !strstr(t.ran.ctx.message, words))
        fail_msg("%s: %s", module, t.ran.ctx.message);
    trial_close(&t);
}

static void errors(void **state)
{
    (void)state;
    refused("flux_text.x_embedder", "wants 384"); /* and gets 32 */
    refused("flux_text." S ".proj_out", "wants 160");
    refused("flux_text." D ".ff.net.2", "wants 128");
    refused("flux_text.no_such_layer", "the model has no such module");
    refused("flux_text." D ".attn.to_qq", "the model has no such module");
    refused("flux_text." D ".attn.norm_z", "the model has no such module");
    refused("flux_text." D ".attn", "hidden_states");
    refused("flux_text.silu", "the model has no such module");
    refused("flux_text.transformer_blocks.5.norm1.silu", "the model has no such module");
    refused("flux_text.transformer_blocks.2.norm1", "");
    refused("flux_text.transformer_blocks.2.ff", "the model has 2 such blocks");
    refused("flux_text.single_transformer_blocks.2.norm", "");
    refused("flux_text.norm_out", "");
    refused("flux_text.time_text_embed.timestep_embedder", "linear_1");
}

/* Axes in the settings, or the model's. */
static void axes(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *words;
    } wrong[] = {
        {"axes_dims_rope=[]", "a list of 1 to 4 sizes"},
        {"axes_dims_rope=7", "a list of 1 to 4 sizes"},
        {"axes_dims_rope=[2,2,2,2,2]", "a list of 1 to 4 sizes"},
        {"axes_dims_rope=[4,6]", "ids must be (L, 2)"},
        {"axes_dims_rope=[4,5,7]", "pairs are needed"},
        {"axes_dims_rope=[4,6,-6]", "pairs are needed"},
        {"axes_dims_rope=[4,9223372036854775806,9223372036854775806]", "pairs are needed"},
        {"theta=0", "theta above 0"},
        {"theta=\"x\"", "theta"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        trial t;
        trial_open(&t, MODULES "pos_embed.safetensors", NULL);
        trial_set(&t, wrong[i].setting);
        trial_run(&t, TS_F32);
        if (!t.ran.ctx.status || !strstr(t.ran.ctx.message, wrong[i].words))
            fail_msg("%s: %s", wrong[i].setting, t.ran.ctx.message);
        trial_close(&t);
    }
    trial t, u;
    trial_open(&t, MODULES "pos_embed.safetensors", NULL);
    trial_open(&u, MODULES "pos_embed.safetensors", NULL);
    trial_set(&u, "axes_dims_rope=null");
    assert_int_equal(trial_run(&t, TS_F64), TS_OK);
    assert_int_equal(trial_run(&u, TS_F64), TS_OK);
    const ts_tensor a = ts_ran_get(&t.ran, TS_OUTPUT, "1"), b = ts_ran_get(&u.ran, TS_OUTPUT, "1");
    assert_memory_equal(a.data, b.data, (size_t)ts_numel(a) * sizeof(double));
    trial_close(&t);
    trial_close(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(layers), cmocka_unit_test(functions),
        cmocka_unit_test(errors), cmocka_unit_test(axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
