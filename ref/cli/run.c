/* run.c: one module, from named tensors to named tensors. */
#include "ref/base/judge.h"
#include "ref/cli/command.h"
#include "ref/cli/registry.h"
#include "ref/cli/setup.h"
#include "ref/io/json.h"
#include "ref/ops/dispatch.h"

#include <stdio.h>
#include <string.h>

static const ts_option options[] = {
    {"--list", NULL, "every module (or those of MODULE's word): inputs, outputs, settings"},
    {"--inputs", "FILE", "safetensors: inputs by name, or a case; JSON: rows"},
    {"--checkpoint", "DIR", "weights: a pipeline's folder or one component's"},
    {"--lora", "FILE", "an adapter"},
    {"--set", "KEY=VALUE", "a setting (sinusoid=f64|f32: angles of times)"},
    TS_HOW_OPTIONS,
    {"--out", "FILE", "safetensors: the outputs, with --grads also grad.NAME; JSON: the answers"},
    {"--trace", "FILE", "safetensors: every named intermediate"},
    {"--honest", "FORMAT", "beside them: the error that an honest run in FORMAT makes (often)"},
    {"--grads", NULL, "gradients of the inputs and parameters, for the inputs' cotangent.OUTPUT"},
    {0}};

/* What a file gets: tensors by name, the order of execution, and what the honest errors are. */
typedef struct {
    ts_ctx *ctx; /* of the run: its arena holds what is made here */
    ts_items items;
    json_t *order;
} sheet;

static void put(sheet *s, const char *prefix, const char *name, ts_tensor value)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (ts_items_add(s->ctx, &s->items, full, value) == TS_OK)
        json_array_append_new(s->order, json_string(full));
}

static double *doubles(ts_ctx *ctx, ts_tensor t)
{
    const ts_tensor x = ts_laid_out(ctx, t);
    double *to = ctx->status ? NULL : ts_take(ctx, (size_t)ts_numel(t) * sizeof *to);
    if (to)
        ts_convert(to, TS_F64, x.data, x.dtype, ts_numel(t));
    return to;
}

/* honest.FORMAT.NAME: (||E||, max|E|) of a float tensor. */
static void put_honest(sheet *s, ts_dtype format, const char *prefix, const char *name,
                       ts_tensor truth, const ts_tensor runs[TS_SCHEMES])
{
    static const int64_t two[1] = {2};
    char full[600];
    if (!ts_dtype_is_float(truth.dtype) || s->ctx->status)
        return;
    ts_honest e = {0};
    double *r = doubles(s->ctx, truth);
    ts_tensor pair = ts_new(s->ctx, TS_F64, 1, two);
    for (int i = 0; i < TS_SCHEMES && !s->ctx->status; i++) {
        if (ts_is_empty(runs[i]) || !ts_same_size(truth, runs[i])) {
            ts_fail(s->ctx, TS_ERROR_MISMATCH, "the honest run gives no %s%s", prefix, name);
            return;
        }
        const double *h = doubles(s->ctx, runs[i]);
        if (h)
            e = ts_larger_honest(e, ts_honest_error(h, r, ts_numel(truth)));
    }
    if (s->ctx->status)
        return;
    ((double *)pair.data)[0] = e.norm;
    ((double *)pair.data)[1] = e.max;
    snprintf(full, sizeof full, "honest.%s.%s%s", ts_format_name(format), prefix, name);
    ts_items_add(s->ctx, &s->items, full, pair);
}

/* facts: what the run counted, or NULL. */
static ts_status write_sheet(sheet *s, const char *path, const ts_job *job, ts_dtype format,
                             const json_t *facts)
{
    json_t *metadata = json_object();
    char *order = ts_json_dump(s->ctx, s->order, 0);
    char *counted = facts ? ts_json_dump(s->ctx, facts, 0) : NULL;
    if (counted)
        json_object_set_new(metadata, "touchstone.counted", json_string(counted));
    ts_free(counted);
    json_object_set_new(metadata, "touchstone.order", json_string(order ? order : "[]"));
    json_object_set_new(metadata, "touchstone.precision", json_string(ts_format_name(format)));
    json_object_set_new(metadata, "module", json_string(job->module));
    ts_free(order);
    ts_safetensors_write(s->ctx, path, &s->items, metadata);
    json_decref(metadata);
    return s->ctx->status;
}

