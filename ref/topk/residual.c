/* residual.c: error feedback, and DGC's corrections for momentum.
 *
 *     u = e + g;  (I, v) = Select(u);  e = u, e[I] = 0        so that  sum g = sum sent + e
 *
 * Error feedback: Stich, Cordonnier, Jaggi (2018); momentum correction and factor masking: Lin et al.,
 * Deep gradient compression (2018), as the published program does them. Gradients are raw: the
 * learning rate of a step is applied to what is sent in it, old residuals included. Whether the system
 * of MSTopK's paper keeps residuals is not known for certain.
 *
 * Easy to get wrong: e = u - v by subtraction where v was rounded elsewhere; clearing e before the
 * step is known to be finite; forgetting the momentum's mask.
 * Test: tests/topk/test_residual.c                                   Golden: topk/vectors.json (E1-E3) */
#include "ref/topk/residual.h"

#include <string.h>

ts_status ts_residual_new(ts_ctx *ctx, ts_residual *r, const ts_feedback *how, ts_dtype dtype,
                          int64_t d)
{
    *r = (ts_residual){.kept = ts_new_zero(ctx, dtype, 1, &d)};
    if (how->momentum > 0.0)
        r->momentum = ts_new_zero(ctx, dtype, 1, &d);
    return ctx->status;
}

/* One entry: each result is rounded once to the type of the tensors. */
typedef struct {
    double u, m;
} entry;

static entry one(const ts_feedback *how, double e, double m, double g)
{
    if (!(how->momentum > 0.0))
        return (entry){e + g, 0.0};
    if (how->nesterov) {
        const double next = how->momentum * (m + g);
        return (entry){e + next + g, next};
    }
    const double next = how->momentum * m + g;
    return (entry){e + next, next};
}

void ts_residual_add(const ts_residual *r, const ts_feedback *how, ts_tensor u, ts_tensor m,
                     ts_tensor g)
{
    const int64_t d = ts_numel(g);
    if (u.dtype == TS_F32 && !(how->momentum > 0.0)) { /* the common case, as a loop of vectors */
        const float *e = r->kept.data, *from = g.data;
        float *to = u.data;
        for (int64_t i = 0; i < d; i++)
            to[i] = e[i] + from[i];
        return;
    }
    for (int64_t i = 0; i < d; i++) {
        const double old = ts_is_empty(r->momentum)
                               ? 0.0 : ts_load(r->momentum.data, r->momentum.dtype, i);
        const entry next = one(how, ts_load(r->kept.data, r->kept.dtype, i), old,
                               ts_load(g.data, g.dtype, i));
        ts_store(u.data, u.dtype, i, next.u);
        if (!ts_is_empty(m))
            ts_store(m.data, m.dtype, i, next.m);
    }
}

void ts_residual_keep(ts_residual *r, const ts_feedback *how, ts_tensor u, ts_tensor m,
                      const ts_sparse *sent)
{
    const size_t bytes = (size_t)ts_numel(u) * ts_dtype_size(u.dtype);
    if (!ts_is_empty(r->momentum) && !ts_is_empty(m)) {
        memcpy(r->momentum.data, m.data, bytes);
        if (how->masking)
            ts_sparse_clear(sent, r->momentum);
    }
    if (!how->feedback)
        return; /* zeros, as in the beginning */
    if (r->kept.data != u.data)
        memcpy(r->kept.data, u.data, bytes);
    for (int64_t j = 0; j < sent->count; j++) {
        const double whole = ts_load(u.data, u.dtype, sent->indices[j]);
        const double gone = ts_load(sent->values.data, sent->values.dtype, j);
        ts_store(r->kept.data, r->kept.dtype, sent->indices[j], whole - gone);
    }
}

void ts_residual_round_f16(ts_sparse *sent)
{
    for (int64_t j = 0; j < sent->count; j++) {
        double v = ts_load(sent->values.data, sent->values.dtype, j);
        v = v > 65504.0 ? 65504.0 : v < -65504.0 ? -65504.0 : v;
        ts_store(sent->values.data, sent->values.dtype, j,
                 (double)ts_f16_to_f32(ts_f64_to_f16(v)));
    }
}
