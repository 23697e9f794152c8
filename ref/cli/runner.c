#include "ref/cli/runner.h"

#include "ref/cli/command.h"
#include "ref/cli/registry.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/tape.h"

#include <stdlib.h>
#include <string.h>

/* Names. --------------------------------------------------------------------------------------- */

static const char *past(const char *text, const char *word)
{
    const size_t n = strlen(word);
    return strncmp(text, word, n) == 0 ? text + n : text;
}

bool ts_same_parameter(const char *a, const char *b)
{
    a = past(a, "transformer.");
    b = past(b, "transformer.");
    for (;;) {
        a = past(past(a, ".base_layer"), ".default");
        b = past(past(b, ".base_layer"), ".default");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

const char *ts_format_name(ts_dtype format)
{
    return format == TS_F64 ? "f64" : format == TS_BF16 ? "bf16" : format == TS_F16 ? "f16" : "f32";
}

ts_status ts_format_from(ts_ctx *ctx, const char *name, ts_dtype *format)
{
    static const ts_dtype all[] = {TS_F64, TS_F32, TS_BF16, TS_F16};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, ts_format_name(all[i])) == 0) {
            *format = all[i];
            return TS_OK;
        }
    return ts_fail(ctx, TS_ERROR_USAGE, "unknown precision \"%s\": f64, f32, bf16 or f16", name);
}

/* How. ----------------------------------------------------------------------------------------- */

ts_status ts_how_from(ts_ctx *ctx, ts_how *how, ts_dtype *format, const char *precision,
                      const char *backend, int64_t threads)
{
    *how = (ts_how){.table = ts_table_named(backend), .threads = (int)threads};
    if (ts_format_from(ctx, precision, format))
        return ctx->status;
    if (!how->table)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "this build has no backend \"%s\" (`touchstone info` lists them)", backend);
    how->compute = *format == TS_F64 ? TS_F64 : TS_F32;
    how->round = *format == TS_BF16 || *format == TS_F16 ? *format : TS_NONE;
    return TS_OK;
}

ts_how ts_how_truth(const ts_how *how)
{
    ts_how truth = *how;
    truth.table = &ts_table_fast;
    truth.compute = TS_F64;
    truth.round = TS_NONE;
    return truth;
}

ts_honest ts_larger_honest(ts_honest a, ts_honest b)
{
    return (ts_honest){a.norm > b.norm ? a.norm : b.norm, a.max > b.max ? a.max : b.max};
}

ts_how ts_how_honest(const ts_how *how, ts_dtype format, int scheme)
{
    ts_how honest = *how;
    honest.table = scheme ? &ts_table_paired : &ts_table_honest;
    honest.compute = TS_F32;
    honest.round = format == TS_BF16 || format == TS_F16 ? format : TS_NONE;
    honest.gauges = false;
    return honest;
}

/* Running. ------------------------------------------------------------------------------------- */

/* Floats in the context's storage, rounded once to its format; integers as they are. */
static ts_tensor entered(ts_ctx *ctx, ts_tensor t)
{
    if (!ts_dtype_is_float(t.dtype))
        return t;
    ts_tensor x = ts_new(ctx, ctx->compute, t.rank, t.size);
    if (ctx->status)
        return x;
    ts_convert(x.data, x.dtype, t.data, t.dtype, ts_numel(t));
    if (ctx->round != TS_NONE)
        ts_round_to(x.data, x.dtype, ctx->round, ts_numel(t));
    return x;
}

static ts_status prepare(ts_ran *ran, const ts_job *job)
{
    ts_ctx *ctx = &ran->ctx;
    ts_call *call = &ran->call;
    call->settings = job->settings;
    call->rows = job->rows;
    call->given = &job->inputs;
    call->checkpoint = job->checkpoint;
    call->lora = job->lora;
    call->wanted = job->wanted;
    call->wanted_count = job->wanted_count;
    call->want_param_grads = job->param_grads;
    for (int64_t i = 0; i < job->inputs.count && !ctx->status; i++) {
        const ts_item *item = &job->inputs.items[i];
        ts_tensor x = entered(ctx, item->value);
        if (job->grads && ts_dtype_is_float(x.dtype) && !ctx->status)
            ts_want_grad(ctx, &x, item->name);
        ts_items_add(ctx, &call->inputs, item->name, x);
    }
    if (job->params.count && !ctx->status) {
        ran->params = ts_weights_new(ctx, "param.*");
        for (int64_t i = 0; i < job->params.count && !ctx->status; i++)
            ts_weights_add(ctx, ran->params, job->params.items[i].name, job->params.items[i].value);
        call->params = ran->params;
    }
    return ctx->status;
}

/* An output by its name. The results of a PyTorch module have no names there: a number stands for
 * the output of that place, "output" for the first. */
static ts_tensor output_named(const ts_items *outputs, const char *name)
{
    ts_tensor t = ts_items_get(outputs, name);
    char *end;
    const long place = strcmp(name, "output") == 0 ? 0 : strtol(name, &end, 10);
    const bool numbered = strcmp(name, "output") == 0 || (*name >= '0' && *name <= '9' && !*end);
    return ts_is_empty(t) && numbered && place < outputs->count ? outputs->items[place].value : t;
}

