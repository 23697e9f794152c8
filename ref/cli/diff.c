/* diff.c: two files of tensors, name by name, in the order of execution. */
#include "ref/base/judge.h"
#include "ref/cli/command.h"
#include "ref/cli/report.h"
#include "ref/cli/setup.h"
#include "ref/io/json.h"

#include <math.h>
#include <string.h>

static const ts_option options[] = {
    {"--precision", "FORMAT", "the format of MINE: f32 (default, or its narrow type), bf16, f16, f64"},
    {"--rtol", "X", "a tolerance of your own: |y - r| <= atol + rtol |r|"},
    {"--atol", "X", "see --rtol"},
    {"--partial", NULL, "names that MINE lacks are not missed"},
    {"--all", NULL, "a line for every tensor, not only those outside"},
    {0}};

typedef struct {
    ts_safetensors *truth, *mine;
    const char *truth_path;
    ts_dtype format;
    bool stated; /* --rtol or --atol */
    double rtol, atol;
    int64_t outside, missing, extra, judged;
    double worst;
    bool all;
} comparison;

/* The value of that name, or of what a case calls it. */
static ts_tensor find(const ts_safetensors *file, const char *name)
{
    static const char *const prefix[] = {"", "out.", "trace."};
    char full[600];
    ts_tensor t = {0};
    for (int i = 0; i < 3 && ts_is_empty(t); i++) {
        snprintf(full, sizeof full, "%s%s", prefix[i], name);
        t = ts_safetensors_get(file, full);
    }
    return t;
}

/* (||E||, max|E|) beside the truth: false when the truth has none for the format. */
static bool honest_of(const comparison *c, const char *name, ts_honest *e)
{
    char full[600];
    snprintf(full, sizeof full, "honest.%s.%s", ts_format_name(c->format), name);
    const ts_tensor t = ts_safetensors_get(c->truth, full);
    if (ts_is_empty(t) || ts_numel(t) != 2)
        return false;
    *e = (ts_honest){ts_load(t.data, t.dtype, 0), ts_load(t.data, t.dtype, 1)};
    return true;
}

static ts_status judge(ts_ctx *ctx, const comparison *c, const char *name, ts_tensor r, ts_tensor y,
                       ts_verdict *v)
{
    const int64_t n = ts_numel(r);
    ts_honest e = {0};
    if (!ts_dtype_is_float(r.dtype)) {
        *v = ts_judge_exact(y.data, y.dtype, r.data, r.dtype, n);
        return TS_OK;
    }
    if (!c->stated && c->format != TS_F64 && !honest_of(c, name, &e))
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "%s holds no honest error of %s in %s: make it with `touchstone run ... "
                       "--precision f64 --honest %s`, or state --rtol and --atol",
                       c->truth_path, name, ts_format_name(c->format), ts_format_name(c->format));
    double *a = ts_alloc(((size_t)n + 1) * sizeof *a), *b = ts_alloc(((size_t)n + 1) * sizeof *b);
    if (!a || !b) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld numbers", (long long)n);
    } else {
        ts_convert(a, TS_F64, y.data, y.dtype, n);
        ts_convert(b, TS_F64, r.data, r.dtype, n);
        *v = c->stated              ? ts_judge_within(a, b, n, c->rtol, c->atol, c->format)
             : c->format == TS_F64 ? ts_judge_double(a, b, n)
                                    : ts_judge_path(a, b, n, e, c->format);
        if (strncmp(name, "grad.", 5) != 0)
            ts_judge_trust(v, a, b, n);
    }
    ts_free(a);
    ts_free(b);
    return ctx->status;
}

static void tell(comparison *c, const char *name, ts_tensor r, const ts_verdict *v)
{
    char place[128];
    c->judged++;
    c->worst = fmax(c->worst, v->ratio);
    if (!v->pass && c->outside++ == 0)
        printf("first divergence: %s\n", name);
    if (v->pass && !c->all)
        return;
    printf("%s %s  ratio %.3g  max abs %.3g  max rel %.3g  ulp %.3g  cosine %.9f",
           v->pass ? "ok     " : "OUTSIDE", name, v->ratio, v->max_abs, v->max_rel, v->ulp,
           v->cosine);
    if (!v->pass)
        printf("  %s", v->reason);
    if (!v->pass && v->where >= 0)
        printf(" at %s: %.9g, truth %.9g",
               ts_place_text(place, sizeof place, r.rank, r.size, v->where), v->got, v->want);
    putchar('\n');
}

static bool is_honest(const char *name)
{
    return strncmp(name, "honest.", 7) == 0;
}

static ts_status compare(ts_ctx *ctx, comparison *c, const char *name, bool partial)
{
    char a[TS_SHAPE_TEXT], b[TS_SHAPE_TEXT];
    const ts_tensor r = ts_safetensors_get(c->truth, name), y = find(c->mine, name);
    ts_verdict v = {.reason = "", .where = -1};
    if (ts_is_empty(r))
        return TS_OK; /* the order may name what a user left out of the file */
    if (ts_is_empty(y)) {
        c->missing += !partial;
        printf("%s %s\n", partial ? "left   " : "MISSING", name);
        return TS_OK;
    }
    if (!ts_same_size(r, y)) {
        c->judged++;
        if (c->outside++ == 0)
            printf("first divergence: %s\n", name);
        printf("OUTSIDE %s  %s where %s is expected\n", name, ts_shape_text(a, y),
               ts_shape_text(b, r));
        return TS_OK;
    }
    if (!judge(ctx, c, name, r, y, &v))
        tell(c, name, r, &v);
    return ctx->status;
}

