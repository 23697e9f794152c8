/* modules.c: the transformer and its parts, run by name.
 *
 * A part is called by the path of its PyTorch module and takes the arguments of that module's
 * forward. A part that uses LoRA is run as it runs for the condition's tokens when it is a single
 * layer (x_embedder), and with the streams' own switches when it is a block. */
#include "ref/dit/modules.h"

#include "ref/dit/parts.h"

#include "ref/base/trace.h"
#include "ref/dit/double_block.h"
#include "ref/dit/single_block.h"

#include <stdio.h>
#include <string.h>

#define OPTIONS                                                                                    \
    "c_factor condition_scale union_cond_attn add_cond_attn latent_lora c_t use_byt5_embeds "      \
    "mask_para compat lora lora_alpha lora_rank zero_gradients sinusoid"

ts_dit_options ts_call_dit_options(ts_ctx *ctx, const ts_call *call)
{
    ts_dit_options o = ts_dit_default_options();
    o.c_factor = ts_call_real(ctx, call, "condition_scale", o.c_factor);
    /* A c_factor is a float32 tensor of the published forward; a condition_scale is a number. */
    if (ts_call_json(call, "c_factor"))
        o.c_factor = (double)(float)ts_call_real(ctx, call, "c_factor", o.c_factor);
    o.union_cond_attn = ts_call_bool(ctx, call, "union_cond_attn", o.union_cond_attn);
    o.add_cond_attn = ts_call_bool(ctx, call, "add_cond_attn", o.add_cond_attn);
    /* diffusers' own forward knows no streams: an adapter acts on all tokens. */
    o.latent_lora = ts_call_bool(ctx, call, "latent_lora", strncmp(call->module, "flux.", 5) == 0);
    o.c_t = ts_call_real(ctx, call, "c_t", o.c_t);
    o.use_byt5_embeds = ts_call_bool(ctx, call, "use_byt5_embeds", o.use_byt5_embeds);
    o.base_ratio = ts_call_real(ctx, call, "mask_para.base_ratio", o.base_ratio);
    o.compat = ts_call_bool(ctx, call, "compat", o.compat);
    return o;
}

/* "lora": false in the settings means none, whatever the case names; a rank must be the file's. */
static ts_lora *lora_of(ts_ctx *ctx, ts_call *call)
{
    const json_t *setting = ts_call_json(call, "lora");
    if (!call->lora || (setting && json_is_false(setting)))
        return NULL;
    ts_weights *file = ts_call_keep(ctx, call, ts_weights_open_file(ctx, call->lora));
    return ctx->status ? NULL : ts_lora_open(ctx, file, ts_call_real(ctx, call, "lora_alpha", 0.0));
}

ts_dit *ts_call_dit(ts_ctx *ctx, ts_call *call, ts_lora **lora)
{
    ts_weights *weights = ts_call_weights(ctx, call, "transformer");
    *lora = lora_of(ctx, call);
    ts_dit *dit = ctx->status ? NULL : ts_dit_open(ctx, weights, *lora);
    const int64_t rank = ts_call_int(ctx, call, "lora_rank", 0);
    if (dit && rank && !ts_is_empty(dit->x_embedder.a_down) &&
        dit->x_embedder.a_down.size[0] != rank)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: lora_rank is %lld, the file's is %lld", call->lora,
                (long long)rank, (long long)dit->x_embedder.a_down.size[0]);
    return dit;
}

static ts_status finish(ts_ctx *ctx, ts_dit *dit, ts_lora *lora)
{
    ts_dit_close(dit);
    ts_lora_close(lora);
    return ts_ctx_status(ctx);
}

static ts_status run_transformer(ts_ctx *ctx, ts_call *call)
{
    ts_lora *lora;
    ts_dit *dit = ts_call_dit(ctx, call, &lora);
    const ts_dit_options options = ts_call_dit_options(ctx, call);
    const ts_dit_inputs in = {
        .hidden_states = ts_call_input(ctx, call, "hidden_states"),
        .encoder_hidden_states = ts_call_input(ctx, call, "encoder_hidden_states"),
        .pooled_projections = ts_call_input(ctx, call, "pooled_projections"),
        .timestep = ts_call_input(ctx, call, "timestep"),
        .guidance = ts_call_optional(call, "guidance"),
        .img_ids = ts_call_input(ctx, call, "img_ids"),
        .txt_ids = ts_call_input(ctx, call, "txt_ids"),
        .condition_latents = ts_call_optional(call, "condition_latents"),
        .condition_ids = ts_call_optional(call, "condition_ids"),
        .byt5_embeds = ts_call_optional(call, "byt5_embeds"),
        .byt5_region_attn_mask = ts_call_optional(call, "byt5_region_attn_mask"),
    };
    if (!ctx->status)
        ts_call_output(ctx, call, "sample", ts_transformer(ctx, dit, &in, &options));
    return finish(ctx, dit, lora);
}

