#include "ref/cli/judging.h"

#include "ref/cli/answers.h"
#include "ref/cli/classes.h"
#include "ref/cli/reviewing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Runs are made when they are first asked for. [0]: angles in double, [1]: in float32. */
typedef struct {
    const ts_case *c;
    const ts_judging *how;
    ts_report *report;
    ts_ctx ctx; /* for judging itself */
    /* honest: [sinusoid][0: the format's, 1: float32][scheme] */
    ts_ran mine, own[2], honest[2][2][TS_SCHEMES];
    bool own_made[2], honest_made[2][2][TS_SCHEMES];
    bool gauges; /* own runs carry gauges */
    bool traces;
} judgement;

/* Runs. ---------------------------------------------------------------------------------------- */

static ts_status failed(judgement *j, const ts_ran *ran, const char *what)
{
    return ts_fail(&j->ctx, ran->ctx.status, "%s%s", what, ran->ctx.message);
}

/* The truth of ours; with gauges if every operation on the way has one. */
static ts_ran *own(judgement *j, int s)
{
    ts_ran *ran = &j->own[s];
    ts_how how = ts_how_truth(&j->how->how);
    how.sinusoid_f32 = s == 1;
    how.trace = j->traces;
    how.gauges = j->gauges;
    if (!j->own_made[s]) {
        j->own_made[s] = true;
        if (ts_run(ran, &how, &j->c->job) == TS_ERROR_UNSUPPORTED && how.gauges) {
            ts_ran_free(ran);
            how.gauges = j->gauges = false;
            ts_run(ran, &how, &j->c->job);
        }
    }
    if (ran->ctx.status)
        failed(j, ran, "the run in f64: ");
    return ran->ctx.status ? NULL : ran;
}

static ts_ran *honest(judgement *j, int s, ts_dtype format, int scheme)
{
    const int slot = format == TS_F32 || format == TS_F64;
    ts_ran *ran = &j->honest[s][slot][scheme];
    ts_how how = ts_how_honest(&j->how->how, format, scheme);
    how.sinusoid_f32 = s == 1;
    how.trace = j->traces;
    if (!j->honest_made[s][slot][scheme]) {
        j->honest_made[s][slot][scheme] = true;
        ts_run(ran, &how, &j->c->job);
    }
    if (ran->ctx.status)
        failed(j, ran, "the honest run: ");
    return ran->ctx.status ? NULL : ran;
}

/* Numbers. ------------------------------------------------------------------------------------- */

static double *doubles(judgement *j, ts_tensor t)
{
    const int64_t n = ts_numel(t);
    double *x = ts_alloc(((size_t)n + 1) * sizeof *x);
    if (!x)
        ts_fail(&j->ctx, TS_ERROR_MEMORY, "no memory for %lld numbers", (long long)n);
    else
        ts_convert(x, TS_F64, t.data, t.dtype, n);
    return x;
}

/* ||E|| and max|E| of a value in one scheme: honest run against our own truth of the same angles. */
static ts_status scheme_error(judgement *j, const ts_target *t, int s, ts_dtype format, int scheme,
                              ts_honest *e)
{
    ts_ran *truth = own(j, s), *run = truth ? honest(j, s, format, scheme) : NULL;
    if (!run)
        return j->ctx.status;
    const ts_tensor r = ts_ran_get(truth, t->kind, t->name);
    const ts_tensor h = ts_ran_get(run, t->kind, t->name);
    if (ts_is_empty(r) || ts_is_empty(h) || !ts_same_size(r, h))
        return ts_fail(&j->ctx, TS_ERROR_MISMATCH, "%s gives no %s %s", j->c->job.module,
                       ts_kind_name(t->kind), t->name);
    double *a = doubles(j, h), *b = doubles(j, r);
    if (a && b)
        *e = ts_honest_error(a, b, ts_numel(r));
    ts_free(a);
    ts_free(b);
    return j->ctx.status;
}

