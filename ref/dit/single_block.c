/* single_block.c: attention and MLP side by side.
 *
 *     n   = LN(x) (1 + scale) + shift
 *     x  += gate proj_out([attention(n) | GELU(proj_mlp(n))])
 *
 * Source:   FLUX-Text, single_block_forward; diffusers FluxSingleTransformerBlock,
 *           AdaLayerNormZeroSingle; Dehghani et al. 2023 (parallel layers)
 * Shapes:   x (B, L, C), temb (B, C), proj_out (C, 5 C)
 * Pitfalls: text and image are one sequence here, so LoRA on the image means LoRA on the text; the
 *           attention has no output projection of its own
 * Test:     tests/dit/test_single_block.c
 * Golden:   modules/single_block, modules/single_block_plain */
#include "ref/dit/single_block.h"

#include "ref/base/trace.h"

ts_tensor ts_adaln_zero_single(ts_ctx *ctx, ts_tensor *gate, const ts_stream *s,
                               const ts_single_weights *w)
{
    static const double eps = 1e-6;
    const ts_tensor h = ts_named(ctx, ts_silu(ctx, s->temb), "norm.silu", -1);
    const ts_tensor three = ts_adapted_linear(ctx, h, &w->norm_linear, s->lora);
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t c = ts_size(three, -1) / 3;
    const ts_tensor shift = ts_slice(ctx, three, 1, 0, c), scale = ts_slice(ctx, three, 1, c, c);
    *gate = ts_slice(ctx, three, 1, 2 * c, c);
    const ts_tensor x = ts_layer_norm(ctx, s->x, (ts_tensor){0}, (ts_tensor){0}, eps);
    const ts_tensor n = ts_modulate(ctx, ts_named(ctx, x, "norm.norm", -1), scale, shift);
    ts_named(ctx, n, "norm", 0);
    ts_named(ctx, *gate, "norm", 1);
    return n;
}

void ts_single_attention(ts_ctx *ctx, ts_tensor *out, const ts_stream *streams, const ts_tensor *n,
                         int count, const ts_single_weights *w, int64_t heads,
                         const ts_attention_rule *rule)
{
    const ts_adapted *const to_qkv[3] = {&w->to_q, &w->to_k, &w->to_v};
    ts_heads each[TS_MAX_STREAMS] = {{.q = {0}}};
    for (int i = 0; i < count; i++)
        each[i] = ts_heads_of(ctx, &streams[i], n[i], heads, to_qkv, w->norm_q, w->norm_k);
    const ts_tensor a = ts_joint_attention(ctx, each, count, rule);
    int64_t first = 0;
    for (int i = 0; i < count; i++) {
        const int64_t length = ts_is_empty(n[i]) ? 0 : n[i].size[1];
        out[i] = ts_slice(ctx, a, 1, first, length);
        first += length;
        ts_named(ctx, out[i], "attn", count > 1 ? i : -1);
    }
}

ts_status ts_single_block(ts_ctx *ctx, ts_stream *streams, int count, const ts_single_weights *w,
                          int64_t heads, const ts_attention_rule *rule)
{
    const ts_scope scope = ts_scope_open(ctx);
    ts_tensor n[TS_MAX_STREAMS], gate[TS_MAX_STREAMS], mlp[TS_MAX_STREAMS], a[TS_MAX_STREAMS];
    ts_tensor *keep[TS_MAX_STREAMS];

    for (int i = 0; i < count; i++) {
        n[i] = ts_adaln_zero_single(ctx, &gate[i], &streams[i], w);
        mlp[i] = ts_gelu_tanh(ctx, ts_adapted_linear(ctx, n[i], &w->proj_mlp, streams[i].lora));
        ts_named(ctx, mlp[i], "act_mlp", -1);
    }
    ts_single_attention(ctx, a, streams, n, count, w, heads, rule);

    for (int i = 0; i < count; i++) {
        ts_stream *s = &streams[i];
        const ts_tensor both = ts_concat(ctx, (const ts_tensor[]){a[i], mlp[i]}, 2, 2);
        const ts_tensor y = ts_adapted_linear(ctx, both, &w->proj_out, s->lora);
        s->x = ts_finite_f16(ctx, s, ts_add_gated(ctx, s->x, gate[i], y));
        ts_named(ctx, s->x, "", count > 1 ? i : -1);
        keep[i] = &s->x;
    }
    ts_scope_close(ctx, scope, keep, count);
    return ts_ctx_status(ctx);
}
