/* embed.c: embeddings of time, guidance, pooled text and position.
 *
 *     temb = T(1000 t) + G(1000 g) + P(pooled)
 *     T, G = linear_2(SiLU(linear_1(sinusoid)));      P the same on the pooled text itself
 *
 * Source:   diffusers CombinedTimestepGuidanceTextProjEmbeddings, FluxPosEmbed; Su et al. 2021
 * Shapes:   t, g (B), pooled (B, pooled_dim), temb (B, C); ids (L, axes), tables (L, head_dim)
 * Pitfalls: cosines come first; the published sinusoid is float32, whose angle at guidance 30 is
 *           1.6e-3 off (ctx->sinusoid_f32 chooses); positions are doubles until the table is made
 * Test:     tests/dit/test_embed.c     Golden: modules/time_text_embed, modules/pos_embed */
#include "ref/dit/embed.h"

#include "ref/base/trace.h"

#include <stdio.h>
#include <string.h>

static const double time_period = 10000.0;
enum { TIME_DIM = 256 };

ts_tensor ts_time_proj(ts_ctx *ctx, ts_tensor t)
{
    const ts_tensor y = ts_sinusoid(ctx, t, TIME_DIM, time_period, true, 0.0);
    return ts_named(ctx, y, "time_text_embed.time_proj", -1);
}

ts_tensor ts_embed_with(ts_ctx *ctx, const ts_embedder *e, ts_tensor x, const char *name)
{
    /* PyTorch's two embedders of numbers share one activation, which bears the first one's name. */
    const bool text = strcmp(name, "text_embedder") == 0;
    const char *act = text ? "time_text_embed.text_embedder.act_1"
                           : "time_text_embed.timestep_embedder.act";
    char module[TS_PATH];
    snprintf(module, sizeof module, "time_text_embed.%s", name);
    const ts_tensor hidden = ts_silu(ctx, ts_adapted_linear(ctx, x, &e->linear_1, true));
    ts_named(ctx, hidden, act, -1);
    return ts_named(ctx, ts_adapted_linear(ctx, hidden, &e->linear_2, true), module, -1);
}

ts_tensor ts_time_text_embed(ts_ctx *ctx, const ts_dit *dit, ts_tensor timestep, ts_tensor guidance,
                             ts_tensor pooled)
{
    ts_tensor y = ts_embed_with(ctx, &dit->timestep, ts_time_proj(ctx, timestep),
                                "timestep_embedder");
    if (dit->config.guidance) {
        if (ts_is_empty(guidance)) {
            ts_fail(ctx, TS_ERROR_USAGE, "%s: this model wants a guidance",
                    ts_weights_label(dit->weights));
            return (ts_tensor){0};
        }
        y = ts_add(ctx, y, ts_embed_with(ctx, &dit->guidance, ts_time_proj(ctx, guidance),
                                         "guidance_embedder"));
    }
    y = ts_add(ctx, y, ts_embed_with(ctx, &dit->text, pooled, "text_embedder"));
    return ts_named(ctx, y, "time_text_embed", -1);
}

ts_rope ts_pos_embed(ts_ctx *ctx, const ts_dit *dit, ts_tensor ids)
{
    ts_rope rope = {{0}, {0}};
    ts_rope_tables(ctx, &rope.cos, &rope.sin, ids, dit->config.axes, dit->config.axes_dims,
                   dit->config.theta);
    ts_named(ctx, rope.cos, "pos_embed", 0);
    ts_named(ctx, rope.sin, "pos_embed", 1);
    return rope;
}

ts_rope ts_rope_rows(ts_ctx *ctx, ts_rope rope, int64_t first, int64_t count)
{
    if (ts_is_empty(rope.cos) || ts_is_empty(rope.sin))
        return rope;
    return (ts_rope){
        .cos = ts_slice(ctx, rope.cos, 0, first, count),
        .sin = ts_slice(ctx, rope.sin, 0, first, count),
    };
}
