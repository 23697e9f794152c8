/* modules.c: selectors by name. Entries are selected in the type in which x was given: a vector of
 * doubles is not rounded to the storage of the run first.
 * Test: tests/topk/test_modules.c                                                  Golden: topk/ */
#include "ref/topk/modules.h"

#include "ref/base/trace.h"
#include "ref/ops/table.h"
#include "ref/topk/draw.h"
#include "ref/topk/entries.h"
#include "ref/topk/exact.h"
#include "ref/topk/keys.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/sampled.h"

#include <stdio.h>
#include <string.h>

/* Settings. ------------------------------------------------------------------------------------ */

ts_density ts_topk_density(ts_ctx *ctx, const ts_call *call, const char *otherwise)
{
    const json_t *v = ts_call_json(call, "density");
    char text[64];
    ts_density density = {1, 1};
    if (json_is_array(v) && json_array_size(v) == 2 && json_is_integer(json_array_get(v, 0)) &&
        json_is_integer(json_array_get(v, 1))) {
        density.num = json_integer_value(json_array_get(v, 0));
        density.den = json_integer_value(json_array_get(v, 1));
        ts_density_check(ctx, density);
        return density;
    }
    if (json_is_number(v))
        snprintf(text, sizeof text, "%.15g", json_number_value(v));
    else if (!v || json_is_string(v))
        snprintf(text, sizeof text, "%.60s", v ? json_string_value(v) : otherwise);
    else
        ts_fail(ctx, TS_ERROR_USAGE, "%s: density is a number, a text or [num, den]", call->module);
    if (!ctx->status)
        ts_density_parse(ctx, &density, text);
    return density;
}

int64_t ts_topk_count(ts_ctx *ctx, const ts_call *call, int64_t d)
{
    const bool has_k = ts_call_json(call, "k") != NULL;
    if (has_k == (ts_call_json(call, "density") != NULL)) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: give k or density", call->module);
        return 0;
    }
    return has_k ? ts_call_int(ctx, call, "k", 0)
                 : ts_density_k(ts_topk_density(ctx, call, "1"), d);
}

