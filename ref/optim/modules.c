/* modules.c: optimisers, run by name: parameters p.0, p.1, ... and their gradients grad.STEP.N for as
 * many steps as there are; a gradient that is not there is PyTorch's None. LARS also takes one tensor
 * with its momentum. And what stands around a step: clipping, moving averages, schedules.
 * Test: tests/optim/test_modules.c              Golden: optim/ */
#include "ref/optim/modules.h"

#include "ref/io/json.h"
#include "ref/optim/clip.h"
#include "ref/optim/ema.h"
#include "ref/optim/optim.h"
#include "ref/optim/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void bad(ts_ctx *ctx, const ts_call *call, const char *what, const char *given)
{
    ts_fail(ctx, TS_ERROR_USAGE, "%s: %s: \"%s\"", call->module, what, given);
}

/* A number, or the text "inf", which JSON has no number for. */
static double bound(ts_ctx *ctx, const ts_call *call, const char *key, double otherwise)
{
    const json_t *value = ts_call_json(call, key);
    if (json_is_string(value) && strcmp(json_string_value(value), "inf") == 0)
        return (double)INFINITY;
    return ts_call_real(ctx, call, key, otherwise);
}

static void lars_settings(ts_ctx *ctx, const ts_call *call, ts_optim_settings *s)
{
    static const char *const kinds[] = {"you", "tf", "popular", "larc"};
    const char *kind = ts_call_text(ctx, call, "kind", "you");
    size_t k = 0;
    while (k < 4 && strcmp(kinds[k], kind) != 0)
        k++;
    if (k == 4)
        bad(ctx, call, "kind is you, tf, popular or larc", kind);
    s->lars = (ts_lars_kind)k;
    s->lr_inside = ts_call_bool(ctx, call, "lr_inside", s->lars != TS_LARS_LARC);
    s->clip = ts_call_bool(ctx, call, "clip", s->lars == TS_LARS_LARC);
}

static double beta(ts_ctx *ctx, const ts_call *call, int which, double otherwise)
{
    const json_t *betas = ts_call_json(call, "betas"), *one = json_array_get(betas, (size_t)which);
    if (betas && (json_array_size(betas) != 2 || !json_is_number(one)))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: betas are two numbers", call->module);
    return betas ? json_number_value(one) : otherwise;
}