/* The larger of both schemes': one alone may be small by luck. */
static ts_status honest_error(judgement *j, const ts_target *t, int s, ts_dtype format,
                              ts_honest *e)
{
    *e = (ts_honest){0};
    for (int scheme = 0; scheme < TS_SCHEMES && !j->ctx.status; scheme++) {
        ts_honest one = {0};
        scheme_error(j, t, s, format, scheme, &one);
        *e = ts_larger_honest(*e, one);
    }
    return j->ctx.status;
}

static ts_tensor stored_truth(const ts_target *t, int s)
{
    return s == 1 ? t->truth_sin32 : t->truth;
}

/* Does our own run in f64 give what the case holds true? */
static bool own_is_true(judgement *j, const ts_target *t)
{
    ts_ran *ran = own(j, 0);
    const ts_tensor r = ran ? ts_ran_get(ran, t->kind, t->name) : (ts_tensor){0};
    bool holds = false;
    if (ts_is_empty(r) || !ts_same_size(r, t->truth))
        return false;
    double *a = doubles(j, r), *b = doubles(j, t->truth);
    if (a && b)
        holds = ts_judge_double(a, b, ts_numel(r)).pass;
    ts_free(a);
    ts_free(b);
    return holds;
}

/* The truth for angles s, contiguous, and where it is from. A case may hold the truth with angles
 * in double alone: then our own run stands in for the other one, but only if with angles in double
 * it meets the case. A program must not be its own judge. */
static ts_tensor truth_of(judgement *j, const ts_target *t, int s, const char **from)
{
    *from = "case";
    if (!ts_is_empty(stored_truth(t, s)))
        return stored_truth(t, s);
    if (s == 1 && !ts_is_empty(t->truth) && !own_is_true(j, t))
        return t->truth;
    *from = "own f64 run";
    ts_ran *ran = own(j, s);
    const ts_tensor r = ran ? ts_ran_get(ran, t->kind, t->name) : (ts_tensor){0};
    if (ran && ts_is_empty(r))
        ts_fail(&j->ctx, TS_ERROR_MISMATCH, "%s gives no %s %s", j->c->job.module,
                ts_kind_name(t->kind), t->name);
    return r;
}

/* Laws. ---------------------------------------------------------------------------------------- */

/* Equal bytes, or bytes that a value within the path bound of the truth gives. */
static ts_verdict judge_bytes(judgement *j, const ts_target *t, ts_tensor y, int s,
                              const char **from)
{
    const int64_t n = ts_numel(y);
    const ts_tensor want = ts_is_empty(t->published) ? t->truth : t->published;
    const ts_target *picture = ts_picture_of(j->c, t);
    ts_verdict v = ts_judge_exact(y.data, y.dtype, want.data, want.dtype, n);
    ts_honest e = {0};
    *from = "published";
    if (v.pass || !picture || y.dtype != TS_U8)
        return v;
    const ts_dtype format = j->how->format == TS_F64 ? TS_F32 : j->how->format;
    const ts_tensor r = truth_of(j, picture, s, from);
    if (j->ctx.status || honest_error(j, picture, s, format, &e))
        return v;
    double *x = doubles(j, r);
    if (x)
        v = ts_judge_picture(y.data, x, r.size[1], r.size[2], r.size[3], 8.0 * e.max);
    ts_free(x);
    return v;
}

static const double *gauge_of(judgement *j, const ts_target *t, int s, double *terms)
{
    ts_ran *ran = own(j, s);
    *terms = ran ? ran->ctx.gauge_terms : 0.0;
    return ran ? ts_ran_get(ran, t->kind, t->name).gauge : NULL;
}

