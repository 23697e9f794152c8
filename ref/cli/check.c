/* check.c: golden cases: run (or somebody's output taken) and judged. */
#include "ref/cli/command.h"
#include "ref/cli/judging.h"
#include "ref/cli/messages.h"
#include "ref/cli/setup.h"

#include "ref/io/npy.h"

#include <stdio.h>
#include <string.h>

static const ts_option options[] = {
    {"--output", "FILE", "judge this safetensors file instead of running (or NAME=FILE.npy, often)"},
    {"--partial", NULL, "outputs that --output lacks are not missed"},
    {"--set", "KEY=VALUE", "a setting instead of the case's (sinusoid=f64|f32: angles of times)"},
    TS_HOW_OPTIONS,
    {"--format", "FORMAT", "text (default), json, junit or tap"},
    {"--verbose", NULL, "every tensor, not only those that fail"},
    {0}};

/* What was brought: views of the opened files. */
typedef struct {
    ts_items items;
    ts_safetensors *file;
} brought;

static void brought_close(brought *b)
{
    ts_items_free(&b->items);
    ts_safetensors_close(b->file);
}

static ts_status bring_file(ts_ctx *ctx, brought *b, const char *path)
{
    if (b->file)
        return ts_fail(ctx, TS_ERROR_USAGE, "--output: one safetensors file, or NAME=FILE.npy");
    b->file = ts_safetensors_open(ctx, path);
    for (int64_t i = 0; b->file && i < ts_safetensors_count(b->file) && !ctx->status; i++)
        ts_items_add(ctx, &b->items, ts_safetensors_name(b->file, i),
                     ts_safetensors_tensor(b->file, i));
    return ctx->status;
}

static ts_status bring(ts_ctx *ctx, brought *b, const ts_options *o)
{
    const int times = ts_option_times(o, "--output");
    for (int i = 0; i < times && !ctx->status; i++) {
        const char *word = ts_option_nth(o, "--output", i), *equals = strchr(word, '=');
        const size_t length = strlen(word);
        char name[256];
        if (!equals || length < 4 || strcmp(word + length - 4, ".npy") != 0) {
            bring_file(ctx, b, word);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
        const ts_tensor array = ts_npy_read(ctx, equals + 1);
        ts_items_add(ctx, &b->items, name, array);
    }
    return ctx->status;
}

/* touchstone check PATH --set ... --precision ...: what a shell takes. */
static void repeat_of(ts_report *r, const ts_options *o, const char *path)
{
    ts_words w = {r->repeat, sizeof r->repeat, 0};
    ts_words_add(&w, "touchstone");
    ts_words_add(&w, "check");
    ts_words_add(&w, path);
    for (int i = 0; i < o->given; i++) {
        if (strcmp(o->names[i], "--format") == 0 || strcmp(o->names[i], "--verbose") == 0)
            continue;
        ts_words_add(&w, o->names[i]);
        if (o->values[i])
            ts_words_add(&w, o->values[i]);
    }
}

static int check_one(ts_report *r, const ts_options *o, const char *path, ts_judging how)
{
    ts_ctx ctx;
    ts_case c;
    int code = TS_EXIT_FINE;
    ts_ctx_open_plain(&ctx);
    r->path = path;
    r->sinusoid = r->published_sinusoid = "";
    r->format = ts_format_name(how.format);
    r->backend = how.given ? "" : how.how.table->name;
    repeat_of(r, o, path);
    if (!ts_case_open(&ctx, &c, path) && !ts_setup_settings(&ctx, &how.how, &c.job, o)) {
        snprintf(r->module, sizeof r->module, "%s", c.job.module ? c.job.module : "");
        if (!ts_expect_messages(&ctx, &c, how.given))
            ts_judge_case(r, &c, &how);
        for (int64_t i = 0; i < r->count; i++)
            if (!ts_finding_passed(&r->findings[i]))
                code = TS_EXIT_FAILED;
    }
    if (ctx.status) {
        snprintf(r->error, sizeof r->error, "%s", ctx.message);
        r->status = ctx.status;
    }
    if (*r->error)
        code = r->status == TS_ERROR_INTERRUPTED                    ? TS_EXIT_INTERRUPTED
               : r->status == TS_ERROR_USAGE && ts_setup_blames(o, r->error) ? TS_EXIT_USAGE
                                                                    : TS_EXIT_FAILED;
    ts_case_close(&c);
    ts_ctx_close(&ctx);
    return code;
}

static int check_all(const ts_options *o, ts_report *reports, const ts_judging *how,
                     ts_report_format format)
{
    int worst = TS_EXIT_FINE, failed = 0, done = 0;
    for (; done < o->count && worst < TS_EXIT_INTERRUPTED; done++) {
        const int code = check_one(&reports[done], o, o->arguments[done], *how);
        failed += code != TS_EXIT_FINE;
        worst = code > worst ? code : worst;
        if (format == TS_TEXT) {
            ts_report_text(stdout, &reports[done], ts_option_on(o, "--verbose"));
            fflush(stdout);
        }
    }
    if (format != TS_TEXT)
        ts_report_all(stdout, reports, done, format);
    else if (o->count > 1)
        printf("%d of %d cases passed\n", done - failed, o->count);
    return worst;
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    brought b = {0};
    ts_judging how = {.partial = ts_option_on(o, "--partial")};
    ts_report_format format = TS_TEXT;
    ts_ctx_open_plain(&ctx);
    int code = TS_EXIT_FINE;
    if (o->count == 0)
        ts_fail(&ctx, TS_ERROR_USAGE, "check: which case?");
    else if (ts_option_on(o, "--output") && o->count > 1)
        ts_fail(&ctx, TS_ERROR_USAGE, "check: --output belongs to one case");
    if (!ctx.status && !ts_setup_how(&ctx, &how.how, &how.format, o) &&
        !ts_report_format_from(&ctx, ts_option_text(o, "--format", "text"), &format) &&
        !bring(&ctx, &b, o)) {
        ts_report *reports = ts_alloc_zero((size_t)o->count, sizeof *reports);
        how.given = ts_option_on(o, "--output") ? &b.items : NULL;
        if (!reports)
            ts_fail(&ctx, TS_ERROR_MEMORY, "no memory for %d cases", o->count);
        else
            code = check_all(o, reports, &how, format);
        for (int i = 0; reports && i < o->count; i++)
            ts_report_free(&reports[i]);
        ts_free(reports);
    }
    if (ctx.status)
        code = ts_exit_code(&ctx);
    brought_close(&b);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_check = {
    "check", "CASE... [OPTION]...", "run golden cases, or take somebody's output, and judge",
    "A case is one file: inputs, settings, and what should come out (data/goldens/README.md). It is\n"
    "run in the given precision on the given backend and judged: whole numbers exactly, single\n"
    "operations by their gauge, networks by the error that an honest program makes in that format,\n"
    "runs in f64 to 1e-9. With --output the tensors of that file are judged instead, by their names\n"
    "NAME, out.NAME, trace.NAME or grad.NAME.",
    options, run};
