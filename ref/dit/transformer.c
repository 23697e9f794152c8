/* transformer.c: one evaluation of the velocity field.
 *
 *     image, condition = x_embedder(...), text = context_embedder(...), glyph tokens as they come
 *     temb = embed(t, guidance, pooled),  cond_temb = embed(c_t, guidance, pooled)
 *     double blocks over text, image, condition (, glyph);  single blocks over [text ; image],
 *     condition;  v = proj_out(norm_out(image, temb))
 *
 * Source:   FLUX-Text, tranformer_forward; diffusers FluxTransformer2DModel.forward
 * Shapes:   see transformer.h
 * Pitfalls: timestep and guidance are multiplied by 1000 here; the condition's time is c_t, not t;
 *           the last shift and scale come in the order scale, shift; after the single blocks the
 *           text is cut off the front and the condition is dropped
 * Test:     tests/dit/test_transformer.c              Golden: transformer/ */
#include "ref/dit/transformer.h"

#include "ref/base/mathf.h"
#include "ref/base/trace.h"
#include "ref/dit/double_block.h"
#include "ref/dit/single_block.h"

#include <math.h>
#include <stdio.h>

static const double time_factor = 1000.0;

ts_dit_options ts_dit_default_options(void)
{
    return (ts_dit_options){
        .c_factor = 1.0, .union_cond_attn = true, .base_ratio = 0.6, .compat = true};
}

/* Published: both rules address the last M positions, M the length of the condition. Without glyph
 * tokens these are the condition; with them (they come after it) they are the glyph tokens and the
 * tail of the condition. A c_factor overwrites the mask of union_cond_attn = false. */
ts_attention_bias ts_condition_bias(const ts_dit_options *options, int64_t length, int64_t last)
{
    ts_attention_bias bias = {.segments = 0};
    const bool scaled = options->c_factor != 1.0;
    if (last == 0 || (!scaled && options->union_cond_attn))
        return bias;
    const double between = scaled ? ts_log(options->c_factor) : -(double)INFINITY;
    bias.segments = 2;
    bias.start[1] = length - last;
    bias.start[2] = length;
    bias.between[0][1] = bias.between[1][0] = between;
    return bias;
}

ts_tensor ts_norm_out(ts_ctx *ctx, const ts_dit *dit, ts_tensor x, ts_tensor temb)
{
    static const double eps = 1e-6;
    const ts_tensor h = ts_named(ctx, ts_silu(ctx, temb), "norm_out.silu", -1);
    const ts_tensor two = ts_adapted_linear(ctx, h, &dit->norm_out_linear, true);
    const int64_t c = dit->config.width;
    const ts_tensor scale = ts_slice(ctx, two, 1, 0, c), shift = ts_slice(ctx, two, 1, c, c);
    const ts_tensor n = ts_layer_norm(ctx, x, (ts_tensor){0}, (ts_tensor){0}, eps);
    ts_named(ctx, n, "norm_out.norm", -1);
    return ts_named(ctx, ts_modulate(ctx, n, scale, shift), "norm_out", -1);
}

static int64_t tokens(ts_tensor x)
{
    return ts_is_empty(x) ? 0 : x.size[1];
}

/* Everything that a forward pass carries from part to part. */
typedef struct {
    ts_stream s[TS_MAX_STREAMS];
    int count;
    ts_tensor temb;
    ts_rope rope; /* of [text ; image] */
    ts_attention_rule rule;
} state;

static ts_tensor condition_time(ts_ctx *ctx, const ts_dit_options *options, ts_tensor like)
{
    ts_tensor t = ts_new(ctx, ctx->compute, like.rank, like.size);
    for (int64_t i = 0; i < ts_numel(t) && t.data; i++)
        ts_store(t.data, t.dtype, i, options->c_t * time_factor);
    return t;
}

