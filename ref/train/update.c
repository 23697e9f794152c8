/* update.c: see update.h. Test: tests/train/test_update.c */
#include "ref/train/update.h"

#include "ref/base/mathf.h"

enum { GROUPS = 2 }; /* with decay, without */

struct ts_update {
    ts_optim *optim;
    const ts_model *model;
    ts_tensor *gradient; /* views, of every step anew */
};

double ts_update_rate(const ts_update_rule *r, double done, double total)
{
    const double rate = r->optim.lr, pi = 3.14159265358979323846;
    if (done < r->warmup)
        return r->first_rate + (rate - r->first_rate) * done / r->warmup;
    double part = total > r->warmup ? (done - r->warmup) / (total - r->warmup) : 0.0;
    part = part > 1.0 ? 1.0 : part;
    switch (r->curve) {
    case TS_RATE_CONSTANT: return rate;
    case TS_RATE_LINEAR: return rate + (r->last_rate - rate) * part;
    case TS_RATE_COSINE:
        return r->last_rate + (rate - r->last_rate) * 0.5 * (1.0 + ts_cos(pi * part));
    }
    return rate;
}

static void add_all(ts_ctx *ctx, ts_update *u, const ts_update_rule *rule)
{
    ts_optim_settings plain = rule->optim;
    plain.weight_decay = 0;
    plain.exclude = true;
    u->optim = ts_optim_new(ctx, rule->method, &rule->optim);
    const int without = u->optim ? ts_optim_add_group(ctx, u->optim, &plain) : -1;
    for (int64_t i = 0; i < ts_model_count(u->model) && !ctx->status; i++) {
        const ts_parameter *p = ts_model_parameter(u->model, i);
        if (!p->buffer)
            ts_optim_add(ctx, u->optim, p->decays ? 0 : without, p->name, p->value);
    }
}

ts_update *ts_update_open(ts_ctx *ctx, const ts_model *model, const ts_update_rule *rule)
{
    ts_update *u = ctx->status ? NULL : ts_alloc_zero(1, sizeof *u);
    if (u) {
        u->model = model;
        u->gradient = ts_alloc_zero((size_t)ts_model_count(model), sizeof *u->gradient);
    }
    if (!u || !u->gradient)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the optimiser");
    else
        add_all(ctx, u, rule);
    if (!ctx->status)
        return u;
    ts_update_close(u);
    return NULL;
}

void ts_update_close(ts_update *u)
{
    if (!u)
        return;
    ts_optim_close(u->optim);
    ts_free(u->gradient);
    ts_free(u);
}

ts_status ts_update_step(ts_ctx *ctx, ts_update *u, void *gradients, double rate)
{
    int64_t n = 0;
    for (int64_t i = 0; i < ts_model_count(u->model); i++) {
        const ts_parameter *p = ts_model_parameter(u->model, i);
        const ts_tensor v = p->value;
        if (!p->buffer)
            u->gradient[n++] = ts_tensor_of(
                (char *)gradients + p->first * (int64_t)ts_dtype_size(v.dtype), v.dtype, v.rank,
                v.size);
    }
    for (int i = 0; i < GROUPS; i++)
        ts_optim_group(u->optim, i)->lr = rate;
    return ts_optim_step(ctx, u->optim, u->gradient);
}

ts_status ts_update_collect(ts_ctx *ctx, const ts_update *u, ts_items *items)
{
    return ts_optim_collect(ctx, u->optim, "optimizer", items);
}

ts_status ts_update_restore(ts_ctx *ctx, ts_update *u, const ts_safetensors *file)
{
    return ts_optim_restore(ctx, u->optim, "optimizer", file);
}
