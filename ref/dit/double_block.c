/* double_block.c: one block of joint attention over several token streams.
 *
 *     n_s  = LN(x_s) (1 + scale_s) + shift_s          for each stream s: text, image, condition
 *     a    = softmax(q k^T / sqrt(d) + bias) v        over the streams laid end to end
 *     x_s += gate_s  out_s(a_s)
 *     x_s += gate'_s ff_s(LN(x_s) (1 + scale'_s) + shift'_s)
 *
 * Source:   Esser et al. 2024 (MM-DiT), fig. 2b; FLUX-Text, block_forward; diffusers
 *           FluxTransformerBlock, AdaLayerNormZero
 * Shapes:   x_s (B, L_s, C), temb_s (B, C); heads of d = C / h
 * Pitfalls: the order is text, image, condition; image and condition share weights, not modulation;
 *           LoRA belongs to a stream, not to a layer; the six vectors are shift, scale, gate, and
 *           again;
 *           glyph tokens (compat) go on from the *normalised* tokens after attention, and that sum
 *           feeds only the MLP, whose result is added to the tokens as they came in
 * Test:     tests/dit/test_double_block.c
 * Golden:   modules/double_block, modules/double_block_plain, transformer/h_byt5_region */
#include "ref/dit/double_block.h"

#include "ref/base/trace.h"

#include <stdio.h>

static const double eps = 1e-6;

static const ts_stream_weights *weights_of(const ts_stream *s, const ts_double_weights *w)
{
    return s->text ? &w->text : &w->image;
}

static ts_tensor normed(ts_ctx *ctx, ts_tensor x, const char *name)
{
    return ts_named(ctx, ts_layer_norm(ctx, x, (ts_tensor){0}, (ts_tensor){0}, eps), name, -1);
}

ts_adaln ts_adaln_zero(ts_ctx *ctx, const ts_stream *s, const ts_stream_weights *w)
{
    char name[TS_PATH];
    snprintf(name, sizeof name, "%s.silu", w->norm1);
    const ts_tensor h = ts_named(ctx, ts_silu(ctx, s->temb), name, -1);
    const ts_tensor six = ts_adapted_linear(ctx, h, &w->norm1_linear, s->lora);
    if (ctx->status)
        return (ts_adaln){.n = {0}};
    const int64_t c = ts_size(six, -1) / 6;
    ts_adaln m = {
        .shift = ts_slice(ctx, six, 1, 0 * c, c),
        .scale = ts_slice(ctx, six, 1, 1 * c, c),
        .gate = ts_slice(ctx, six, 1, 2 * c, c),
        .shift_mlp = ts_slice(ctx, six, 1, 3 * c, c),
        .scale_mlp = ts_slice(ctx, six, 1, 4 * c, c),
        .gate_mlp = ts_slice(ctx, six, 1, 5 * c, c),
    };
    snprintf(name, sizeof name, "%s.norm", w->norm1);
    m.n = ts_modulate(ctx, normed(ctx, s->x, name), m.scale, m.shift);
    const ts_tensor tuple[5] = {m.n, m.gate, m.shift_mlp, m.scale_mlp, m.gate_mlp};
    for (int i = 0; i < 5; i++)
        ts_named(ctx, tuple[i], w->norm1, i);
    return m;
}

ts_tensor ts_feed_forward(ts_ctx *ctx, ts_tensor x, const ts_stream_weights *w, bool lora)
{
    const ts_tensor hidden = ts_gelu_tanh(ctx, ts_adapted_linear(ctx, x, &w->ff_in, lora));
    for (int i = 0; i < 2; i++) { /* 0: the activation; 1: dropout, which does nothing here */
        char name[TS_PATH];
        snprintf(name, sizeof name, "%s.net.%d", w->ff, i);
        ts_named(ctx, hidden, name, -1);
    }
    const ts_tensor y = ts_adapted_linear(ctx, hidden, &w->ff_out, lora);
    return ts_named(ctx, y, w->ff, -1);
}

void ts_double_attention(ts_ctx *ctx, ts_tensor *out, const ts_stream *streams, const ts_tensor *n,
                         int count, const ts_double_weights *w, int64_t heads,
                         const ts_attention_rule *rule)
{
    ts_heads each[TS_MAX_STREAMS] = {{.q = {0}}};
    for (int i = 0; i < count; i++) {
        const ts_stream_weights *own = weights_of(&streams[i], w);
        const ts_adapted *const to_qkv[3] = {&own->to_q, &own->to_k, &own->to_v};
        each[i] = ts_heads_of(ctx, &streams[i], n[i], heads, to_qkv, own->norm_q, own->norm_k);
    }
    const ts_tensor a = ts_joint_attention(ctx, each, count, rule);
    int64_t first = 0;
    for (int i = 0; i < count; i++) {
        const int64_t length = ts_is_empty(n[i]) ? 0 : n[i].size[1];
        out[i] = ts_adapted_linear(ctx, ts_slice(ctx, a, 1, first, length),
                                   &weights_of(&streams[i], w)->to_out, streams[i].lora);
        first += length;
        if (!streams[i].text)
            ts_named(ctx, out[i], "attn.to_out.1", -1); /* dropout, which does nothing here */
    }
    static const int order[TS_MAX_STREAMS] = {TS_IMAGE_TOKENS, TS_TEXT_TOKENS,
                                              TS_CONDITION_TOKENS, TS_GLYPH_TOKENS};
    for (int i = 0; i < count; i++)
        ts_named(ctx, out[order[i]], "attn", i);
}

/* x after attention: x + gate out. Glyph tokens (compat) start from their normalised state. */
static ts_tensor after_attention(ts_ctx *ctx, const ts_stream *s, const ts_adaln *m, ts_tensor out,
                                 bool compat)
{
    return ts_add_gated(ctx, s->glyph && compat ? m->n : s->x, m->gate, out);
}

ts_status ts_double_block(ts_ctx *ctx, ts_stream *streams, int count, const ts_double_weights *w,
                          int64_t heads, const ts_attention_rule *rule)
{
    const ts_scope scope = ts_scope_open(ctx);
    ts_adaln m[TS_MAX_STREAMS];
    ts_tensor n[TS_MAX_STREAMS], out[TS_MAX_STREAMS], *keep[TS_MAX_STREAMS];

    for (int i = 0; i < count; i++) {
        m[i] = ts_adaln_zero(ctx, &streams[i], weights_of(&streams[i], w));
        n[i] = m[i].n;
    }
    ts_double_attention(ctx, out, streams, n, count, w, heads, rule);

    for (int i = 0; i < count; i++) {
        ts_stream *s = &streams[i];
        const ts_stream_weights *own = weights_of(s, w);
        ts_tensor x = after_attention(ctx, s, &m[i], out[i], rule->compat);
        if (i == TS_IMAGE_TOKENS && rule->add_cond_attn && count > TS_CONDITION_TOKENS)
            x = ts_add_gated(ctx, x, m[TS_CONDITION_TOKENS].gate, out[TS_CONDITION_TOKENS]);
        const ts_tensor mlp_in =
            ts_modulate(ctx, normed(ctx, x, own->norm2), m[i].scale_mlp, m[i].shift_mlp);
        const ts_tensor ff = ts_feed_forward(ctx, mlp_in, own, s->lora);
        x = ts_add_gated(ctx, s->glyph && rule->compat ? s->x : x, m[i].gate_mlp, ff);
        s->x = ts_finite_f16(ctx, s, x);
        ts_named(ctx, s->x, "", i);
        keep[i] = &s->x;
    }
    ts_scope_close(ctx, scope, keep, count);
    return ts_ctx_status(ctx);
}