static void embed(ts_ctx *ctx, state *st, const ts_dit *dit, const ts_dit_inputs *in,
                  const ts_dit_options *options)
{
    const bool condition = !ts_is_empty(in->condition_latents);
    ts_stream *text = &st->s[TS_TEXT_TOKENS], *image = &st->s[TS_IMAGE_TOKENS],
              *cond = &st->s[TS_CONDITION_TOKENS], *glyph = &st->s[TS_GLYPH_TOKENS];
    const ts_tensor guidance =
        ts_is_empty(in->guidance) ? in->guidance : ts_scale(ctx, in->guidance, time_factor);

    image->x = ts_adapted_linear(ctx, in->hidden_states, &dit->x_embedder, options->latent_lora);
    st->temb = ts_time_text_embed(ctx, dit, ts_scale(ctx, in->timestep, time_factor), guidance,
                                  in->pooled_projections);
    text->x = ts_adapted_linear(ctx, in->encoder_hidden_states, &dit->context_embedder, true);
    text->temb = image->temb = st->temb;
    text->text = text->clip = text->lora = true;
    image->lora = options->latent_lora;

    const ts_tensor ids =
        ts_concat(ctx, (const ts_tensor[]){in->txt_ids, in->img_ids}, 2, 0);
    st->rope = ts_pos_embed(ctx, dit, ids);
    text->rope = ts_rope_rows(ctx, st->rope, 0, tokens(text->x));
    image->rope = ts_rope_rows(ctx, st->rope, tokens(text->x), tokens(image->x));
    st->count = TS_IMAGE_TOKENS + 1;
    /* Published: made whether or not there is a condition. */
    cond->temb = ts_time_text_embed(ctx, dit, condition_time(ctx, options, in->timestep), guidance,
                                    in->pooled_projections);
    if (!condition)
        return;
    cond->x = ts_adapted_linear(ctx, in->condition_latents, &dit->x_embedder, true);
    cond->rope = ts_pos_embed(ctx, dit, in->condition_ids);
    cond->lora = true;
    st->count = TS_CONDITION_TOKENS + 1;
    if (!options->use_byt5_embeds)
        return;
    const int64_t none[2] = {tokens(in->byt5_embeds), dit->config.axes};
    *glyph = (ts_stream){.x = in->byt5_embeds, .temb = cond->temb, .text = true, .glyph = true,
                         .clip = true, .lora = true};
    glyph->rope = ts_pos_embed(ctx, dit, ts_new_zero(ctx, ctx->compute, 2, none));
    st->count = TS_GLYPH_TOKENS + 1;
}

static void rules(state *st, const ts_dit_inputs *in, const ts_dit_options *options)
{
    int64_t length = 0;
    for (int i = 0; i < st->count; i++)
        length += tokens(st->s[i].x);
    st->rule = (ts_attention_rule){
        .bias = ts_condition_bias(options, length, tokens(in->condition_latents)),
        .regions = st->count > TS_GLYPH_TOKENS,
        .region = {.mask = in->byt5_region_attn_mask},
        .base_ratio = options->base_ratio,
        .add_cond_attn = options->add_cond_attn,
        .compat = options->compat,
    };
}

/* The streams' new residuals move to where the scope begins: those of the block before are given
 * back, so that memory stays one block deep. */
static void settle(ts_ctx *ctx, ts_scope scope, ts_stream *s, int count)
{
    ts_tensor *keep[TS_MAX_STREAMS];
    for (int i = 0; i < count; i++)
        keep[i] = &s[i].x;
    ts_scope_close(ctx, scope, keep, count);
}

static void double_blocks(ts_ctx *ctx, state *st, const ts_dit *dit)
{
    const ts_scope scope = ts_scope_open(ctx);
    for (int64_t i = 0; i < dit->config.layers && !ctx->status; i++) {
        char next[TS_PATH];
        snprintf(next, sizeof next, "transformer_blocks.%lld.", (long long)i + 1);
        ts_weights_prefetch(dit->weights, next);
        ts_enter(ctx, "transformer_blocks.%lld", (long long)i);
        ts_double_block(ctx, st->s, st->count, &dit->blocks[i], dit->config.heads, &st->rule);
        ts_leave(ctx);
        settle(ctx, scope, st->s, st->count);
    }
}