static void put_outputs(sheet *s, const ts_ran *ran)
{
    for (int64_t i = 0; i < ran->call.outputs.count; i++)
        put(s, "", ran->call.outputs.items[i].name, ran->call.outputs.items[i].value);
    for (int64_t i = 0; i < ran->grads.count; i++)
        put(s, "grad.", ran->grads.items[i].name, ran->grads.items[i].value);
}

static void put_trace(sheet *s, const ts_ran *ran)
{
    for (int64_t i = 0; ran->trace && i < ts_trace_count(ran->trace); i++)
        put(s, "", ts_trace_name(ran->trace, i), ts_trace_value(ran->trace, i));
}

/* The honest errors are those against the truth: this run, if it is one, or one in f64. */
static void add_honest(sheet *outputs, sheet *traced, ts_ran *truth, ts_ran *honest,
                       ts_dtype format)
{
    for (int64_t i = 0; i < truth->call.outputs.count; i++) {
        const char *name = truth->call.outputs.items[i].name;
        const ts_tensor runs[TS_SCHEMES] = {ts_ran_get(&honest[0], TS_OUTPUT, name),
                                            ts_ran_get(&honest[1], TS_OUTPUT, name)};
        put_honest(outputs, format, "", name, ts_ran_get(truth, TS_OUTPUT, name), runs);
    }
    for (int64_t i = 0; i < truth->grads.count; i++) {
        const char *name = truth->grads.items[i].name;
        const ts_tensor runs[TS_SCHEMES] = {ts_ran_get(&honest[0], TS_GRADIENT, name),
                                            ts_ran_get(&honest[1], TS_GRADIENT, name)};
        put_honest(outputs, format, "grad.", name, ts_ran_get(truth, TS_GRADIENT, name), runs);
    }
    for (int64_t i = 0; traced && truth->trace && i < ts_trace_count(truth->trace); i++) {
        const char *name = ts_trace_name(truth->trace, i);
        const ts_tensor runs[TS_SCHEMES] = {ts_ran_get(&honest[0], TS_TRACE, name),
                                            ts_ran_get(&honest[1], TS_TRACE, name)};
        put_honest(traced, format, "", name, ts_trace_value(truth->trace, i), runs);
    }
}

static ts_status measure(sheet *outputs, sheet *traced, const ts_how *how, const ts_job *job,
                         const ts_options *o)
{
    ts_ctx *ctx = outputs->ctx;
    for (int i = 0; i < ts_option_times(o, "--honest") && !ctx->status; i++) {
        ts_ran truth = {0}, honest[TS_SCHEMES] = {{.trace = NULL}};
        ts_dtype format = TS_F32;
        if (ts_format_from(ctx, ts_option_nth(o, "--honest", i), &format))
            return ctx->status;
        if (format == TS_F64)
            return ts_fail(ctx, TS_ERROR_USAGE, "--honest: f32, bf16 or f16");
        const ts_how exact = ts_how_truth(how);
        if (ts_run(&truth, &exact, job))
            ts_fail(ctx, truth.ctx.status, "the run in f64: %s", truth.ctx.message);
        for (int k = 0; k < TS_SCHEMES && !ctx->status; k++) {
            const ts_how rough = ts_how_honest(how, format, k);
            if (ts_run(&honest[k], &rough, job))
                ts_fail(ctx, honest[k].ctx.status, "the honest run: %s", honest[k].ctx.message);
        }
        if (!ctx->status)
            add_honest(outputs, traced, &truth, honest, format);
        ts_ran_free(&truth);
        for (int k = 0; k < TS_SCHEMES; k++)
            ts_ran_free(&honest[k]);
    }
    return ctx->status;
}

