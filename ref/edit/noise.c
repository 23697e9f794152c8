/* noise.c: the random numbers of an edit.
 *
 * Source:   diffusers FluxFillPipeline draws the latents from the generator, then the masked
 *           picture's posterior; FLUX-Text encodes the glyph first. The published FLUX-Text does not
 *           take its posterior noise from the generator at all, so it cannot be repeated; here all
 *           three come from one seed.
 * Pitfalls: float32 normals in every precision: a run in double begins with the same numbers
 * Test:     tests/edit/test_noise.c               Golden: edit/d_fill_64x64_seed1234 */
#include "ref/edit/noise.h"

#include "ref/base/rng.h"

#include <string.h>

enum { CHANNELS = 16, PATCH = 8 };

ts_noise_stream ts_noise_stream_named(ts_ctx *ctx, const char *name)
{
    if (name && strcmp(name, "philox") == 0)
        return TS_NOISE_PHILOX;
    if (!name || strcmp(name, "torch") != 0)
        ts_fail(ctx, TS_ERROR_USAGE, "rng: expected torch or philox, not %s", name ? name : "nothing");
    return TS_NOISE_TORCH;
}

typedef struct {
    ts_noise_stream stream;
    ts_torch_cpu torch;
    uint64_t seed, next; /* of Philox: the stream that is drawn next */
} source;

static ts_tensor draw(ts_ctx *ctx, source *s, ts_tensor picture)
{
    const int64_t size[4] = {1, CHANNELS, picture.size[2] / PATCH, picture.size[3] / PATCH};
    const ts_tensor t = ts_new(ctx, ctx->compute, 4, size);
    const ts_scope scope = ts_scope_open(ctx);
    const int64_t n = ts_numel(t);
    float *value = ctx->status ? NULL : ts_take(ctx, (size_t)n * sizeof *value);
    if (!value)
        return (ts_tensor){0};
    if (s->stream == TS_NOISE_TORCH)
        ts_torch_cpu_randn_f32(&s->torch, value, n);
    else
        ts_philox_normal_f32(value, s->seed, s->next++, 0, n);
    ts_convert(t.data, t.dtype, value, TS_F32, n);
    if (ctx->round != TS_NONE)
        ts_round_to(t.data, t.dtype, ctx->round, n);
    ts_scope_close(ctx, scope, NULL, 0);
    return t;
}

ts_status ts_edit_noise_draw(ts_ctx *ctx, ts_edit_noise *n, uint64_t seed, ts_noise_stream stream,
                             ts_tensor picture, ts_tensor glyph)
{
    source s = {.stream = stream, .seed = seed};
    ts_torch_cpu_seed(&s.torch, seed);
    const ts_tensor of[3] = {picture, glyph, picture};
    ts_tensor *const to[3] = {&n->latents, &n->glyph, &n->masked};
    for (int i = 0; i < 3 && !ctx->status; i++) {
        if (ts_is_empty(of[i]))
            continue;
        const ts_tensor drawn = draw(ctx, &s, of[i]);
        if (ts_is_empty(*to[i]))
            *to[i] = drawn;
    }
    return ctx->status;
}