/* The number of the block that a pattern's first '*' stood for. */
static int64_t block_number(ts_ctx *ctx, const ts_call *call, int64_t count)
{
    const int64_t i = call->wild[0];
    if (!ctx->status && i >= count)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the model has %lld such blocks", call->module,
                (long long)count);
    return ctx->status ? 0 : i;
}

static int64_t length_of(ts_tensor x)
{
    return x.rank == 3 ? x.size[1] : 0;
}

/* Rotary tables; without them nothing is turned, as in the PyTorch module. */
static ts_rope rope_of(const ts_call *call, const char *whose)
{
    char cos[32], sin[32];
    snprintf(cos, sizeof cos, "%s_rotary_emb.0", whose);
    snprintf(sin, sizeof sin, "%s_rotary_emb.1", whose);
    return (ts_rope){ts_call_optional(call, cos), ts_call_optional(call, sin)};
}

static ts_status expect_rows(ts_ctx *ctx, ts_rope rope, const char *whose, int64_t rows)
{
    char name[32];
    snprintf(name, sizeof name, "%s_rotary_emb.1", whose);
    if (ts_is_empty(rope.cos) && ts_is_empty(rope.sin))
        return ctx->status;
    ts_expect(ctx, rope.sin, name, 2, (int64_t[]){rows, -1});
    name[strlen(name) - 1] = '0';
    return ts_expect(ctx, rope.cos, name, 2, (int64_t[]){rows, -1});
}

/* Streams of a double block from the arguments of its forward. Without a condition: two. */
static int double_streams(ts_ctx *ctx, ts_call *call, ts_stream *s, bool with_time)
{
    const ts_dit_options o = ts_call_dit_options(ctx, call);
    const ts_rope rope = rope_of(call, "image");
    const ts_tensor condition = ts_call_optional(call, "condition_latents");
    memset(s, 0, TS_MAX_STREAMS * sizeof *s);
    s[TS_TEXT_TOKENS].x = ts_call_input(ctx, call, "encoder_hidden_states");
    s[TS_IMAGE_TOKENS].x = ts_call_input(ctx, call, "hidden_states");
    if (with_time)
        s[TS_TEXT_TOKENS].temb = s[TS_IMAGE_TOKENS].temb = ts_call_input(ctx, call, "temb");
    const int64_t text = length_of(s[TS_TEXT_TOKENS].x), image = length_of(s[TS_IMAGE_TOKENS].x);
    if (ctx->status || expect_rows(ctx, rope, "image", text + image))
        return 0;
    s[TS_TEXT_TOKENS].rope = ts_rope_rows(ctx, rope, 0, text);
    s[TS_IMAGE_TOKENS].rope = ts_rope_rows(ctx, rope, text, image);
    s[TS_TEXT_TOKENS].text = s[TS_TEXT_TOKENS].clip = s[TS_TEXT_TOKENS].lora = true;
    s[TS_IMAGE_TOKENS].lora = o.latent_lora;
    if (ts_is_empty(condition))
        return TS_IMAGE_TOKENS + 1;
    s[TS_CONDITION_TOKENS] = (ts_stream){
        .x = condition,
        .rope = rope_of(call, "cond"),
        .lora = true,
    };
    if (with_time)
        s[TS_CONDITION_TOKENS].temb = ts_call_input(ctx, call, "cond_temb");
    return TS_CONDITION_TOKENS + 1;
}

static ts_attention_rule rule_of(ts_ctx *ctx, const ts_call *call, const ts_stream *s, int count)
{
    const ts_dit_options o = ts_call_dit_options(ctx, call);
    int64_t length = 0;
    for (int i = 0; i < count; i++)
        length += length_of(s[i].x);
    const bool condition = !ts_is_empty(ts_call_optional(call, "condition_latents"));
    return (ts_attention_rule){
        .bias = ts_condition_bias(&o, length, condition ? length_of(s[count - 1].x) : 0),
        .add_cond_attn = o.add_cond_attn,
        .compat = o.compat,
    };
}

static ts_status run_double_block(ts_ctx *ctx, ts_call *call)
{
    static const char *const names[] = {"0", "1", "2"};
    ts_lora *lora;
    ts_stream s[TS_MAX_STREAMS];
    ts_dit *dit = ts_call_dit(ctx, call, &lora);
    const int64_t i = dit ? block_number(ctx, call, dit->config.layers) : 0;
    const int count = double_streams(ctx, call, s, true);
    if (!ctx->status) {
        const ts_attention_rule rule = rule_of(ctx, call, s, count);
        ts_enter(ctx, "transformer_blocks.%lld", (long long)i);
        ts_double_block(ctx, s, count, &dit->blocks[i], dit->config.heads, &rule);
        ts_leave(ctx);
        for (int k = 0; k < count; k++)
            ts_call_output(ctx, call, names[k], s[k].x);
    }
    return finish(ctx, dit, lora);
}