int64_t ts_topk_start(ts_ctx *ctx, const ts_call *call)
{
    const json_t *v = ts_call_json(call, "start");
    if (!v || (json_is_string(v) && strcmp(json_string_value(v), "any") == 0))
        return -1;
    const int64_t start = ts_call_int(ctx, call, "start", 0);
    if (start < 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: start is %lld", call->module, (long long)start);
    return start;
}

uint64_t ts_topk_bits(ts_ctx *ctx, const ts_call *call)
{
    const ts_draw draw = {(uint64_t)ts_call_int(ctx, call, "seed", 0),
                          ts_call_int(ctx, call, "step", 0), ts_call_int(ctx, call, "rank", 0),
                          ts_call_int(ctx, call, "bucket", 0)};
    return ts_draw_bits(draw);
}

ts_tensor ts_topk_input(ts_ctx *ctx, const ts_call *call)
{
    const ts_tensor x = ts_call_sole_input(ctx, call, "x");
    if (ctx->status || !call->given)
        return x;
    for (int64_t i = 0; i < call->inputs.count; i++)
        if (call->inputs.items[i].value.data == x.data)
            return call->given->items[i].value;
    return x;
}

/* Outputs. ------------------------------------------------------------------------------------- */

static ts_status answer(ts_ctx *ctx, ts_call *call, const ts_sparse *s)
{
    const ts_tensor indices = ts_new(ctx, TS_I64, 1, &s->count);
    for (int64_t j = 0; !ctx->status && j < s->count; j++)
        ((int64_t *)indices.data)[j] = s->indices[j];
    ts_call_output(ctx, call, "indices", indices);
    ts_call_output(ctx, call, "values", s->values);
    return ctx->status;
}

static void trace_tries(ts_ctx *ctx, int64_t n, const int64_t *counts, const double *thresholds)
{
    const ts_tensor c = ts_new(ctx, TS_I64, 1, &n), t = ts_new(ctx, TS_F64, 1, &n);
    for (int64_t i = 0; !ctx->status && i < n; i++) {
        ((int64_t *)c.data)[i] = counts[i];
        ((double *)t.data)[i] = thresholds[i];
    }
    ts_traced(ctx, c, "counts");
    ts_traced(ctx, t, "thresholds");
}

/* Modules. ------------------------------------------------------------------------------------- */

static ts_status run_mstopk(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const ts_mstopk_options o = {.k = ts_topk_count(ctx, call, ts_numel(x)),
                                 .steps = ts_call_int(ctx, call, "steps", TS_MSTOPK_STEPS),
                                 .start = ts_topk_start(ctx, call),
                                 .bits = ts_topk_bits(ctx, call),
                                 .wrap = ts_call_bool(ctx, call, "wrap", false),
                                 .below_mean = ts_call_bool(ctx, call, "below_mean", false)};
    ts_mstopk_search s;
    ts_sparse out;
    if (ctx->status || ts_mstopk(ctx, &out, &s, x, &o))
        return ctx->status;
    const ts_entries all = ts_entries_of(ts_sparse_source(ctx, x));
    for (int64_t i = 0; ctx->trace && !ctx->status && i < s.tried; i++)
        s.counts[i] = ts_entries_survey(ctx, &all, ts_key_at_least(s.thresholds[i], all.dtype),
                                        0).high;
    if (s.searched)
        trace_tries(ctx, s.tried, s.counts, s.thresholds);
    return answer(ctx, call, &out);
}

static ts_status run_exact(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const bool plain = ctx->table && strcmp(ctx->table->name, "plain") == 0;
    const char *name = ts_call_text(ctx, call, "method", plain ? "sort" : "radix");
    const int64_t k = ts_topk_count(ctx, call, ts_numel(x));
    ts_exact_way way;
    ts_sparse out;
    if (ctx->status || ts_exact_from(ctx, name, &way) || ts_topk_exact(ctx, &out, x, k, way))
        return ctx->status;
    return answer(ctx, call, &out);
}

static ts_status run_dgc(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const int64_t d = ts_numel(x), k = ts_topk_count(ctx, call, d);
    const bool has_k = ts_call_json(call, "k") != NULL;
    const ts_density density = has_k ? (ts_density){k, d > 0 ? d : 1}
                                     : ts_topk_density(ctx, call, "1");
    const int64_t start = ts_topk_start(ctx, call);
    const uint64_t bits = ts_topk_bits(ctx, call);
    ts_attempts a;
    ts_sparse out;
    if (ctx->status || ts_topk_dgc(ctx, &out, &a, x, density, start, bits))
        return ctx->status;
    trace_tries(ctx, a.tried, a.count, a.threshold);
    return answer(ctx, call, &out);
}

static ts_status run_gaussian(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const int64_t k = ts_topk_count(ctx, call, ts_numel(x));
    ts_attempts a;
    ts_sparse out;
    if (ctx->status || ts_topk_gaussian(ctx, &out, &a, x, k))
        return ctx->status;
    trace_tries(ctx, a.tried, a.count, a.threshold);
    return answer(ctx, call, &out);
}

static ts_status run_reused(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const int64_t k = ts_topk_count(ctx, call, ts_numel(x)), one = 1;
    const char *rule = ts_call_text(ctx, call, "rule", "local");
    ts_reused state = {ts_call_real(ctx, call, "threshold", 0.0),
                       ts_call_int(ctx, call, "age", 0)};
    ts_sparse out;
    if (!ctx->status && strcmp(rule, "local") != 0 && strcmp(rule, "global") != 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: rule is local or global, not \"%.40s\"",
                       call->module, rule);
    if (ctx->status || ts_topk_reused(ctx, &out, &state, x, k,
                                      *rule == 'l' ? &ts_reuse_local : &ts_reuse_global))
        return ctx->status;
    const ts_tensor next = ts_new(ctx, TS_F64, 1, &one);
    if (!ctx->status)
        *(double *)next.data = state.threshold;
    ts_call_output(ctx, call, "threshold", next);
    return answer(ctx, call, &out);
}

static ts_status run_random(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_topk_input(ctx, call);
    const int64_t k = ts_topk_count(ctx, call, ts_numel(x));
    const uint64_t bits = ts_topk_bits(ctx, call);
    ts_sparse out;
    if (ctx->status || ts_topk_random(ctx, &out, x, k, bits))
        return ctx->status;
    return answer(ctx, call, &out);
}

#define DRAWN "seed step rank bucket"
#define CHOSEN "indices (k) by ascending index; values"

const ts_module ts_topk_modules[] = {
    {"topk.mstopk", "x (d), any float type",
     "indices (k): all >= threshold 1, then the slice, both ascending; values (k)",
     "k density steps start wrap below_mean order " DRAWN,
     "MSTopK: exactly min(k, d) entries; start and order may be \"any\" when judged", run_mstopk},
    {"topk.exact", "x (d)", "indices (k), larger magnitudes first, ties by index; values (k)",
     "k density method order",
     "exact top-k, exactly min(k, d) entries; method: sort, heap, quickselect, radix", run_exact},
    {"topk.dgc", "x (d)", CHOSEN, "k density start order " DRAWN,
     "double sampling: at most ceil(density d) entries, sometimes fewer", run_dgc},
    {"topk.gaussian", "x (d)", CHOSEN, "k density order",
     "by the quantile of a normal distribution: the count differs from k where x is not normal",
     run_gaussian},
    {"topk.reused", "x (d)", "threshold (1), of the next selection; " CHOSEN, "k density threshold age rule order",
     "Ok-Topk's kept threshold, age selections old: about k entries, k - 1 when it is exact",
     run_reused},
    {"topk.random", "x (d)", CHOSEN, "k density order " DRAWN,
     "exactly min(k, d) entries by chance", run_random},
    {0},
};