static ts_verdict judge_floats(judgement *j, const ts_target *t, ts_tensor y, ts_dtype format,
                               int s, const char **from)
{
    const ts_class class = ts_class_of(j->c, t);
    const int64_t n = ts_numel(y);
    ts_verdict v = {.reason = "could not be judged", .where = -1};
    const ts_tensor r = class == TS_CLASS_WITHIN ? t->published : truth_of(j, t, s, from);
    ts_honest e;
    double terms = 0.0;
    double *a = j->ctx.status ? NULL : doubles(j, y), *b = a ? doubles(j, r) : NULL;
    if (!a || !b) {
        ts_free(a);
        return v;
    }
    const double *gauge = class == TS_CLASS_ROUNDED && format == TS_F32
                              ? gauge_of(j, t, s, &terms) : NULL;
    if (class == TS_CLASS_WITHIN)
        v = ts_judge_within(a, b, n, 0.0, 2e-6, format);
    else if (format == TS_F64)
        v = ts_judge_double(a, b, n);
    else if (gauge)
        v = ts_judge_rounded(a, b, gauge, n, terms, TS_F32, TS_F32);
    else if (!honest_error(j, t, s, format, &e))
        v = ts_judge_path(a, b, n, e, format);
    if (t->kind == TS_OUTPUT)
        ts_judge_trust(&v, a, b, n);
    ts_free(a);
    ts_free(b);
    return v;
}

static ts_verdict judge(judgement *j, const ts_target *t, ts_tensor y, ts_dtype format, int s,
                        const char **from)
{
    return ts_class_of(j->c, t) == TS_CLASS_EXACT ? judge_bytes(j, t, y, s, from)
                                                  : judge_floats(j, t, y, format, s, from);
}

/* Targets. ------------------------------------------------------------------------------------- */

/* The value under test: of somebody's file under its name with or without prefix, or of our run. */
static ts_tensor mine_of(judgement *j, const ts_target *t)
{
    static const char *const prefix[] = {"out.", "trace.", "grad."};
    char name[512];
    if (!j->how->given)
        return ts_ran_get(&j->mine, t->kind, t->name);
    snprintf(name, sizeof name, "%s%s", prefix[t->kind], t->name);
    const ts_tensor y = ts_items_get(j->how->given, name);
    return ts_is_empty(y) ? ts_items_get(j->how->given, t->name) : y;
}

static bool same_shape(judgement *j, ts_finding *f, const ts_target *t, ts_tensor y)
{
    char got[TS_SHAPE_TEXT], want[TS_SHAPE_TEXT];
    ts_tensor like = ts_is_empty(t->published) ? t->truth : t->published;
    if (ts_is_empty(like)) /* nothing stored: as our own run has it */
        like = truth_of(j, t, 0, &f->truth);
    f->rank = y.rank;
    for (int i = 0; i < y.rank; i++)
        f->size[i] = y.size[i];
    if (ts_is_empty(like) || ts_same_size(y, like))
        return true;
    snprintf(f->note, sizeof f->note, "%s where %s is expected", ts_shape_text(got, y),
             ts_shape_text(want, like));
    return false;
}

/* What someone brings in a narrow type is judged by it. */
static ts_dtype format_of(const judgement *j, ts_tensor y)
{
    const bool narrow = y.dtype == TS_BF16 || y.dtype == TS_F16;
    return j->how->given && narrow && j->how->format == TS_F32 ? y.dtype : j->how->format;
}

/* Finding i of the report for target i, under the truth with angles s. */
static void judge_target(judgement *j, int64_t i, int s, bool with_published)
{
    const ts_target *t = &j->c->targets[i];
    ts_finding *f = &j->report->findings[i];
    const ts_tensor y = mine_of(j, t);
    f->note[0] = '\0';
    f->mine = (ts_verdict){.reason = "", .where = -1};
    if (ts_is_empty(y)) {
        /* Nothing flowed: a gradient of zeros. Outputs that were brought may leave the rest out. */
        const bool excused = j->how->given && (t->kind != TS_OUTPUT || j->how->partial);
        f->mine.pass = excused;
        f->mine.ratio = excused ? 0.0 : (double)INFINITY;
        snprintf(f->note, sizeof f->note, "%s", excused ? "not given" : "missing");
    } else if (same_shape(j, f, t, y)) {
        f->mine = judge(j, t, y, format_of(j, y), s, &f->truth);
    }
    if (with_published && !ts_is_empty(t->published) && ts_class_of(j->c, t) != TS_CLASS_EXACT) {
        const bool exact_run = j->how->format == TS_F64 || j->how->given;
        f->has_published = true;
        f->published = judge(j, t, t->published, exact_run ? TS_F32 : j->how->format, s,
                             &f->truth);
    }
}