static ts_optim_settings settings_of(ts_ctx *ctx, const ts_call *call, const char *method)
{
    ts_optim_settings s = ts_optim_defaults(method);
    double *const reals[] = {&s.lr, &s.weight_decay, &s.eps, &s.momentum, &s.dampening, &s.eta,
                             &s.beta3, &s.d0, &s.d_coef, &s.min_trust, &s.min_norm,
                             &s.max_gradient_norm};
    static const char *const real_names[] = {"lr", "weight_decay", "eps", "momentum", "dampening",
                                             "eta", "beta3", "d0", "d_coef", "min_trust",
                                             "min_norm", "max_grad_norm"};
    bool *const flags[] = {&s.exclude, &s.nesterov, &s.lr_inside, &s.bias_correction, &s.decoupled,
                           &s.amsgrad, &s.eps_hat, &s.gradient_averaging, &s.adapt_without_decay,
                           &s.safeguard_warmup, &s.skip_zero_gradient, &s.decoupled,
                           &s.bias_correction};
    static const char *const flag_names[] = {"exclude", "nesterov", "lr_inside", "bias_correction",
                                             "decoupled", "amsgrad", "eps_hat", "grad_averaging",
                                             "adapt_without_decay", "safeguard_warmup",
                                             "skip_zero_gradient", "decouple",
                                             "use_bias_correction"};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        *reals[i] = ts_call_real(ctx, call, real_names[i], *reals[i]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        *flags[i] = ts_call_bool(ctx, call, flag_names[i], *flags[i]);
    s.beta1 = beta(ctx, call, 0, s.beta1);
    s.beta2 = beta(ctx, call, 1, s.beta2);
    s.max_trust = bound(ctx, call, "max_trust", s.max_trust);
    s.max_norm = bound(ctx, call, "max_norm", s.max_norm);
    s.growth_rate = bound(ctx, call, "growth_rate", s.growth_rate);
    s.slice = ts_call_int(ctx, call, "slice_p", s.slice);
    if (strcmp(method, "lars") == 0)
        lars_settings(ctx, call, &s);
    return s;
}

/* What a module changes is a copy: inputs stay. */
static ts_tensor copy_of(ts_ctx *ctx, ts_tensor t)
{
    const ts_tensor y = ctx->status ? (ts_tensor){0} : ts_new(ctx, ctx->compute, t.rank, t.size);
    if (!ctx->status && t.dtype != ctx->compute)
        ts_fail(ctx, TS_ERROR_SHAPE, "an optimiser needs numbers of a type of float");
    if (!ctx->status)
        ts_elements(y.data, t);
    return y;
}

/* A copy as an output; gauges are the step's and go along. */
static void give(ts_ctx *ctx, ts_call *call, const char *name, ts_tensor t)
{
    ts_tensor y = copy_of(ctx, t);
    y.gauge = t.gauge;
    ts_call_output(ctx, call, name, y);
}

/* One tensor, one step. */
static void step_alone(ts_ctx *ctx, ts_call *call, ts_optim *o)
{
    const ts_tensor w = copy_of(ctx, ts_call_input(ctx, call, "weight")),
                    g = ts_call_input(ctx, call, "grad"),
                    v = ts_call_optional(call, "momentum_buffer");
    if (ctx->status || ts_optim_add(ctx, o, 0, "weight", w))
        return;
    const ts_tensor state = ts_optim_state(o, 0, "momentum_buffer");
    if (!ts_is_empty(v) && (ts_numel(v) != ts_numel(w) || v.dtype != ctx->compute))
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: momentum_buffer has not the sizes of weight",
                call->module);
    else if (!ts_is_empty(v))
        ts_elements(state.data, v);
    if (ts_optim_step(ctx, o, &g))
        return;
    ts_tensor after = ts_optim_state(o, 0, "momentum_buffer"), shaped = w;
    shaped.data = after.data;
    shaped.gauge = after.gauge;
    give(ctx, call, "weight", ts_optim_value(o, 0));
    give(ctx, call, "momentum_buffer", shaped);
    const ts_tensor trust = ts_new(ctx, ctx->compute, 0, NULL);
    if (!ctx->status) {
        ts_store(trust.data, trust.dtype, 0, ts_optim_trust(o, 0));
        ts_call_output(ctx, call, "trust", trust);
    }
}

/* The gradients of a step; false when there is none at all. */
static bool gradients(const ts_call *call, ts_tensor *g, int64_t count, int64_t step)
{
    bool any = false;
    for (int64_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "grad.%lld.%lld", (long long)step, (long long)i);
        g[i] = ts_call_optional(call, name);
        any = any || !ts_is_empty(g[i]);
    }
    return any;
}

static void give_step(ts_ctx *ctx, ts_call *call, ts_optim *o, int64_t step)
{
    char name[64];
    for (int64_t i = 0; i < ts_optim_count(o) && !ctx->status; i++) {
        snprintf(name, sizeof name, "p.%lld.step%lld", (long long)i, (long long)step);
        give(ctx, call, name, ts_optim_value(o, i));
    }
    if (ts_optim_d(o) > 0.0 && !ctx->status) {
        const int64_t one = 1;
        const ts_tensor d = ts_new(ctx, ctx->compute, 1, &one);
        snprintf(name, sizeof name, "d.step%lld", (long long)step);
        if (!ctx->status)
            ts_store(d.data, d.dtype, 0, ts_optim_d(o));
        ts_call_output(ctx, call, name, d);
    }
}

static void step_many(ts_ctx *ctx, ts_call *call, ts_optim *o)
{
    for (int64_t i = 0; !ctx->status; i++) {
        char name[32];
        snprintf(name, sizeof name, "p.%lld", (long long)i);
        const ts_tensor p = i ? ts_call_optional(call, name) : ts_call_input(ctx, call, name);
        if (ts_is_empty(p))
            break;
        ts_optim_add(ctx, o, 0, name, copy_of(ctx, p));
    }
    const int64_t count = ts_optim_count(o);
    ts_tensor *g = ts_take(ctx, ((size_t)count + 1) * sizeof *g);
    for (int64_t step = 0; !ctx->status && gradients(call, g, count, step); step++)
        if (!ts_optim_step(ctx, o, g))
            give_step(ctx, call, o, step);
}

