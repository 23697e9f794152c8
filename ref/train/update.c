/* update.c: see update.h. Test: tests/train/test_update.c */
#include "ref/train/update.h"

#include "ref/base/mathf.h"

struct ts_update {
    ts_update_rule rule;
    void *velocity;
    int64_t size;
    ts_dtype type;
};

double ts_update_rate(const ts_update_rule *r, double done, double total)
{
    if (done < r->warmup)
        return r->first_rate + (r->rate - r->first_rate) * done / r->warmup;
    double part = total > r->warmup ? (done - r->warmup) / (total - r->warmup) : 0.0;
    part = part > 1.0 ? 1.0 : part;
    const double pi = 3.14159265358979323846;
    switch (r->curve) {
    case TS_RATE_CONSTANT: return r->rate;
    case TS_RATE_LINEAR: return r->rate + (r->last_rate - r->rate) * part;
    case TS_RATE_COSINE: return r->last_rate + (r->rate - r->last_rate) * 0.5 *
                                                   (1.0 + ts_cos(pi * part));
    }
    return r->rate;
}

ts_update *ts_update_open(ts_ctx *ctx, const ts_model *model, const ts_update_rule *rule)
{
    ts_update *u = ctx->status ? NULL : ts_alloc_zero(1, sizeof *u);
    if (u) {
        *u = (ts_update){.rule = *rule, .size = ts_model_size(model), .type = ctx->compute};
        u->velocity = ts_alloc_zero((size_t)u->size, ts_dtype_size(u->type));
    }
    if (u && u->velocity)
        return u;
    ts_update_close(u);
    ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the optimiser's state");
    return NULL;
}

void ts_update_close(ts_update *u)
{
    if (!u)
        return;
    ts_free(u->velocity);
    ts_free(u);
}

ts_status ts_update_state(ts_ctx *ctx, const ts_update *u, ts_items *items)
{
    return ts_items_add(ctx, items, "optimizer.velocity",
                        ts_tensor_of(u->velocity, u->type, 1, &u->size));
}

/* v = m v + (g + decay p),  p -= rate (v, or g + decay p + m v) */
ts_status ts_update_step(ts_ctx *ctx, ts_update *u, ts_model *model, void *gradients, double rate)
{
    for (int64_t i = 0; i < ts_model_count(model) && !ctx->status; i++) {
        const ts_parameter *p = ts_model_parameter(model, i);
        const double decay = p->decays ? u->rule.decay : 0.0, m = u->rule.momentum;
        for (int64_t k = 0; k < ts_numel(p->value) && !p->buffer; k++) {
            const double w = ts_load(p->value.data, u->type, k);
            const double d = ts_load(gradients, u->type, p->first + k) + decay * w;
            const double v = m * ts_load(u->velocity, u->type, p->first + k) + d;
            ts_store(u->velocity, u->type, p->first + k, v);
            ts_store(p->value.data, u->type, k, w - rate * (u->rule.nesterov ? d + m * v : v));
        }
    }
    return ctx->status;
}