/* The published attention returns image, text, condition, in this order. */
static ts_status run_double_attention(ts_ctx *ctx, ts_call *call)
{
    static const char *const names[] = {"1", "0", "2"};
    ts_lora *lora;
    ts_stream s[TS_MAX_STREAMS];
    ts_dit *dit = ts_call_dit(ctx, call, &lora);
    const int64_t i = dit ? block_number(ctx, call, dit->config.layers) : 0;
    const int count = double_streams(ctx, call, s, false);
    if (!ctx->status) {
        const ts_attention_rule rule = rule_of(ctx, call, s, count);
        ts_tensor n[TS_MAX_STREAMS], out[TS_MAX_STREAMS];
        for (int k = 0; k < count; k++)
            n[k] = s[k].x;
        ts_enter(ctx, "transformer_blocks.%lld", (long long)i);
        ts_double_attention(ctx, out, s, n, count, &dit->blocks[i], dit->config.heads, &rule);
        ts_leave(ctx);
        for (int k = 0; k < count; k++)
            ts_call_output(ctx, call, names[k], out[k]);
    }
    return finish(ctx, dit, lora);
}

static int single_streams(ts_ctx *ctx, ts_call *call, ts_stream *s, bool with_time)
{
    const ts_dit_options o = ts_call_dit_options(ctx, call);
    const ts_tensor condition = ts_call_optional(call, "condition_latents");
    s[0] = (ts_stream){
        .x = ts_call_input(ctx, call, "hidden_states"),
        .rope = rope_of(call, "image"),
        .lora = o.latent_lora,
        .clip = true,
    };
    if (with_time)
        s[0].temb = ts_call_input(ctx, call, "temb");
    if (ts_is_empty(condition))
        return 1;
    s[1] = (ts_stream){
        .x = condition,
        .rope = rope_of(call, "cond"),
        .lora = true,
    };
    if (with_time)
        s[1].temb = ts_call_input(ctx, call, "cond_temb");
    return 2;
}

static ts_status run_single(ts_ctx *ctx, ts_call *call, bool block)
{
    static const char *const names[] = {"0", "1"};
    ts_lora *lora;
    ts_stream s[2];
    ts_dit *dit = ts_call_dit(ctx, call, &lora);
    const int64_t i = dit ? block_number(ctx, call, dit->config.single_layers) : 0;
    const int count = single_streams(ctx, call, s, block);
    if (!ctx->status && dit) {
        const ts_attention_rule rule = rule_of(ctx, call, s, count);
        const ts_single_weights *w = &dit->single_blocks[i];
        ts_tensor n[2] = {s[0].x, s[1].x}, out[2];
        ts_enter(ctx, "single_transformer_blocks.%lld", (long long)i);
        if (block)
            ts_single_block(ctx, s, count, w, dit->config.heads, &rule);
        else
            ts_single_attention(ctx, out, s, n, count, w, dit->config.heads, &rule);
        ts_leave(ctx);
        for (int k = 0; k < count; k++)
            ts_call_output(ctx, call, names[k], block ? s[k].x : out[k]);
    }
    return finish(ctx, dit, lora);
}

static ts_status run_single_block(ts_ctx *ctx, ts_call *call)
{
    return run_single(ctx, call, true);
}

static ts_status run_single_attention(ts_ctx *ctx, ts_call *call)
{
    return run_single(ctx, call, false);
}

#define BOTH(path, inputs, outputs, text, run)                                                     \
    {"flux_text." path, inputs, outputs, OPTIONS, text, run},                                      \
    {                                                                                              \
        "flux." path, inputs, outputs, OPTIONS, text, run                                          \
    }

#define POS_EMBED                                                                                  \
    "ids (L, axes)", "0 cos (L, D); 1 sin (L, D)", "axes_dims_rope theta",                         \
        "rotary tables of positions", ts_run_pos_embed

#define ROPES "[image_rotary_emb.0 (T+L, D)]; [image_rotary_emb.1 (T+L, D)]; "
#define COND_ROPES "[cond_rotary_emb.0 (M, D)]; [cond_rotary_emb.1 (M, D)]"

