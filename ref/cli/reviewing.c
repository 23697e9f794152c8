#include "ref/cli/reviewing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REVIEWERS(name) extern const ts_reviewer name[];
#include "ref/cli/reviewers.def"
#undef REVIEWERS

static const ts_reviewer *const tables[] = {
#define REVIEWERS(name) name,
#include "ref/cli/reviewers.def"
#undef REVIEWERS
    NULL};

/* Behind a ts_review. */
typedef struct {
    ts_ctx *ctx;
    ts_report *report;
    const ts_case *c;
    ts_tested *tested;
    void *arg;
} reviewing;

static const ts_target *target_of(const reviewing *w, const char *output)
{
    for (int64_t i = 0; i < w->c->count; i++)
        if (w->c->targets[i].kind == TS_OUTPUT && strcmp(w->c->targets[i].name, output) == 0)
            return &w->c->targets[i];
    return NULL;
}

static ts_tensor result(const ts_review *r, const char *output)
{
    const reviewing *w = r->arg;
    const ts_target *t = target_of(w, output);
    return t ? w->tested(w->arg, t) : (ts_tensor){0};
}

static ts_tensor wanted(const ts_review *r, const char *output)
{
    const ts_target *t = target_of(r->arg, output);
    return t ? t->published : (ts_tensor){0};
}

static void settle(const ts_review *r, const char *output, bool pass, const char *note)
{
    const reviewing *w = r->arg;
    for (int64_t i = 0; i < w->report->count; i++) {
        ts_finding *f = &w->report->findings[i];
        if (strcmp(f->kind, ts_kind_name(TS_OUTPUT)) != 0 || strcmp(f->name, output) != 0)
            continue;
        f->mine.pass = pass;
        f->mine.law = TS_CLASS_EXACT;
        f->mine.ratio = pass ? 0.0 : (double)INFINITY;
        f->mine.reason = "";
        f->has_published = false; /* judged number by number, it says nothing here */
        snprintf(f->note, sizeof f->note, "%s", note);
    }
}

static void remark(const ts_review *r, const char *kind, const char *name, const char *text)
{
    const reviewing *w = r->arg;
    ts_finding *f = ts_report_add(w->ctx, w->report, kind, name);
    if (!f)
        return;
    f->order = 1 << 30;
    f->mine.law = TS_CLASS_EXACT;
    f->mine.ratio = (double)INFINITY;
    snprintf(f->note, sizeof f->note, "%s", text);
}

ts_status ts_review_case(ts_ctx *ctx, ts_report *r, const ts_case *c, ts_tested *tested, void *arg)
{
    reviewing w = {ctx, r, c, tested, arg};
    const ts_call call = {.module = c->job.module, .settings = c->job.settings,
                          .inputs = c->job.inputs, .given = &c->job.inputs};
    const ts_review review = {&call, result, wanted, settle, remark, &w};
    for (int t = 0; tables[t] && !ctx->status; t++)
        for (const ts_reviewer *one = tables[t]; one->module && !ctx->status; one++)
            if (strcmp(one->module, c->job.module) == 0)
                one->review(ctx, &review);
    return ctx->status;
}
