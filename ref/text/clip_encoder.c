/* clip_encoder.c: CLIP's text transformer; equations in clip_encoder.h.
 *
 * Source:   transformers CLIPTextModel, CLIPTextTransformer, CLIPEncoderLayer
 * Shapes:   ids (B, L), x (B, L, C), heads of d = C / h
 * Pitfalls: there is no padding mask: the causal order alone keeps padding from the end token;
 *           published folders say eos_token_id 2, and then the pooled place is that of the largest
 *           id (the end token has it), otherwise the first place that holds eos_token_id
 * Test:     tests/text/test_clip_encoder.c     Golden: text/clip */
#include "ref/text/clip_encoder.h"

#include "ref/base/trace.h"

#include <math.h>

static const char block[] = "text_model.encoder.layers";

ts_status ts_clip_config_read(ts_ctx *ctx, ts_clip_config *c, const ts_weights *w)
{
    c->width = ts_config_int_required(ctx, w, "hidden_size");
    c->inner = ts_config_int_required(ctx, w, "intermediate_size");
    c->heads = ts_config_int_required(ctx, w, "num_attention_heads");
    c->layers = ts_config_int_required(ctx, w, "num_hidden_layers");
    c->eps = ts_config_real(ctx, w, "layer_norm_eps", 1e-5);
    c->end = ts_config_int(ctx, w, "eos_token_id", 49407);
    const char *const act = ts_config_text(ctx, w, "hidden_act", "quick_gelu");
    if (ctx->status)
        return ctx->status;
    if (c->width < 1 || c->inner < 1 || c->heads < 1 || c->layers < 0 || c->width % c->heads)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: config.json: hidden_size %lld is not divided by %lld heads",
                       ts_weights_label(w), (long long)c->width, (long long)c->heads);
    return ts_act_named(ctx, &c->act, act, ts_weights_label(w));
}

ts_tensor ts_clip_attention(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                            int64_t layer)
{
    static const char *const names[] = {"q_proj", "k_proj", "v_proj"};
    const ts_attention_bias causal = {.causal = true};
    const double scale = 1 / sqrt((double)(c->width / c->heads));
    ts_tensor qkv[3];
    for (int i = 0; i < 3; i++)
        qkv[i] = ts_split_heads(ctx,
                                ts_linear_named(ctx, w, x, c->width, "%s.%lld.self_attn.%s", block,
                                                (long long)layer, names[i]),
                                c->heads);
    const ts_tensor a = ts_attention(ctx, qkv[0], qkv[1], qkv[2], scale, &causal);
    const ts_tensor y = ts_linear_named(ctx, w, ts_merge_heads(ctx, a), c->width,
                                        "%s.%lld.self_attn.out_proj", block, (long long)layer);
    return ts_named(ctx, y, "self_attn", -1);
}

ts_tensor ts_clip_mlp(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                      int64_t layer)
{
    const ts_tensor in =
        ts_linear_named(ctx, w, x, c->inner, "%s.%lld.mlp.fc1", block, (long long)layer);
    const ts_tensor hidden = ts_named(ctx, ts_act_apply(ctx, in, c->act), "mlp.activation_fn", -1);
    const ts_tensor y =
        ts_linear_named(ctx, w, hidden, c->width, "%s.%lld.mlp.fc2", block, (long long)layer);
    return ts_named(ctx, y, "mlp", -1);
}

ts_tensor ts_clip_layer(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor x,
                        int64_t layer)
{
    const long long i = (long long)layer;
    ts_enter(ctx, "%s.%lld", block, i);
    ts_tensor n = ts_layer_norm_named(ctx, w, x, c->eps, "%s.%lld.layer_norm1", block, i);
    x = ts_add(ctx, x, ts_clip_attention(ctx, w, c, n, layer));
    n = ts_layer_norm_named(ctx, w, x, c->eps, "%s.%lld.layer_norm2", block, i);
    x = ts_named(ctx, ts_add(ctx, x, ts_clip_mlp(ctx, w, c, n, layer)), "", -1);
    ts_leave(ctx);
    return x;
}

static ts_tensor embed(ts_ctx *ctx, ts_weights *w, const ts_clip_config *c, ts_tensor ids)
{
    const ts_tensor places = ts_new(ctx, TS_I64, 2, (int64_t[]){1, ids.size[1]});
    if (ctx->status)
        return places;
    for (int64_t i = 0; i < ids.size[1]; i++)
        ((int64_t *)places.data)[i] = i;
    const ts_tensor token =
        ts_embedding_named(ctx, w, ids, c->width, "text_model.embeddings.token_embedding");
    const ts_tensor position =
        ts_embedding_named(ctx, w, places, c->width, "text_model.embeddings.position_embedding");
    return ts_named(ctx, ts_add(ctx, token, position), "text_model.embeddings", -1);
}

/* The place of the end token in each row of ids (B, L), as rows of (B L, C). */
static ts_tensor end_places(ts_ctx *ctx, const ts_clip_config *c, ts_tensor ids)
{
    const int64_t batch = ids.size[0], length = ids.size[1];
    const ts_tensor places = ts_new(ctx, TS_I64, 1, &batch);
    for (int64_t b = 0; b < batch && !ctx->status; b++) {
        int64_t found = 0;
        double largest = -HUGE_VAL;
        for (int64_t i = 0; i < length; i++) {
            const double id =
                ts_load(ids.data, ids.dtype, b * ids.stride[0] + i * ids.stride[1]);
            const double score = c->end == 2 ? id : id == (double)c->end;
            if (score > largest) {
                largest = score;
                found = i;
            }
        }
        ((int64_t *)places.data)[b] = b * length + found;
    }
    return places;
}

void ts_clip_encode(ts_ctx *ctx, ts_tensor *last, ts_tensor *pooled, ts_weights *w,
                    const ts_clip_config *c, ts_tensor ids)
{
    *last = *pooled = (ts_tensor){0};
    if (ts_expect(ctx, ids, "input_ids", 2, (int64_t[]){-1, -1}))
        return;
    if (ids.size[1] < 1) {
        ts_fail(ctx, TS_ERROR_SHAPE, "input_ids: a text has at least one token");
        return;
    }
    ts_tensor x = embed(ctx, w, c, ids);
    for (int64_t i = 0; i < c->layers && !ctx->status; i++) {
        const ts_scope scope = ts_scope_open(ctx);
        x = ts_clip_layer(ctx, w, c, x, i);
        ts_scope_close(ctx, scope, (ts_tensor *const[]){&x}, 1);
    }
    x = ts_layer_norm_named(ctx, w, x, c->eps, "text_model.final_layer_norm");
    const ts_tensor places = end_places(ctx, c, ids);
    if (ctx->status)
        return;
    const ts_tensor rows =
        ts_reshape(ctx, x, 2, (int64_t[]){ids.size[0] * ids.size[1], c->width});
    *last = x;
    *pooled = ts_embedding(ctx, rows, places);
}