const ts_module ts_dit_modules[] = {
    BOTH("transformer",
         "hidden_states (B, L, in); encoder_hidden_states (B, T, text); pooled_projections (B, "
         "pooled); timestep (B); [guidance (B)]; img_ids (L, 3); txt_ids (T, 3); "
         "[condition_latents (B, M, in)]; [condition_ids (M, 3)]; [condition_type_ids (M, 1)]; "
         "[byt5_embeds (B, G, C)]; [byt5_region_attn_mask (B, 1, N, N)]",
         "sample (B, L, out)", "one evaluation of the velocity field", run_transformer),
    BOTH("transformer_blocks.*",
         "hidden_states (B, L, C); encoder_hidden_states (B, T, C); [condition_latents (B, M, C)]; "
         "temb (B, C); [cond_temb (B, C)]; " ROPES COND_ROPES,
         "0 text (B, T, C); 1 image (B, L, C); [2 condition (B, M, C)]",
         "a double block: joint attention of text, image and condition", run_double_block),
    BOTH("transformer_blocks.*.attn",
         "hidden_states (B, L, C); encoder_hidden_states (B, T, C); [condition_latents (B, M, "
         "C)]; " ROPES COND_ROPES,
         "0 image (B, L, C); 1 text (B, T, C); [2 condition (B, M, C)]",
         "the attention of a double block with its output projections", run_double_attention),
    BOTH("transformer_blocks.*.norm1", "x (B, L, C); emb (B, C)",
         "0 normalised (B, L, C); 1 gate_msa; 2 shift_mlp; 3 scale_mlp; 4 gate_mlp (B, C)",
         "adaptive layer norm of image or condition", ts_run_adaln_zero),
    BOTH("transformer_blocks.*.norm1_context", "x (B, T, C); emb (B, C)",
         "0 normalised (B, T, C); 1 gate_msa; 2 shift_mlp; 3 scale_mlp; 4 gate_mlp (B, C)",
         "adaptive layer norm of the text", ts_run_adaln_zero),
    BOTH("transformer_blocks.*.norm2", "input (B, L, C)", "output (B, L, C)",
         "layer norm without weights", ts_run_plain_norm),
    BOTH("transformer_blocks.*.norm2_context", "input (B, T, C)", "output (B, T, C)",
         "layer norm without weights", ts_run_plain_norm),
    BOTH("transformer_blocks.*.ff", "hidden_states (B, L, C)", "output (B, L, C)",
         "linear, GELU, linear", ts_run_feed_forward),
    BOTH("transformer_blocks.*.ff_context", "hidden_states (B, T, C)", "output (B, T, C)",
         "linear, GELU, linear", ts_run_feed_forward),
    BOTH("single_transformer_blocks.*",
         "hidden_states (B, T+L, C); [condition_latents (B, M, C)]; temb (B, C); [cond_temb (B, "
         "C)]; " ROPES COND_ROPES,
         "0 text and image (B, T+L, C); [1 condition (B, M, C)]",
         "a single block: attention and MLP side by side", run_single_block),
    BOTH("single_transformer_blocks.*.attn",
         "hidden_states (B, T+L, C); [condition_latents (B, M, C)]; " ROPES COND_ROPES,
         "0 text and image (B, T+L, C); [1 condition (B, M, C)]",
         "the attention of a single block, heads merged", run_single_attention),
    BOTH("single_transformer_blocks.*.norm", "x (B, L, C); emb (B, C)",
         "0 normalised (B, L, C); 1 gate (B, C)", "adaptive layer norm of a single block",
         ts_run_adaln_zero_single),
    BOTH("time_text_embed",
         "timestep (B), times 1000; [guidance (B)], times 1000; pooled_projection (B, pooled)",
         "conditioning (B, C); time_proj (B, 256)", "what modulates the blocks",
         ts_run_time_text_embed),
    BOTH("time_text_embed.time_proj", "timesteps (B)", "output (B, 256)",
         "the sinusoid of a time, cosines first", ts_run_time_proj),
    BOTH("time_text_embed.timestep_embedder", "sample (B, 256)", "output (B, C)",
         "linear, SiLU, linear", ts_run_embedder),
    BOTH("time_text_embed.guidance_embedder", "sample (B, 256)", "output (B, C)",
         "linear, SiLU, linear", ts_run_embedder),
    BOTH("time_text_embed.text_embedder", "caption (B, pooled)", "output (B, C)",
         "linear, SiLU, linear", ts_run_embedder),
    {"flux_text.pos_embed", POS_EMBED},
    {"flux.pos_embed", POS_EMBED},
    BOTH("norm_out", "x (B, L, C); conditioning_embedding (B, C)", "output (B, L, C)",
         "the last adaptive layer norm", ts_run_norm_out),
    BOTH("**",
         "input (..., in), of a norm of queries or keys: hidden_states (..., D), or x (..., D); "
         "[cos (L, D)]; [sin (L, D)]",
         "output (..., out), of a norm of x its name; [rotated]",
         "a single layer by its path: linear with its LoRA, norm, activation, dropout",
         ts_run_layer),
    {0},
};