/* "cotangent" is the only output's, "cotangent.NAME" that of the output NAME. */
static ts_status seed(ts_ran *ran, const ts_job *job)
{
    ts_ctx *ctx = &ran->ctx;
    const ts_items *outputs = &ran->call.outputs;
    for (int64_t i = 0; i < job->cotangents.count && !ctx->status; i++) {
        const char *name = job->cotangents.items[i].name;
        const char *of = name[9] == '.' ? name + 10 : outputs->count == 1 ? outputs->items[0].name
                                                                          : "";
        const ts_tensor y = output_named(outputs, of);
        if (ts_is_empty(y))
            return ts_fail(ctx, TS_ERROR_USAGE, "%s: %s has no output to belong to", job->module,
                           name);
        ts_tensor dy = job->cotangents.items[i].value;
        if (!ts_same_size(y, dy))
            return ts_fail(ctx, TS_ERROR_SHAPE, "%s: %s has not the sizes of its output",
                           job->module, name);
        dy = entered(ctx, dy);
        if (!ctx->status)
            ts_seed_grad(ctx, y, dy);
    }
    return ctx->status;
}

static void add_weights(ts_ran *ran, const ts_weights *w)
{
    for (int64_t i = 0; w && i < ts_weights_grad_count(w) && !ran->ctx.status; i++) {
        const char *name;
        const ts_tensor g = ts_weights_grad(w, i, &name);
        if (!ts_is_empty(g) && ts_is_empty(ts_items_get(&ran->grads, name)))
            ts_items_add(&ran->ctx, &ran->grads, name, g);
    }
}

static ts_status backward(ts_ran *ran, const ts_job *job)
{
    ts_ctx *ctx = &ran->ctx;
    if (job->cotangents.count == 0)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%s: gradients need cotangents (cotangent, or cotangent.OUTPUT)",
                       job->module);
    if (seed(ran, job) || ts_tape_backward(ctx))
        return ctx->status;
    for (int64_t i = 0; i < ran->call.inputs.count && !ctx->status; i++) {
        const ts_item *item = &ran->call.inputs.items[i];
        if (item->value.grad && !ts_is_empty(item->value.grad->value))
            ts_items_add(ctx, &ran->grads, item->name, item->value.grad->value);
    }
    if (job->param_grads) {
        add_weights(ran, ran->params);
        for (size_t i = 0; i < sizeof ran->call.opened / sizeof *ran->call.opened; i++)
            add_weights(ran, ran->call.opened[i]);
    }
    return ctx->status;
}

ts_status ts_run(ts_ran *ran, const ts_how *how, const ts_job *job)
{
    ts_ctx *ctx = &ran->ctx;
    memset(ran, 0, sizeof *ran);
    ts_ctx_open(ctx, how->table, how->compute, how->threads);
    ctx->round = how->round;
    ctx->sinusoid_f32 = how->sinusoid_f32;
    ctx->gauges = how->gauges;
    ctx->progress.stop = ts_stop_flag();
    if (how->trace && !(ctx->trace = ran->trace = ts_trace_new()))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a trace");
    if (!job->module)
        return ts_fail(ctx, TS_ERROR_FORMAT, "the file names no module");
    const ts_module *module = ts_registry_find(ctx, job->module, &ran->call);
    if (!module || ts_registry_check_settings(ctx, module, job->module, job->settings) ||
        prepare(ran, job))
        return ctx->status;
    const ts_status status = module->run(ctx, &ran->call);
    if (!ctx->status && status)
        ts_fail(ctx, status, "%s failed without a reason", job->module);
    if (!ctx->status && job->grads)
        backward(ran, job);
    return ctx->status;
}

void ts_ran_free(ts_ran *ran)
{
    ts_items_free(&ran->grads);
    ts_call_free(&ran->call);
    ts_weights_close(ran->params);
    ts_trace_free(ran->trace);
    ts_ctx_close(&ran->ctx);
    memset(ran, 0, sizeof *ran);
}

static ts_tensor gradient_of(const ts_ran *ran, const char *name)
{
    ts_tensor t = ts_items_get(&ran->grads, name);
    for (int64_t i = 0; i < ran->grads.count && ts_is_empty(t); i++)
        if (ts_same_parameter(ran->grads.items[i].name, name))
            t = ran->grads.items[i].value;
    return t;
}

/* Some versions of a PyTorch module return x, others (x,): "M.output" and "M.output.0" are one. */
static ts_tensor traced(const ts_trace *trace, const char *name)
{
    const size_t length = strlen(name);
    const bool first = length > 2 && strcmp(name + length - 2, ".0") == 0;
    ts_tensor near = {0};
    for (int64_t i = 0; trace && i < ts_trace_count(trace); i++) {
        const char *other = ts_trace_name(trace, i);
        const size_t n = strlen(other);
        if (strcmp(other, name) == 0)
            return ts_trace_value(trace, i);
        if (first ? n + 2 == length && strncmp(other, name, n) == 0
                  : n == length + 2 && strncmp(other, name, length) == 0 &&
                        strcmp(other + length, ".0") == 0)
            near = ts_trace_value(trace, i);
    }
    return near;
}

ts_tensor ts_ran_get(ts_ran *ran, ts_kind kind, const char *name)
{
    ts_tensor t = {0};
    if (kind == TS_OUTPUT)
        t = output_named(&ran->call.outputs, name);
    else if (kind == TS_GRADIENT)
        t = gradient_of(ran, name);
    else
        t = traced(ran->trace, name);
    return ts_laid_out(&ran->ctx, t);
}