/* [text ; image] becomes one stream, the condition the second; glyph tokens end here. */
static ts_tensor single_blocks(ts_ctx *ctx, const state *st, const ts_dit *dit,
                               const ts_dit_options *options)
{
    const bool condition = st->count > TS_CONDITION_TOKENS;
    const ts_tensor parts[2] = {st->s[TS_TEXT_TOKENS].x, st->s[TS_IMAGE_TOKENS].x};
    ts_stream s[2] = {
        {.x = ts_concat(ctx, parts, 2, 1), .temb = st->temb, .rope = st->rope,
         .lora = options->latent_lora, .clip = true},
        st->s[TS_CONDITION_TOKENS],
    };
    const int count = condition ? 2 : 1;
    const ts_scope scope = ts_scope_open(ctx);
    ts_attention_rule rule = {.compat = options->compat};
    rule.bias = ts_condition_bias(options, tokens(s[0].x) + tokens(s[1].x), tokens(s[1].x));
    for (int64_t i = 0; i < dit->config.single_layers && !ctx->status; i++) {
        char next[TS_PATH];
        snprintf(next, sizeof next, "single_transformer_blocks.%lld.", (long long)i + 1);
        ts_weights_prefetch(dit->weights, next);
        ts_enter(ctx, "single_transformer_blocks.%lld", (long long)i);
        ts_single_block(ctx, s, count, &dit->single_blocks[i], dit->config.heads, &rule);
        ts_leave(ctx);
        settle(ctx, scope, s, count);
    }
    return ts_slice(ctx, s[0].x, 1, tokens(parts[0]), tokens(parts[1]));
}

static ts_status check_inputs(ts_ctx *ctx, const ts_dit *dit, const ts_dit_inputs *in,
                              const ts_dit_options *options)
{
    const ts_dit_config *c = &dit->config;
    const int64_t b = in->hidden_states.size[0], l = in->hidden_states.size[1];
    const bool condition = !ts_is_empty(in->condition_latents);
    ts_expect(ctx, in->hidden_states, "hidden_states", 3, (int64_t[]){-1, -1, c->in_channels});
    ts_expect(ctx, in->encoder_hidden_states, "encoder_hidden_states", 3,
              (int64_t[]){b, -1, c->text_dim});
    ts_expect(ctx, in->pooled_projections, "pooled_projections", 2, (int64_t[]){b, c->pooled_dim});
    ts_expect(ctx, in->timestep, "timestep", 1, &b);
    if (c->guidance)
        ts_expect(ctx, in->guidance, "guidance", 1, &b);
    ts_expect(ctx, in->img_ids, "img_ids", 2, (int64_t[]){l, c->axes});
    ts_expect(ctx, in->txt_ids, "txt_ids", 2,
              (int64_t[]){in->encoder_hidden_states.size[1], c->axes});
    if (condition) {
        const int64_t m = in->condition_latents.size[1];
        ts_expect(ctx, in->condition_latents, "condition_latents", 3,
                  (int64_t[]){b, -1, c->in_channels});
        ts_expect(ctx, in->condition_ids, "condition_ids", 2, (int64_t[]){m, c->axes});
        if (options->add_cond_attn && m != l)
            ts_fail(ctx, TS_ERROR_SHAPE,
                    "add_cond_attn needs as many condition tokens (%lld) as image tokens (%lld)",
                    (long long)m, (long long)l);
    }
    if (options->use_byt5_embeds) {
        if (!condition)
            ts_fail(ctx, TS_ERROR_USAGE, "glyph tokens need a condition: its time modulates them");
        ts_expect(ctx, in->byt5_embeds, "byt5_embeds", 3, (int64_t[]){b, -1, c->width});
    }
    if (!(options->c_factor > 0.0) || !isfinite(options->c_factor))
        ts_fail(ctx, TS_ERROR_USAGE, "the condition's scale must be positive, not %g",
                options->c_factor);
    return ctx->status;
}

ts_tensor ts_transformer(ts_ctx *ctx, const ts_dit *dit, const ts_dit_inputs *in,
                         const ts_dit_options *options)
{
    state st = {.count = 0};
    if (ctx->status || check_inputs(ctx, dit, in, options))
        return (ts_tensor){0};
    const ts_scope scope = ts_scope_open(ctx);
    embed(ctx, &st, dit, in, options);
    rules(&st, in, options);
    double_blocks(ctx, &st, dit);
    const ts_tensor image = single_blocks(ctx, &st, dit, options);
    ts_tensor v = ts_adapted_linear(ctx, ts_norm_out(ctx, dit, image, st.temb), &dit->proj_out,
                                    true);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&v}, 1);
    return v;
}