static ts_status write_all(ts_ran *ran, const ts_how *how, ts_dtype format, const ts_job *job,
                           const ts_options *o)
{
    const char *out = ts_option_text(o, "--out", NULL), *trace = ts_option_text(o, "--trace", NULL);
    ts_ctx *ctx = &ran->ctx;
    if (job->rows)
        return ran->call.answer ? ts_json_write(ctx, out, ran->call.answer)
                                : ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s answers no rows",
                                          job->module);
    sheet outputs = {.ctx = ctx, .order = json_array()};
    sheet traced = {.ctx = ctx, .order = json_array()};
    put_outputs(&outputs, ran);
    put_trace(&traced, ran);
    if (!measure(&outputs, trace ? &traced : NULL, how, job, o) &&
        !write_sheet(&outputs, out, job, format, ran->call.facts) && trace)
        write_sheet(&traced, trace, job, format, ran->call.facts);
    ts_items_free(&outputs.items);
    ts_items_free(&traced.items);
    json_decref(outputs.order);
    json_decref(traced.order);
    return ctx->status;
}

/* The command line has the last word about what a case says. */
static ts_status complete(ts_ctx *ctx, ts_job *job, const ts_options *o)
{
    const char *checkpoint = ts_option_text(o, "--checkpoint", NULL);
    const char *lora = ts_option_text(o, "--lora", NULL);
    job->module = o->arguments[0];
    job->grads = job->param_grads = ts_option_on(o, "--grads");
    if (checkpoint) {
        ts_free(job->checkpoint);
        job->checkpoint = ts_strdup(checkpoint);
    }
    if (lora) {
        ts_free(job->lora);
        job->lora = ts_strdup(lora);
    }
    if ((checkpoint && !job->checkpoint) || (lora && !job->lora))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a path");
    return TS_OK;
}

static ts_status run_job(ts_ctx *ctx, const ts_options *o, ts_how *how, ts_dtype format)
{
    const char *path = ts_option_text(o, "--inputs", NULL);
    ts_case c = {0};
    ts_ran ran;
    how->trace = ts_option_on(o, "--trace");
    if ((!path || !ts_case_open(ctx, &c, path)) && !complete(ctx, &c.job, o) &&
        !ts_setup_settings(ctx, how, &c.job, o)) {
        if (!ts_run(&ran, how, &c.job))
            write_all(&ran, how, format, &c.job, o);
        if (ran.ctx.status)
            ts_fail(ctx, ran.ctx.status, "%s", ran.ctx.message);
        ts_ran_free(&ran);
    }
    ts_case_close(&c);
    return ctx->status;
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    ts_how how;
    ts_dtype format;
    const char *out = ts_option_text(o, "--out", NULL), *trace = ts_option_text(o, "--trace", NULL);
    if (ts_option_on(o, "--list")) {
        ts_registry_list(o->count ? o->arguments[0] : NULL);
        return TS_EXIT_FINE;
    }
    ts_ctx_open_plain(&ctx);
    if (o->count != 1)
        ts_fail(&ctx, TS_ERROR_USAGE, "run: one MODULE (run --list names them)");
    else if (!out)
        ts_fail(&ctx, TS_ERROR_USAGE, "run: where to? --out FILE");
    else if (trace && strcmp(out, trace) == 0)
        ts_fail(&ctx, TS_ERROR_USAGE, "run: --out and --trace are one file");
    else if (!ts_setup_how(&ctx, &how, &format, o))
        run_job(&ctx, o, &how, format);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_run = {
    "run", "MODULE --inputs FILE --out FILE [OPTION]...",
    "one module, by the path of its PyTorch module, on named tensors",
    "MODULE is a family and a path in it (flux_text.transformer_blocks.0.attn, vae.decode), an\n"
    "operation (ops.linear) or a function. Inputs have the names of the module's forward. The\n"
    "metadata touchstone.order of what is written lists the names in the order of execution, which\n"
    "`touchstone diff` follows.",
    options, run};
