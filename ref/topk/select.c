/* select.c: the selectors by name. See select.h. Test: tests/topk/test_select.c */
#include "ref/topk/select.h"

#include "ref/topk/exact.h"

#include <string.h>

static const char *const names[TS_SELECTORS] = {"exact", "mstopk",   "random",
                                                "dgc",   "gaussian", "reused"};

const char *ts_selector_name(ts_selector_kind kind)
{
    return names[kind];
}

ts_status ts_selector_from(ts_ctx *ctx, const char *name, ts_selector_kind *kind)
{
    for (int i = 0; i < TS_SELECTORS; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (ts_selector_kind)i;
            return ctx->status;
        }
    return ts_fail(ctx, TS_ERROR_USAGE,
                   "topk: unknown selector \"%.40s\": exact, mstopk, random, dgc, gaussian or reused",
                   name);
}

bool ts_selector_is_fixed(ts_selector_kind kind)
{
    return kind == TS_SELECT_EXACT || kind == TS_SELECT_MSTOPK || kind == TS_SELECT_RANDOM;
}

/* k / d as a fraction that a density can hold. */
static ts_density density_of(int64_t k, int64_t d)
{
    while (d > TS_DENSITY_LIMIT) {
        d = (d + 1) / 2;
        k = (k + 1) / 2;
    }
    return (ts_density){k, d};
}

ts_status ts_select(ts_ctx *ctx, ts_sparse *out, const ts_selector *selector, ts_reused *reused,
                    ts_tensor u, int64_t k, ts_draw draw)
{
    const int64_t start = selector->has_start ? selector->start : -1;
    const ts_mstopk_options options = {.k = k, .steps = selector->steps, .start = start,
                                       .bits = ts_draw_bits(draw), .wrap = selector->wrap,
                                       .below_mean = selector->below_mean};
    if (ctx->status)
        return ctx->status;
    switch (selector->kind) {
    case TS_SELECT_EXACT: return ts_topk_exact(ctx, out, u, k, TS_EXACT_RADIX);
    case TS_SELECT_MSTOPK: return ts_mstopk(ctx, out, NULL, u, &options);
    case TS_SELECT_RANDOM:
        if (selector->shared)
            draw.rank = 0;
        return ts_topk_random(ctx, out, u, k, ts_draw_bits(draw));
    case TS_SELECT_DGC:
        return ts_topk_dgc(ctx, out, NULL, u, density_of(k, ts_numel(u)), start, options.bits);
    case TS_SELECT_GAUSSIAN: return ts_topk_gaussian(ctx, out, NULL, u, k);
    case TS_SELECT_REUSED: return ts_topk_reused(ctx, out, reused, u, k, &ts_reuse_local);
    default: break;
    }
    return ts_fail(ctx, TS_ERROR_USAGE, "topk: no selector has the number %d", selector->kind);
}
