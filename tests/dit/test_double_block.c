#include "tests/support/chain.h"
#include "tests/support/trial.h"

#include "ref/dit/double_block.h"
#include "ref/dit/transformer.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/modules/double_block.safetensors");
    golden_accepted("data/goldens/modules/double_block_plain.safetensors");
}

#define BLOCK "transformer_blocks.1"
#define WHOLE "data/goldens/transformer/b_published.safetensors"

/* Each part, run alone on what the whole network handed to it, gives what the whole got from it. */
static void parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"flux_text.transformer_blocks.0",
         {{"encoder_hidden_states", "context_embedder.output"},
          {"hidden_states", "x_embedder.output"},
          {"condition_latents", "x_embedder@2.output"},
          {"temb", "time_text_embed.output"},
          {"cond_temb", "time_text_embed@2.output"},
          {"image_rotary_emb.0", "pos_embed.output.0"},
          {"image_rotary_emb.1", "pos_embed.output.1"},
          {"cond_rotary_emb.0", "pos_embed@2.output.0"},
          {"cond_rotary_emb.1", "pos_embed@2.output.1"}},
         {{"0", "transformer_blocks.0.output.0"},
          {"1", "transformer_blocks.0.output.1"},
          {"2", "transformer_blocks.0.output.2"}}},
        {"flux_text." BLOCK ".attn",
         {{"encoder_hidden_states", BLOCK ".norm1_context.output.0"},
          {"hidden_states", BLOCK ".norm1.output.0"},
          {"condition_latents", BLOCK ".norm1@2.output.0"},
          {"image_rotary_emb.0", "pos_embed.output.0"},
          {"image_rotary_emb.1", "pos_embed.output.1"},
          {"cond_rotary_emb.0", "pos_embed@2.output.0"},
          {"cond_rotary_emb.1", "pos_embed@2.output.1"}},
         {{"0", BLOCK ".attn.to_out.0.output"},
          {"1", BLOCK ".attn.to_add_out.output"},
          {"2", BLOCK ".attn.to_out.0@2.output"}}},
        {"flux_text." BLOCK ".norm1",
         {{"x", "transformer_blocks.0.output.2"}, {"emb", "time_text_embed@2.output"}},
         {{"0", BLOCK ".norm1@2.output.0"},
          {"1", BLOCK ".norm1@2.output.1"},
          {"2", BLOCK ".norm1@2.output.2"},
          {"3", BLOCK ".norm1@2.output.3"},
          {"4", BLOCK ".norm1@2.output.4"}}},
        {"flux_text." BLOCK ".norm1_context",
         {{"x", "transformer_blocks.0.output.0"}, {"emb", "time_text_embed.output"}},
         {{"0", BLOCK ".norm1_context.output.0"}, {"4", BLOCK ".norm1_context.output.4"}}},
    };
    chain_holds(WHOLE, NULL, links, (int)(sizeof links / sizeof *links));
}

/* Streams of a block, made up: 3 text, 4 image, `m` condition and 2 glyph tokens. */
typedef struct {
    net n;
    ts_stream s[TS_MAX_STREAMS];
    ts_attention_rule rule;
} block;

static void block_open(block *b, int m)
{
    static const int length[] = {3, 4, 0, 2};
    net_open(&b->n, TS_F64, true);
    ts_ctx *ctx = &b->n.ctx;
    memset(b->s, 0, sizeof b->s);
    for (int i = 0; i < TS_MAX_STREAMS; i++) {
        const int l = i == TS_CONDITION_TOKENS ? m : length[i];
        const ts_tensor angle = trial_tensor(ctx, 200 + i, 1.0, 2, l, 16);
        b->s[i].x = trial_tensor(ctx, 10 * i, 1.0, 3, 1, l, 32);
        b->s[i].temb = trial_tensor(ctx, i >= TS_CONDITION_TOKENS ? 500 : 400, 1.0, 2, 1, 32);
        b->s[i].rope = (ts_rope){angle, angle};
        b->s[i].text = i == TS_TEXT_TOKENS || i == TS_GLYPH_TOKENS;
        b->s[i].glyph = i == TS_GLYPH_TOKENS;
        b->s[i].lora = i == TS_CONDITION_TOKENS;
    }
    b->rule = (ts_attention_rule){.base_ratio = 1, .compat = true};
}