static ts_status run(ts_ctx *ctx, ts_call *call)
{
    const char *method = strchr(call->module, '.') + 1;
    const ts_optim_settings s = settings_of(ctx, call, method);
    ts_optim *o = ts_optim_new(ctx, method, &s);
    if (o && strcmp(method, "lars") == 0 && ts_is_empty(ts_call_optional(call, "p.0")))
        step_alone(ctx, call, o);
    else if (o)
        step_many(ctx, call, o);
    ts_optim_close(o);
    return ctx->status;
}

/* Around the step. ----------------------------------------------------------------------------- */

static ts_status run_clip(ts_ctx *ctx, ts_call *call)
{
    const double most = ts_call_real(ctx, call, "max_norm", 1.0),
                 slack = ts_call_real(ctx, call, "slack", 1e-6);
    const int64_t count = call->inputs.count;
    ts_tensor *g = ts_take(ctx, ((size_t)count + 1) * sizeof *g);
    double norm = 0.0;
    for (int64_t i = 0; i < count && !ctx->status; i++)
        g[i] = copy_of(ctx, call->inputs.items[i].value);
    if (ctx->status || ts_clip_global_norm(ctx, NULL, g, NULL, count, most, slack, &norm))
        return ctx->status;
    const ts_tensor total = ts_new(ctx, ctx->compute, 0, NULL);
    if (!ctx->status)
        ts_store(total.data, total.dtype, 0, norm);
    ts_call_output(ctx, call, "norm", total);
    for (int64_t i = 0; i < count && !ctx->status; i++) {
        char name[TS_MESSAGE];
        const char *of = strchr(call->inputs.items[i].name, '.');
        snprintf(name, sizeof name, "clipped%s", of ? of : "");
        ts_call_output(ctx, call, name, g[i]);
    }
    return ctx->status;
}

static ts_status run_ema(ts_ctx *ctx, ts_call *call)
{
    const bool grows = ts_call_bool(ctx, call, "grows", false);
    const ts_ema_settings s = {
        .decay = ts_call_real(ctx, call, "decay", 0.9999),
        .grows = grows,
        .after = ts_call_int(ctx, call, "update_after_step", 0),
        .gamma = ts_call_bool(ctx, call, "use_ema_warmup", false)
                     ? ts_call_real(ctx, call, "inv_gamma", 1.0) : 0.0,
        .power = ts_call_real(ctx, call, "power", 2.0 / 3.0),
        .least = ts_call_real(ctx, call, "min_decay", 0.0),
    };
    const ts_tensor p = copy_of(ctx, ts_call_input(ctx, call, "p.0"));
    ts_ema *e = ts_ema_new(ctx, &s);
    if (e)
        ts_ema_add(ctx, e, "p", p);
    for (int64_t step = 1; !ctx->status; step++) {
        char name[32];
        snprintf(name, sizeof name, "p.%lld", (long long)step);
        const ts_tensor next = ts_call_optional(call, name);
        if (ts_is_empty(next))
            break;
        if (!ts_same_size(next, p) || next.dtype != p.dtype) {
            ts_fail(ctx, TS_ERROR_SHAPE, "%s: %s has not the sizes of p.0", call->module, name);
            break;
        }
        ts_elements(p.data, next);
        snprintf(name, sizeof name, "average.step%lld", (long long)step);
        if (!ts_ema_step(ctx, e))
            give(ctx, call, name, ts_ema_value(e, 0));
    }
    ts_ema_close(e);
    return ctx->status;
}

static void table_of(ts_ctx *ctx, ts_schedule *s, const json_t *row, const char *module)
{
    const json_t *at = json_object_get(row, "at"), *value = json_object_get(row, "value");
    const size_t n = json_array_size(at);
    if (n > TS_SCHEDULE_POINTS || n != json_array_size(value)) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: at and value must be lists of one length, at most %d",
                module, TS_SCHEDULE_POINTS);
        return;
    }
    s->points = (int)n;
    for (size_t i = 0; i < n; i++) {
        s->at[i] = json_integer_value(json_array_get(at, i));
        s->value[i] = json_number_value(json_array_get(value, i));
        if (!json_is_integer(json_array_get(at, i)) || !json_is_number(json_array_get(value, i)))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: at holds steps, value numbers", module);
    }
}

