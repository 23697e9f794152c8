#include "tests/support/files.h"
#include "tests/support/trial.h"

#include <stdio.h>

static void finds_all(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F32, true);
    const ts_dit_config *c = &n.dit->config;
    assert_true(c->layers == 2 && c->single_layers == 2);
    assert_true(c->heads == 2 && c->head_dim == 16 && c->width == 32);
    assert_true(c->in_channels == 384 && c->out_channels == 64);
    assert_true(c->text_dim == 32 && c->pooled_dim == 24 && c->guidance);
    assert_true(c->axes == 3 && c->axes_dims[0] == 4 && c->axes_dims[1] == 6);
    assert_true(c->theta == 10000.0);
    const ts_stream_weights *image = &n.dit->blocks[1].image, *text = &n.dit->blocks[1].text;
    assert_string_equal(image->to_out.w.name, "transformer_blocks.1.attn.to_out.0.weight");
    assert_string_equal(text->to_out.w.name, "transformer_blocks.1.attn.to_add_out.weight");
    assert_string_equal(text->to_q.w.name, "transformer_blocks.1.attn.add_q_proj.weight");
    assert_string_equal(text->norm_q.name, "transformer_blocks.1.attn.norm_added_q.weight");
    assert_string_equal(n.dit->single_blocks[0].proj_mlp.w.name,
                        "single_transformer_blocks.0.proj_mlp.weight");
    /* Where the adapter acts: never on the text's own weights. */
    assert_false(ts_is_empty(n.dit->x_embedder.a_down));
    assert_false(ts_is_empty(image->ff_out.a_down));
    assert_false(ts_is_empty(n.dit->single_blocks[1].proj_out.b_up));
    assert_true(ts_is_empty(image->ff_in.a_down) && ts_is_empty(text->to_q.a_down));
    assert_true(ts_is_empty(n.dit->context_embedder.a_down));
    assert_true(ts_is_empty(n.dit->proj_out.a_down));
    int64_t attached, all;
    ts_lora_counts(n.lora, &attached, &all);
    assert_true(attached == all && all == ts_weights_count(n.file));
    net_close(&n);
}

static void opening_fails(const char *folder, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *weights = ts_weights_open(&ctx, folder, "transformer");
    ts_dit *dit = ts_dit_open(&ctx, weights, NULL);
    assert_null(dit);
    files_failed(&ctx, status, words);
    ts_weights_close(weights);
    ts_ctx_close(&ctx);
}

