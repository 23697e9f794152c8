/* glyph_byt5.c: test: tests/text/test_glyph_byt5.c. Golden: text/glyph_byt5,
 * text/byt5_simple_mapper. */
#include "ref/text/glyph_byt5.h"

/* Rows of a weight, for a width that the checkpoint alone knows; 0 after a failure. */
static int64_t rows_of(ts_ctx *ctx, ts_weights *w, const char *name)
{
    const ts_tensor t = ts_weight(ctx, w, 2, (int64_t[]){-1, -1}, "%s", name);
    return ctx->status ? 0 : t.size[0];
}

ts_tensor ts_byt5_mapper(ts_ctx *ctx, ts_weights *w, const ts_t5_config *c, ts_tensor x,
                         ts_tensor mask, int64_t layers)
{
    x = ts_t5_blocks(ctx, w, c, x, mask, "mapper.blocks", layers);
    x = ts_rms_norm_named(ctx, w, x, c->eps, "mapper.layer_norm");
    if (!ts_weights_has(w, "mapper.channel_mapper.weight"))
        return x;
    const int64_t channels = rows_of(ctx, w, "mapper.channel_mapper.weight");
    x = ts_linear_named(ctx, w, x, channels, "mapper.channel_mapper");
    return ts_rms_norm_named(ctx, w, x, c->eps, "mapper.final_layer_norm");
}

ts_tensor ts_byt5_stretch(ts_ctx *ctx, ts_tensor x, int64_t channels)
{
    return ctx->status ? (ts_tensor){0} : ts_resize_linear(ctx, x, channels);
}

ts_tensor ts_byt5_simple_mapper(ts_ctx *ctx, ts_weights *w, ts_tensor x)
{
    static const double eps = 1e-5;
    const int64_t inner = rows_of(ctx, w, "mapper.1.weight");
    const int64_t out = rows_of(ctx, w, "mapper.3.weight");
    x = ts_layer_norm_named(ctx, w, x, eps, "mapper.0");
    x = ts_relu(ctx, ts_linear_named(ctx, w, x, inner, "mapper.1"));
    return ts_linear_named(ctx, w, x, out, "mapper.3");
}