static int64_t count_failures(const judgement *j, bool published)
{
    int64_t failures = 0;
    for (int64_t i = 0; i < j->c->count; i++) {
        const ts_finding *f = &j->report->findings[i];
        failures += published ? f->has_published && !f->published.pass : !f->mine.pass;
    }
    return failures;
}

static bool has_two_truths(const judgement *j)
{
    for (int64_t i = 0; i < j->c->count; i++)
        if (ts_class_of(j->c, &j->c->targets[i]) != TS_CLASS_EXACT ||
            ts_picture_of(j->c, &j->c->targets[i]))
            return true;
    return false;
}

/* Each of the two, ours and the published one, holds against one truth as a whole. */
static void judge_targets(judgement *j)
{
    ts_report *r = j->report;
    static const char *const names[] = {"f64", "f32"};
    for (int64_t i = 0; i < j->c->count; i++)
        judge_target(j, i, 0, true);
    const int64_t mine = count_failures(j, false), published = count_failures(j, true);
    if (j->ctx.status || (!mine && !published) || !has_two_truths(j))
        return;
    ts_finding *first = ts_alloc(((size_t)r->count + 1) * sizeof *first);
    if (!first) {
        ts_fail(&j->ctx, TS_ERROR_MEMORY, "no memory for %lld findings", (long long)r->count);
        return;
    }
    memcpy(first, r->findings, (size_t)r->count * sizeof *first);
    for (int64_t i = 0; i < j->c->count && !j->ctx.status; i++)
        judge_target(j, i, 1, true);
    const bool keep = mine <= count_failures(j, false);
    const bool keep_published = published <= count_failures(j, true);
    for (int64_t i = 0; i < r->count; i++) {
        ts_finding *f = &r->findings[i];
        const ts_verdict other = f->published;
        if (keep)
            *f = first[i];
        f->published = keep_published ? first[i].published : other;
    }
    ts_free(first);
    r->sinusoid = names[!keep];
    r->published_sinusoid = names[!keep_published];
}

/* Gradients that the case says are zero are absent, or zeros. */
static void judge_zeros(judgement *j)
{
    const json_t *list = json_object_get(j->c->job.settings, "zero_gradients"), *name;
    size_t i;
    json_array_foreach(list, i, name)
    {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        const ts_target t = {.kind = TS_GRADIENT, .name = text};
        const ts_tensor g = mine_of(j, &t);
        ts_finding *f = ts_report_add(&j->ctx, j->report, "gradient", text);
        if (!f)
            return;
        f->mine.pass = true;
        f->mine.law = TS_CLASS_EXACT;
        f->truth = "case";
        for (int64_t k = 0; !ts_is_empty(g) && k < ts_numel(g); k++)
            if (ts_load(g.data, g.dtype, k) != 0.0)
                f->mine.pass = false;
        snprintf(f->note, sizeof f->note, "%s",
                 f->mine.pass ? "zero, as it must be" : "must be zero: nothing flows there");
    }
}

/* Order. --------------------------------------------------------------------------------------- */

static int order_of(const ts_ran *ran, const ts_finding *f)
{
    const int64_t traced = ran->trace ? ts_trace_count(ran->trace) : 0;
    if (strcmp(f->kind, "trace") == 0)
        for (int64_t i = 0; i < traced; i++)
            if (strcmp(ts_trace_name(ran->trace, i), f->name) == 0)
                return (int)i;
    for (int64_t i = 0; i < ran->call.outputs.count; i++)
        if (strcmp(ran->call.outputs.items[i].name, f->name) == 0)
            return (int)(traced + i);
    return 1 << 30;
}

static int by_order(const void *a, const void *b)
{
    const ts_finding *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->name, y->name);
}