/* Every size of the configuration, missing, of another type, and beyond what is sensible. */
static void configurations(void **state)
{
    (void)state;
    static const char *const sizes[] = {"num_layers",          "num_single_layers",
                                        "num_attention_heads", "attention_head_dim",
                                        "in_channels",         "joint_attention_dim",
                                        "pooled_projection_dim"};
    static const char *const values[] = {"\"2\"", "-1", "9223372036854775807", "2.5"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        opening_fails(trial_config("transformer", sizes[i], NULL), TS_ERROR_FORMAT, sizes[i]);
        for (int k = 0; k < 4; k++)
            opening_fails(trial_config("transformer", sizes[i], values[k]), TS_ERROR_FORMAT,
                          sizes[i]);
    }
    static const struct {
        const char *key, *json, *words;
    } others[] = {
        {"out_channels", "-1", "out_channels is -1"},
        {"guidance_embeds", "1", "guidance_embeds"},
        {"axes_dims_rope", "[4, 6]", "add up to attention_head_dim 16"},
        {"axes_dims_rope", "[4, 5, 7]", "add up to attention_head_dim 16"},
        {"axes_dims_rope", "[0, 8, 8]", "add up to attention_head_dim 16"},
        {"axes_dims_rope", "[4, 4, 4, 2, 2]", "at most 4"},
        {"axes_dims_rope", "\"4 6 6\"", "axes_dims_rope"},
        {"axes_dims_rope", "[4611686018427387904, 4611686018427387904, 16]", "add up to"},
        {"axes_dims_rope", NULL, "add up to attention_head_dim 16"}, /* diffusers' 16, 56, 56 */
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        opening_fails(trial_config("transformer", others[i].key, others[i].json), TS_ERROR_FORMAT,
                      others[i].words);
}

/* A configuration that does not belong to the weights, and weights that are not as they must be. */
static void weights(void **state)
{
    (void)state;
    static const struct {
        const char *key, *json, *words;
    } shapes[] = {
        {"num_attention_heads", "1", "x_embedder.weight"},
        {"in_channels", "320", "x_embedder.weight"},
        {"out_channels", "null", "proj_out.weight: expected (384, 32)"},
        {"joint_attention_dim", "33", "context_embedder.weight"},
        {"pooled_projection_dim", "25", "text_embedder.linear_1.weight"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        opening_fails(trial_config("transformer", shapes[i].key, shapes[i].json), TS_ERROR_SHAPE,
                      shapes[i].words);
    opening_fails(trial_config("transformer", "num_layers", "3"), TS_ERROR_FORMAT,
                  "transformer_blocks.2.norm1.linear.weight");
    opening_fails(trial_config("transformer", "num_single_layers", "1000"), TS_ERROR_FORMAT,
                  "single_transformer_blocks.2.norm.linear.weight");
    static const char *const names[] = {
        "proj_out.bias", "transformer_blocks.1.attn.norm_added_k.weight",
        "single_transformer_blocks.1.proj_out.weight",
        "time_text_embed.guidance_embedder.linear_2.bias"};
    for (int i = 0; i < 4; i++)
        opening_fails(trial_tensor_changed("transformer", names[i], 0, NULL), TS_ERROR_FORMAT,
                      names[i]);
    opening_fails(trial_tensor_changed("transformer", "x_embedder.weight", 2,
                                       (int64_t[]){384, 32}),
                  TS_ERROR_SHAPE, "x_embedder.weight: expected (32, 384)");
}

/* Fewer layers than the weights have is a legal model; so is one without blocks. */
static void fewer_layers(void **state)
{
    (void)state;
    static const char *const keys[] = {"num_layers", "num_single_layers"};
    for (int i = 0; i < 2; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        ts_weights *w =
            ts_weights_open(&ctx, trial_config("transformer", keys[i], "0"), "transformer");
        ts_dit *dit = ts_dit_open(&ctx, w, NULL);
        assert_non_null(dit);
        assert_true((i ? dit->config.single_layers : dit->config.layers) == 0);
        ts_dit_close(dit);
        ts_weights_close(w);
        ts_ctx_close(&ctx);
    }
}

/* An adapter of another model: its shapes, and a module that this one has not. */
static void foreign_adapters(void **state)
{
    (void)state;
    static const struct {
        const char *module;
        int64_t out, in;
        ts_status status;
        const char *words;
    } wrong[] = {
        {"x_embedder", 32, 64, TS_ERROR_SHAPE, "x_embedder.lora_A.weight: expected (*, 384)"},
        {"x_embedder", 3072, 384, TS_ERROR_SHAPE, "x_embedder.lora_B.weight: expected (32, 1)"},
        {"transformer_blocks.2.attn.to_q", 32, 32, TS_ERROR_FORMAT, "matches no module"},
        {"single_transformer_blocks.0.attn.to_out", 32, 32, TS_ERROR_FORMAT, "matches no module"},
        {"transformer_blocks.0.attn.to_Q", 32, 32, TS_ERROR_FORMAT, "(0 of 2 tensors do)"},
    };
    static float numbers[3072];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        net n;
        net_open(&n, TS_F32, false);
        char down[128], up[128];
        snprintf(down, sizeof down, "%s.lora_A.weight", wrong[i].module);
        snprintf(up, sizeof up, "%s.lora_B.weight", wrong[i].module);
        ts_weights *file = ts_weights_new(&n.ctx, "adapter");
        ts_weights_add(&n.ctx, file, down,
                       ts_tensor_of(numbers, TS_F32, 2, (int64_t[]){1, wrong[i].in}));
        ts_weights_add(&n.ctx, file, up,
                       ts_tensor_of(numbers, TS_F32, 2, (int64_t[]){wrong[i].out, 1}));
        ts_lora *lora = ts_lora_open(&n.ctx, file, 0);
        assert_non_null(lora);
        assert_null(ts_dit_open(&n.ctx, n.weights, lora));
        files_failed(&n.ctx, wrong[i].status, wrong[i].words);
        ts_lora_close(lora);
        ts_weights_close(file);
        net_close(&n);
    }
}

static ts_status open_all(ts_ctx *ctx, const void *arg)
{
    (void)arg;
    ts_weights *weights = ts_weights_open(ctx, TINY, "transformer"),
               *file = ctx->status ? NULL : ts_weights_open_file(ctx, TINY_LORA);
    ts_lora *lora = ctx->status ? NULL : ts_lora_open(ctx, file, 0.0);
    ts_dit *dit = ctx->status ? NULL : ts_dit_open(ctx, weights, lora);
    assert_true((dit != NULL) == (ctx->status == TS_OK));
    ts_dit_close(dit);
    ts_lora_close(lora);
    ts_weights_close(file);
    ts_weights_close(weights);
    return ctx->status;
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(trial_faults(open_all, NULL, 1) > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all),        cmocka_unit_test(configurations),
        cmocka_unit_test(weights),          cmocka_unit_test(fewer_layers),
        cmocka_unit_test(foreign_adapters), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