/* In the order of execution where the truth has it, then the rest as the file has it. */
static ts_status compare_all(ts_ctx *ctx, comparison *c, bool partial)
{
    const char *text = ts_safetensors_metadata(c->truth, "touchstone.order");
    json_t *order = text ? ts_json_parse(ctx, text, (int64_t)strlen(text), c->truth_path, 0) : NULL;
    json_t *done = json_object();
    for (size_t i = 0; i < json_array_size(order) && !ctx->status; i++) {
        const char *name = json_string_value(json_array_get(order, i));
        if (!name || json_object_get(done, name))
            continue;
        json_object_set_new(done, name, json_true());
        compare(ctx, c, name, partial);
    }
    for (int64_t i = 0; i < ts_safetensors_count(c->truth) && !ctx->status; i++) {
        const char *name = ts_safetensors_name(c->truth, i);
        if (!is_honest(name) && !json_object_get(done, name))
            compare(ctx, c, name, partial);
    }
    json_decref(order);
    json_decref(done);
    return ctx->status;
}

static void list_extra(comparison *c)
{
    for (int64_t i = 0; i < ts_safetensors_count(c->mine); i++) {
        const char *name = ts_safetensors_name(c->mine, i), *bare = name;
        if (strncmp(name, "out.", 4) == 0)
            bare = name + 4;
        else if (strncmp(name, "trace.", 6) == 0)
            bare = name + 6;
        if (is_honest(name) || !ts_is_empty(ts_safetensors_get(c->truth, name)) ||
            !ts_is_empty(ts_safetensors_get(c->truth, bare)))
            continue;
        printf("extra   %s\n", name);
        c->extra++;
    }
}

static void repeat(const ts_options *o)
{
    char text[2048] = "";
    ts_words w = {text, sizeof text, 0};
    ts_words_add(&w, "touchstone");
    ts_words_add(&w, "diff");
    for (int i = 0; i < o->argc; i++)
        ts_words_add(&w, o->argv[i]);
    printf("; repeat: %s", text);
}

static int verdict(const comparison *c, const ts_options *o)
{
    const bool failed = c->outside || c->missing || !c->judged;
    printf("%s: %lld compared, %lld outside, %lld missing, %lld extra, worst ratio %.3g",
           failed ? "FAILED" : "OK", (long long)c->judged, (long long)c->outside,
           (long long)c->missing, (long long)c->extra, c->worst);
    if (c->stated)
        printf(" (stated tolerance rtol %g, atol %g: not judged by the law)", c->rtol, c->atol);
    if (failed)
        repeat(o);
    putchar('\n');
    return failed ? TS_EXIT_FAILED : TS_EXIT_FINE;
}

/* Without --precision: what the file's floats are, when they are narrow. */
static ts_dtype format_of(const ts_safetensors *mine)
{
    for (int64_t i = 0; i < ts_safetensors_count(mine); i++) {
        const ts_dtype d = ts_safetensors_tensor(mine, i).dtype;
        if (d == TS_BF16 || d == TS_F16)
            return d;
    }
    return TS_F32;
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    comparison c = {.all = ts_option_on(o, "--all")};
    const char *precision = ts_option_text(o, "--precision", NULL);
    int code = TS_EXIT_FINE;
    ts_ctx_open_plain(&ctx);
    c.stated = ts_option_on(o, "--rtol") || ts_option_on(o, "--atol");
    c.rtol = ts_option_real(&ctx, o, "--rtol", 0.0, 0.0, 1e300);
    c.atol = ts_option_real(&ctx, o, "--atol", 0.0, 0.0, 1e300);
    if (precision)
        ts_format_from(&ctx, precision, &c.format);
    if (o->count != 2)
        ts_fail(&ctx, TS_ERROR_USAGE, "diff: two files, TRUTH and MINE");
    if (!ctx.status) {
        c.truth_path = o->arguments[0];
        c.truth = ts_safetensors_open(&ctx, o->arguments[0]);
        c.mine = ctx.status ? NULL : ts_safetensors_open(&ctx, o->arguments[1]);
    }
    if (c.mine) {
        c.format = precision ? c.format : format_of(c.mine);
        if (!compare_all(&ctx, &c, ts_option_on(o, "--partial"))) {
            list_extra(&c);
            code = verdict(&c, o);
        }
    }
    if (ctx.status)
        code = ts_exit_code(&ctx);
    ts_safetensors_close(c.truth);
    ts_safetensors_close(c.mine);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_diff = {
    "diff", "TRUTH MINE [OPTION]...", "two files of tensors: where do they first differ too much?",
    "TRUTH is written by `touchstone run ... --precision f64 --honest FORMAT --out TRUTH` (or\n"
    "--trace TRUTH, for every intermediate): beside each tensor stands the error that an honest\n"
    "program makes in FORMAT, and MINE is held to that. MINE holds tensors of the same names. Exit\n"
    "code 1 when something is outside or missing.",
    options, run};
