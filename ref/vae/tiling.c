/* tiling.c: large pictures in overlapping tiles.
 *
 * A tile is `tile` pixels wide and high; the next begins three quarters of a tile further. Where two
 * tiles overlap the later one is blended in by a ramp, first down, then across:
 *
 *     b_i = a_(n-e+i) (1 - i / e) + b_i i / e,          i = 0 .. e - 1,  e the extent of the overlap
 *
 * Source:   diffusers AutoencoderKL.tiled_encode, tiled_decode (tile_overlap_factor 0.25)
 * Pitfalls: a tile's neighbours are blended before it is blended with them; each tile is cut to
 *           three quarters afterwards; the result is not the untiled one (group norms see a tile)
 * Test:     tests/vae/test_tiling.c           Golden: vae/tiled */
#include "ref/vae/layers.h"

/* A row of tiles: how the picture is cut, and what becomes of a tile. */
typedef struct {
    const ts_vae *vae;
    ts_tensor (*code)(ts_ctx *ctx, const ts_vae *vae, ts_tensor part);
    int64_t tile, step;   /* of the input */
    int64_t extent, keep; /* of the result: blended, and left of a tile */
} cutting;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* 0, 1/e, 2/e ... along an axis (2: down, 3: across). */
static ts_tensor ramp(ts_ctx *ctx, int64_t extent, int axis)
{
    int64_t size[4] = {1, 1, 1, 1};
    size[axis] = extent;
    const ts_tensor r = ts_new(ctx, ctx->compute, 4, size);
    for (int64_t i = 0; i < extent && r.data; i++)
        ts_store(r.data, r.dtype, i, (double)i / (double)extent);
    return r;
}

static ts_tensor blended(ts_ctx *ctx, ts_tensor a, ts_tensor b, int axis, int64_t extent)
{
    if (ctx->status)
        return (ts_tensor){0};
    const int64_t e = least(extent, least(a.size[axis], b.size[axis]));
    const ts_tensor up = ramp(ctx, e, axis), down = ts_shift(ctx, ts_scale(ctx, up, -1.0), 1.0);
    const ts_tensor tail = ts_slice(ctx, a, axis, a.size[axis] - e, e),
                    head = ts_slice(ctx, b, axis, 0, e),
                    rest = ts_slice(ctx, b, axis, e, b.size[axis] - e);
    const ts_tensor mixed =
        ts_add(ctx, ts_mul(ctx, tail, down), ts_mul(ctx, head, up));
    return ts_concat(ctx, (const ts_tensor[]){mixed, rest}, 2, axis);
}

static ts_tensor cropped(ts_ctx *ctx, ts_tensor t, int64_t keep)
{
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor rows = ts_slice(ctx, t, 2, 0, least(keep, t.size[2]));
    return ts_slice(ctx, rows, 3, 0, least(keep, t.size[3]));
}

/* Joins many tensors two at a time: the result so far, and one more. */
static ts_tensor joined(ts_ctx *ctx, ts_tensor so_far, ts_tensor more, int axis)
{
    return ts_is_empty(so_far) ? more
                               : ts_concat(ctx, (const ts_tensor[]){so_far, more}, 2, axis);
}

static ts_tensor coded_in_tiles(ts_ctx *ctx, ts_tensor x, cutting cut)
{
    const int64_t h = x.size[2], w = x.size[3], columns = (w + cut.step - 1) / cut.step;
    ts_tensor *above = ts_take(ctx, (size_t)columns * sizeof *above);
    ts_tensor result = {0};
    for (int64_t top = 0; top < h && !ctx->status; top += cut.step) {
        const ts_tensor band = ts_slice(ctx, x, 2, top, least(cut.tile, h - top));
        ts_tensor row = {0}, before = {0};
        for (int64_t j = 0; j < columns && !ctx->status; j++) {
            const int64_t left = j * cut.step;
            const ts_tensor part = ts_slice(ctx, band, 3, left, least(cut.tile, w - left));
            ts_tensor t = cut.code(ctx, cut.vae, ts_contiguous(ctx, part));
            ts_tell(ctx, "tile", top / cut.step * columns + j + 1,
                    (h + cut.step - 1) / cut.step * columns);
            if (top > 0)
                t = blended(ctx, above[j], t, 2, cut.extent);
            if (j > 0)
                t = blended(ctx, before, t, 3, cut.extent);
            above[j] = before = t;
            row = joined(ctx, row, cropped(ctx, t, cut.keep), 3);
        }
        result = joined(ctx, result, row, 2);
    }
    return result;
}

/* Three quarters of a tile, in whole latents. */
static bool fits(ts_ctx *ctx, const ts_vae *vae, int64_t tile)
{
    if (tile >= 4 * vae->factor && tile % vae->factor == 0)
        return true;
    ts_fail(ctx, TS_ERROR_USAGE, "a tile of %lld pixels: expected a multiple of %lld, at least %lld",
            (long long)tile, (long long)vae->factor, (long long)(4 * vae->factor));
    return false;
}

ts_posterior ts_vae_encode_tiled(ts_ctx *ctx, const ts_vae *vae, ts_tensor x, int64_t tile)
{
    if (ctx->status || ts_expect(ctx, x, "x", 4, (int64_t[]){-1, vae->channels, -1, -1}) ||
        !fits(ctx, vae, tile))
        return (ts_posterior){.mean = {0}};
    if (x.size[2] <= tile && x.size[3] <= tile)
        return ts_vae_encode(ctx, vae, x);
    const int64_t latent = tile / vae->factor;
    const cutting cut = {vae, ts_vae_moments, tile, tile * 3 / 4, latent / 4, latent - latent / 4};
    return ts_posterior_of(ctx, coded_in_tiles(ctx, x, cut));
}

ts_tensor ts_vae_decode_tiled(ts_ctx *ctx, const ts_vae *vae, ts_tensor z, int64_t tile)
{
    if (ctx->status || ts_expect(ctx, z, "z", 4, (int64_t[]){-1, vae->latent_channels, -1, -1}) ||
        !fits(ctx, vae, tile))
        return (ts_tensor){0};
    const int64_t latent = tile / vae->factor;
    if (z.size[2] <= latent && z.size[3] <= latent)
        return ts_vae_decode(ctx, vae, z);
    const cutting cut = {vae, ts_vae_decode, latent, latent * 3 / 4, tile / 4, tile - tile / 4};
    return coded_in_tiles(ctx, z, cut);
}