static void block_run(block *b, int count)
{
    ts_double_block(&b->n.ctx, b->s, count, &b->n.dit->blocks[0], 2, &b->rule);
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

/* A condition that nobody sees changes nothing for text and image; one that is seen does. */
static void condition_unseen(void **state)
{
    (void)state;
    for (int seen = 0; seen < 2; seen++) {
        block two, three;
        block_open(&two, 4);
        block_run(&two, 2);
        block_open(&three, 4);
        const ts_dit_options o = {.c_factor = 1.0, .union_cond_attn = seen};
        three.rule.bias = ts_condition_bias(&o, 11, 4);
        block_run(&three, 3);
        for (int i = 0; i < 2; i++)
            assert_true(seen ? apart(two.s[i].x, three.s[i].x) > 1e-3
                             : apart(two.s[i].x, three.s[i].x) < 1e-14);
        net_close(&two.n);
        net_close(&three.n);
    }
}

/* add_cond_attn: before its MLP the image gets gate_c out_c besides; text and condition stay. */
static void added_condition(void **state)
{
    (void)state;
    block with, without;
    block_open(&with, 4);
    block_open(&without, 4);
    with.rule.add_cond_attn = true;
    block_run(&with, 3);
    block_run(&without, 3);
    assert_true(apart(with.s[0].x, without.s[0].x) == 0);
    assert_true(apart(with.s[2].x, without.s[2].x) == 0);
    assert_true(apart(with.s[1].x, without.s[1].x) > 1e-3);
    net_close(&with.n);
    net_close(&without.n);
    block_open(&with, 3);
    with.rule.add_cond_attn = true;
    ts_double_block(&with.n.ctx, with.s, 3, &with.n.dit->blocks[0], 2, &with.rule);
    assert_int_equal(with.n.ctx.status, TS_ERROR_SHAPE);
    net_close(&with.n);
}

/* The published quirk: glyph tokens keep x + gate ff(...), without what attention added; and their
 * MLP sees the normalised tokens. Without the quirk they go the way of the text. */
static void glyph_quirk(void **state)
{
    (void)state;
    block quirk, plain;
    block_open(&quirk, 4);
    block_open(&plain, 4);
    plain.rule.compat = false;
    block_run(&quirk, 4);
    block_run(&plain, 4);
    for (int i = 0; i < TS_GLYPH_TOKENS; i++)
        assert_true(apart(quirk.s[i].x, plain.s[i].x) == 0);
    assert_true(apart(quirk.s[3].x, plain.s[3].x) > 1e-2);
    net_close(&quirk.n);
    net_close(&plain.n);

    /* By hand: n, six = adaln; a = attention; u = n + gate a; x + gate' ff(modulated(LN(u))). */
    block b;
    block_open(&b, 4);
    ts_ctx *ctx = &b.n.ctx;
    const ts_double_weights *w = &b.n.dit->blocks[0];
    ts_adaln m[4];
    ts_tensor n[4], out[4];
    for (int i = 0; i < 4; i++) {
        m[i] = ts_adaln_zero(ctx, &b.s[i], b.s[i].text ? &w->text : &w->image);
        n[i] = m[i].n;
    }
    ts_double_attention(ctx, out, b.s, n, 4, w, 2, &b.rule);
    const ts_tensor u = ts_add_gated(ctx, n[3], m[3].gate, out[3]);
    const ts_tensor in =
        ts_modulate(ctx, ts_layer_norm(ctx, u, (ts_tensor){0}, (ts_tensor){0}, 1e-6),
                    m[3].scale_mlp, m[3].shift_mlp);
    const ts_tensor y =
        ts_add_gated(ctx, b.s[3].x, m[3].gate_mlp, ts_feed_forward(ctx, in, &w->text, false));
    block_run(&b, 4);
    assert_true(apart(y, b.s[3].x) == 0);
    net_close(&b.n);
}

/* The six vectors in the linear's output, one after another. */
static void six_vectors(void **state)
{
    (void)state;
    block b;
    block_open(&b, 4);
    ts_ctx *ctx = &b.n.ctx;
    const ts_stream_weights *w = &b.n.dit->blocks[0].image;
    const ts_tensor six = ts_linear(ctx, ts_silu(ctx, b.s[1].temb), w->norm1_linear.w,
                                    w->norm1_linear.b);
    const ts_adaln m = ts_adaln_zero(ctx, &b.s[1], w);
    const ts_tensor order[6] = {m.shift, m.scale, m.gate, m.shift_mlp, m.scale_mlp, m.gate_mlp};
    for (int i = 0; i < 6; i++)
        assert_memory_equal(order[i].data, (double *)six.data + 32 * i, 32 * sizeof(double));
    net_close(&b.n);
}

/* Streams of wrong widths, times or tables fail with a sentence. */
static void errors(void **state)
{
    (void)state;
    for (int what = 0; what < 5; what++) {
        block b;
        block_open(&b, 4);
        ts_ctx *ctx = &b.n.ctx;
        ts_stream *s = &b.s[TS_IMAGE_TOKENS];
        const ts_tensor wrong[5] = {
            trial_tensor(ctx, 1, 1, 3, 1, 4, 31), trial_tensor(ctx, 1, 1, 2, 4, 32),
            trial_tensor(ctx, 1, 1, 2, 2, 32),    trial_tensor(ctx, 1, 1, 2, 1, 33),
            trial_tensor(ctx, 1, 1, 2, 5, 16)};
        *(what < 2 ? &s->x : what < 4 ? &s->temb : &s->rope.cos) = wrong[what];
        ts_double_block(ctx, b.s, 3, &b.n.dit->blocks[0], 2, &b.rule);
        assert_int_equal(ctx->status, TS_ERROR_SHAPE);
        for (int i = 0; i < 3; i++)
            assert_true(ts_is_empty(b.s[i].x));
        net_close(&b.n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),         cmocka_unit_test(parts),
        cmocka_unit_test(condition_unseen), cmocka_unit_test(added_condition),
        cmocka_unit_test(glyph_quirk),     cmocka_unit_test(six_vectors),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
