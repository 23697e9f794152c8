/* stream.c: attention over several token streams.
 *
 *     a = softmax(q k^T / sqrt(d) + bias) v          over the streams laid end to end
 *     a = rho a_plain + (1 - rho) a_region           when glyph tokens bring a region mask
 *
 * Source:   Esser et al. 2024 (MM-DiT); FLUX-Text, attn_forward; diffusers FluxAttnProcessor2_0
 * Shapes:   q, k, v (B, H, L, d); rope (L, d); a (B, sum of L, H d)
 * Pitfalls: values are neither normalised nor turned; glyph tokens have no query/key norm; the bias
 *           acts on the plain pass only, the region mask on the other only
 * Test:     tests/dit/test_stream.c             Golden: modules/attention */
#include "ref/dit/stream.h"

#include <math.h>

ts_heads ts_heads_of(ts_ctx *ctx, const ts_stream *s, ts_tensor n, int64_t heads,
                     const ts_adapted *const to_qkv[3], ts_tensor norm_q, ts_tensor norm_k)
{
    static const double eps = 1e-6;
    ts_tensor y[3];
    for (int i = 0; i < 3; i++)
        y[i] = ts_split_heads(ctx, ts_adapted_linear(ctx, n, to_qkv[i], s->lora), heads);
    if (!s->glyph) {
        y[0] = ts_rms_norm(ctx, y[0], norm_q, eps);
        y[1] = ts_rms_norm(ctx, y[1], norm_k, eps);
    }
    if (!ts_is_empty(s->rope.cos) || !ts_is_empty(s->rope.sin)) {
        y[0] = ts_rotate(ctx, y[0], s->rope.cos, s->rope.sin);
        y[1] = ts_rotate(ctx, y[1], s->rope.cos, s->rope.sin);
    }
    return (ts_heads){.q = y[0], .k = y[1], .v = y[2]};
}

ts_tensor ts_joint_attention(ts_ctx *ctx, const ts_heads *heads, int count,
                             const ts_attention_rule *rule)
{
    ts_tensor q[TS_MAX_STREAMS], k[TS_MAX_STREAMS], v[TS_MAX_STREAMS];
    for (int i = 0; i < count; i++) {
        q[i] = heads[i].q;
        k[i] = heads[i].k;
        v[i] = heads[i].v;
    }
    const ts_tensor all_q = ts_concat(ctx, q, count, 2), all_k = ts_concat(ctx, k, count, 2),
                    all_v = ts_concat(ctx, v, count, 2);
    if (ctx->status)
        return (ts_tensor){0};
    const double scale = 1.0 / sqrt((double)ts_size(all_q, -1));
    ts_tensor a = ts_attention(ctx, all_q, all_k, all_v, scale, &rule->bias);
    if (rule->regions) {
        const ts_tensor masked = ts_attention(ctx, all_q, all_k, all_v, scale, &rule->region);
        a = ts_add(ctx, ts_scale(ctx, a, rule->base_ratio),
                   ts_scale(ctx, masked, 1.0 - rule->base_ratio));
    }
    return ts_merge_heads(ctx, a);
}

ts_tensor ts_finite_f16(ts_ctx *ctx, const ts_stream *s, ts_tensor x)
{
    static const double largest = 65504.0;
    return s->clip && ctx->round == TS_F16 ? ts_clamp(ctx, x, -largest, largest) : x;
}