static void put_in_order(judgement *j)
{
    const ts_ran *ran = !j->how->given ? &j->mine : j->own_made[0] ? &j->own[0] : NULL;
    for (int64_t i = 0; i < j->report->count; i++)
        j->report->findings[i].order = ran ? order_of(ran, &j->report->findings[i]) : (int)i;
    qsort(j->report->findings, (size_t)j->report->count, sizeof *j->report->findings, by_order);
}

/* The whole. ----------------------------------------------------------------------------------- */

static void prepare(judgement *j)
{
    for (int64_t i = 0; i < j->c->count; i++) {
        const ts_target *t = &j->c->targets[i];
        j->gauges |= ts_class_of(j->c, t) == TS_CLASS_ROUNDED;
        j->traces |= t->kind == TS_TRACE;
        ts_report_add(&j->ctx, j->report, ts_kind_name(t->kind), t->name);
    }
}

/* A case may want an error: by the name of its status, or by words of the message. */
static void judge_error(judgement *j)
{
    const json_t *wanted = json_object_get(j->c->expect, "error");
    const char *kind = json_is_string(wanted) ? json_string_value(wanted) : "";
    ts_report *r = j->report;
    const ts_ctx *ran = &j->mine.ctx;
    if (!ran->status)
        snprintf(r->error, sizeof r->error, "ran, and had to fail (%s)", kind);
    else if (!*kind || (strcmp(ts_status_name(ran->status), kind) != 0 &&
                        !strstr(ran->message, kind)))
        snprintf(r->error, sizeof r->error, "had to fail with \"%s\", but: %.900s", kind,
                 ran->message);
    else
        r->expected_error = true;
}

static ts_tensor tested(void *arg, const ts_target *t)
{
    return mine_of(arg, t);
}

static void run_and_judge(judgement *j)
{
    ts_how how = j->how->how;
    how.trace = j->traces;
    if (!j->how->given && ts_run(&j->mine, &how, &j->c->job) && !j->c->expect) {
        failed(j, &j->mine, "");
        return;
    }
    if (j->c->expect && !j->how->given) {
        j->report->count = 0; /* there is nothing else to judge */
        judge_error(j);
        return;
    }
    if (j->c->job.rows)
        ts_judge_answers(&j->ctx, j->report, j->c, j->mine.call.answer);
    else
        judge_targets(j);
    if (!j->ctx.status)
        judge_zeros(j);
    if (!j->ctx.status && !j->c->job.rows) {
        put_in_order(j);
        ts_review_case(&j->ctx, j->report, j->c, tested, j);
    }
    if (!j->ctx.status && j->report->count == 0)
        ts_fail(&j->ctx, TS_ERROR_FORMAT, "the case holds nothing to judge");
}

void ts_judge_case(ts_report *r, const ts_case *c, const ts_judging *how)
{
    judgement *j = ts_alloc_zero(1, sizeof *j);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (!j) {
        snprintf(r->error, sizeof r->error, "no memory");
        return;
    }
    j->c = c;
    j->how = how;
    j->report = r;
    ts_ctx_open_plain(&j->ctx);
    if (!c->job.module)
        ts_fail(&j->ctx, TS_ERROR_FORMAT, "the case names no module");
    else if (how->given && c->job.rows)
        ts_fail(&j->ctx, TS_ERROR_USAGE, "--output cannot stand for rows of a JSON case");
    if (!j->ctx.status) {
        prepare(j);
        run_and_judge(j);
    }
    if (j->ctx.status) {
        snprintf(r->error, sizeof r->error, "%s", j->ctx.message);
        r->status = j->ctx.status;
        r->count = 0;
    }
    for (int s = 0; s < 2; s++) {
        ts_ran_free(&j->own[s]);
        for (int i = 0; i < 2 * TS_SCHEMES; i++)
            ts_ran_free(&j->honest[s][i / TS_SCHEMES][i % TS_SCHEMES]);
    }
    r->facts = json_incref(j->mine.call.facts);
    ts_ran_free(&j->mine);
    ts_ctx_close(&j->ctx);
    ts_free(j);
    clock_gettime(CLOCK_MONOTONIC, &end);
    r->seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}
