#include "tests/support/chain.h"
#include "tests/support/trial.h"

#include "ref/dit/single_block.h"
#include "ref/dit/transformer.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/modules/single_block.safetensors");
    golden_accepted("data/goldens/modules/single_block_plain.safetensors");
}

#define FIRST "single_transformer_blocks.0"
#define BLOCK "single_transformer_blocks.1"

static void parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"flux_text." BLOCK,
         {{"hidden_states", FIRST ".output.0"},
          {"condition_latents", FIRST ".output.1"},
          {"temb", "time_text_embed.output"},
          {"cond_temb", "time_text_embed@2.output"},
          {"image_rotary_emb.0", "pos_embed.output.0"},
          {"image_rotary_emb.1", "pos_embed.output.1"},
          {"cond_rotary_emb.0", "pos_embed@2.output.0"},
          {"cond_rotary_emb.1", "pos_embed@2.output.1"}},
         {{"0", BLOCK ".output.0"}, {"1", BLOCK ".output.1"}}},
        {"flux_text." BLOCK ".norm",
         {{"x", FIRST ".output.1"}, {"emb", "time_text_embed@2.output"}},
         {{"0", BLOCK ".norm@2.output.0"}, {"1", BLOCK ".norm@2.output.1"}}},
        {"flux_text." BLOCK ".proj_mlp",
         {{"input", BLOCK ".norm@2.output.0"}}, {{"output", BLOCK ".proj_mlp@2.output"}}},
    };
    chain_holds("data/goldens/transformer/b_published.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
}

/* [text ; image] of 5 tokens and a condition of 3. */
typedef struct {
    net n;
    ts_stream s[2];
    ts_attention_rule rule;
} block;

static void block_open(block *b)
{
    net_open(&b->n, TS_F64, true);
    for (int i = 0; i < 2; i++) {
        ts_ctx *ctx = &b->n.ctx;
        const ts_tensor angle = trial_tensor(ctx, 200 + i, 1.0, 2, 5 - 2 * i, 16);
        b->s[i] = (ts_stream){.x = trial_tensor(ctx, 10 * i, 1.0, 3, 1, 5 - 2 * i, 32),
                              .temb = trial_tensor(ctx, 400 + 100 * i, 1.0, 2, 1, 32),
                              .rope = {angle, angle}, .lora = i == 1};
    }
    b->rule = (ts_attention_rule){.compat = true};
}

static void block_run(block *b, int count)
{
    ts_single_block(&b->n.ctx, b->s, count, &b->n.dit->single_blocks[0], 2, &b->rule);
    if (b->n.ctx.status)
        fail_msg("%s", b->n.ctx.message);
}

static double apart(ts_tensor x, ts_tensor y)
{
    double worst = 0;
    assert_true(ts_same_size(x, y) && !ts_is_empty(x));
    for (int64_t i = 0; i < ts_numel(x); i++)
        worst = fmax(worst, fabs(((double *)x.data)[i] - ((double *)y.data)[i]));
    return worst;
}

/* union_cond_attn = false: the image does not depend on the condition, nor the condition on it. */
static void condition_unseen(void **state)
{
    (void)state;
    const ts_dit_options unseen = {.c_factor = 1.0};
    block alone, both, other;
    block_open(&alone);
    block_open(&both);
    block_open(&other);
    both.rule.bias = other.rule.bias = ts_condition_bias(&unseen, 8, 3);
    other.s[0].x = trial_tensor(&other.n.ctx, 77, 2.0, 3, 1, 5, 32);
    block_run(&alone, 1);
    block_run(&both, 2);
    block_run(&other, 2);
    assert_true(apart(alone.s[0].x, both.s[0].x) < 1e-14);
    assert_true(apart(other.s[1].x, both.s[1].x) < 1e-14);
    assert_true(apart(other.s[0].x, both.s[0].x) > 1);
    net_close(&alone.n);
    net_close(&both.n);
    net_close(&other.n);
}

/* The adapter of one stream: the other's own tokens change only through attention. */
static void adapter_by_stream(void **state)
{
    (void)state;
    const ts_dit_options unseen = {.c_factor = 1.0};
    block on, off;
    block_open(&on);
    block_open(&off);
    on.rule.bias = off.rule.bias = ts_condition_bias(&unseen, 8, 3);
    off.s[1].lora = false;
    block_run(&on, 2);
    block_run(&off, 2);
    assert_true(apart(on.s[0].x, off.s[0].x) == 0);
    assert_true(apart(on.s[1].x, off.s[1].x) > 1e-3);
    net_close(&on.n);
    net_close(&off.n);
}

/* x + gate proj_out([attention | GELU(proj_mlp(n))]), by hand: attention comes first. */
static void by_hand(void **state)
{
    (void)state;
    block b;
    block_open(&b);
    ts_ctx *ctx = &b.n.ctx;
    const ts_single_weights *w = &b.n.dit->single_blocks[0];
    const ts_tensor three =
        ts_linear(ctx, ts_silu(ctx, b.s[0].temb), w->norm_linear.w, w->norm_linear.b);
    const ts_tensor n =
        ts_modulate(ctx, ts_layer_norm(ctx, b.s[0].x, (ts_tensor){0}, (ts_tensor){0}, 1e-6),
                    ts_slice(ctx, three, 1, 32, 32), ts_slice(ctx, three, 1, 0, 32));
    ts_tensor parts[2];
    ts_single_attention(ctx, parts, b.s, &n, 1, w, 2, &b.rule);
    parts[1] = ts_gelu_tanh(ctx, ts_linear(ctx, n, w->proj_mlp.w, w->proj_mlp.b));
    const ts_tensor y =
        ts_add_gated(ctx, b.s[0].x, ts_slice(ctx, three, 1, 64, 32),
                     ts_linear(ctx, ts_concat(ctx, parts, 2, 2), w->proj_out.w, w->proj_out.b));
    block_run(&b, 1);
    assert_true(apart(y, b.s[0].x) == 0);
    net_close(&b.n);
}

static void errors(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        block b;
        block_open(&b);
        ts_ctx *ctx = &b.n.ctx;
        const ts_tensor wrong[4] = {
            trial_tensor(ctx, 1, 1, 3, 1, 5, 31), trial_tensor(ctx, 1, 1, 2, 5, 32),
            trial_tensor(ctx, 1, 1, 2, 2, 32), trial_tensor(ctx, 1, 1, 2, 4, 16)};
        *(what < 2 ? &b.s[0].x : what < 3 ? &b.s[0].temb : &b.s[0].rope.sin) = wrong[what];
        ts_single_block(ctx, b.s, 2, &b.n.dit->single_blocks[0], 2, &b.rule);
        assert_int_equal(ctx->status, TS_ERROR_SHAPE);
        assert_true(ts_is_empty(b.s[0].x) && ts_is_empty(b.s[1].x));
        net_close(&b.n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),           cmocka_unit_test(parts),
        cmocka_unit_test(condition_unseen),  cmocka_unit_test(adapter_by_stream),
        cmocka_unit_test(by_hand),           cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