static ts_schedule schedule_of(ts_ctx *ctx, const json_t *row, const char *module)
{
    ts_schedule s = {
        .base = ts_json_real(ctx, row, module, "base", 1.0),
        .end = ts_json_real(ctx, row, module, "end", 0.0),
        .warmup_from = ts_json_real(ctx, row, module, "warmup_from", 0.0),
        .power = ts_json_real(ctx, row, module, "power", 1.0),
        .cycles = ts_json_real(ctx, row, module, "cycles", 0.5),
        .warmup = ts_json_int(ctx, row, module, "warmup", 0),
        .total = ts_json_int(ctx, row, module, "total", 0),
    };
    const char *kind = ts_json_text(ctx, row, module, "kind", "constant");
    if (!ts_schedule_named(kind, &s.kind))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: no schedule \"%s\"", module, kind);
    table_of(ctx, &s, row, module);
    if (!ctx->status)
        ts_schedule_check(ctx, &s);
    return s;
}

/* The rates of the row's first `steps` steps, in double; the published ones may be coarser. */
static json_t *rates_of(ts_ctx *ctx, const json_t *row, const char *module)
{
    const ts_schedule s = schedule_of(ctx, row, module);
    const int64_t steps = ts_json_int(ctx, row, module, "steps", 0);
    json_t *rates = json_array();
    if (!ctx->status && (steps < 0 || steps > 100000))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: steps must be between 0 and 100000", module);
    for (int64_t i = 0; i < steps && !ctx->status; i++)
        if (json_array_append_new(rates, json_real(ts_schedule_at(&s, i))))
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a schedule");
    json_t *answer = json_object();
    if (json_object_set_new(answer, "truth_rates", rates))
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a schedule");
    return answer;
}

static ts_status run_schedule(ts_ctx *ctx, ts_call *call)
{
    call->answer = json_array();
    for (size_t i = 0; i < json_array_size(call->rows) && !ctx->status; i++) {
        json_t *answer = rates_of(ctx, json_array_get(call->rows, i), call->module);
        if (json_array_append_new(call->answer, answer))
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a schedule");
    }
    return ctx->status;
}

#define MANY "p.* (...); grad.*.* (...)"
#define STEPS "p.*.step* (...)"
#define ADAM "lr betas eps weight_decay"

const ts_module ts_optim_modules[] = {
    {"optim.sgd", MANY, STEPS, "lr momentum dampening weight_decay nesterov lr_inside",
     "gradient descent with momentum, torch's and Keras' forms", run},
    {"optim.lars", "weight (...); grad (...); [momentum_buffer (...)]; or " MANY,
     "weight (...); momentum_buffer (...); trust (); or " STEPS,
     "lr eta weight_decay momentum eps kind exclude nesterov lr_inside clip min_trust max_trust "
     "skip_zero_gradient",
     "layer-wise adaptive rates: kind you, tf, popular or larc", run},
    {"optim.adam", MANY, STEPS, ADAM " amsgrad eps_hat", "Adam with L2 decay", run},
    {"optim.adamw", MANY, STEPS, ADAM " amsgrad eps_hat", "Adam with decay of the weight", run},
    {"optim.lamb", MANY, STEPS,
     ADAM " bias_correction decoupled min_norm max_norm min_trust max_trust max_grad_norm "
          "grad_averaging adapt_without_decay exclude",
     "Adam's direction with a length by each tensor's norms", run},
    {"optim.prodigy", MANY, STEPS "; d.step* (1)",
     ADAM " beta3 d0 d_coef growth_rate safeguard_warmup use_bias_correction decouple slice_p "
          "version",
     "Adam with an estimated step size (prodigyopt)", run},
    {"optim.clip", "gradient.* (...)", "norm (); clipped.* (...)", "max_norm slack",
     "gradients scaled to a norm of all of them together", run_clip},
    {"optim.ema", "p.* (...): the parameter at first and after each step", "average.step* (...)",
     "decay grows update_after_step use_ema_warmup inv_gamma power min_decay",
     "moving average of a parameter", run_ema},
    {"optim.schedule",
     "rows: kind, base, steps, [end, warmup, warmup_from, total, power, cycles, at, value]",
     "rows: truth_rates", "", "learning rates of the first steps", run_schedule},
    {0},
};
