/* verdict.c: is somebody's selection right, and if not, which entries are wrong and why?
 *
 * A selection is judged
 *     exactly, in the documented order;
 *     with the setting order=any as a set;
 *     with start=any (MSTopK) as l1 and any contiguous slice of the band.
 * Values must be those of x at the indices, whatever these are. Every missing and every extra entry is
 * named with its magnitude and the threshold that it meets or misses (the first of them, if there are
 * many), and the likely cause: mistakes are tried one by one (suspects.h) until one gives what came.
 *
 * Test: tests/topk/test_verdict.c */
#include "ref/topk/modules.h"

#include "ref/topk/exact.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/suspects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 8, NOTE = 240 };

typedef struct {
    ts_ctx *ctx;
    const ts_review *r;
    const double *x; /* widened, exactly */
    int64_t d, k;
    bool any_order, any_start, searched;
    ts_mstopk_options options;
    ts_mstopk_search search;
    double last;        /* exact: the k-th magnitude */
    int64_t *want, *got, *sorted, *other; /* room for d and what came */
    ts_suspect_room *room;
    unsigned char *in_want, *in_got; /* of every index */
    int64_t want_count, got_count;
} verdict;

/* Comparing. ----------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Are the n indices of a what came: in order, or as a set? */
static bool is_what_came(const verdict *v, const int64_t *a, int64_t n, bool as_set)
{
    if (n != v->got_count)
        return false;
    if (!as_set)
        return memcmp(a, v->got, (size_t)n * sizeof *a) == 0;
    memcpy(v->sorted, v->got, (size_t)n * sizeof *a);
    qsort(v->sorted, (size_t)n, sizeof *a, ascending);
    memcpy(v->other, a, (size_t)n * sizeof *a);
    qsort(v->other, (size_t)n, sizeof *a, ascending);
    return memcmp(v->sorted, v->other, (size_t)n * sizeof *a) == 0;
}

/* The selection that is wanted. */
static void keep_want(verdict *v, const ts_sparse *s)
{
    memset(v->in_want, 0, (size_t)v->d);
    v->want_count = s->count;
    for (int64_t j = 0; j < s->count; j++) {
        v->want[j] = s->indices[j];
        v->in_want[s->indices[j]] = 1;
    }
}

/* The wanted selection with the slice at another start. */
static bool want_start(verdict *v, int64_t start)
{
    ts_sparse s;
    if (start < 0 || start >= v->search.starts)
        return false;
    const ts_scope scope = ts_scope_open(v->ctx);
    ts_mstopk_options o = v->options;
    o.start = start;
    const ts_tensor x = ts_tensor_of((void *)(uintptr_t)v->x, TS_F64, 1, &v->d);
    ts_mstopk_published(v->ctx, &s, NULL, x, &o);
    if (!v->ctx->status)
        keep_want(v, &s);
    ts_scope_close(v->ctx, scope, NULL, 0);
    return !v->ctx->status;
}

/* The place in the band where the slice that came begins: the lowest of its places. -1: none. */
static int64_t start_that_came(const verdict *v)
{
    int64_t place = 0;
    for (int64_t i = 0; i < v->d; i++) {
        const double a = fabs(v->x[i]);
        if (a >= v->search.threshold1 || a < v->search.threshold2)
            continue;
        if (v->in_got[i])
            return place;
        place++;
    }
    return -1;
}

/* Causes. -------------------------------------------------------------------------------------- */

static bool begins_at_one(const verdict *v)
{
    for (int64_t j = 0; j < v->got_count; j++)
        if (v->got[j] < 1 || !v->in_want[v->got[j] - 1])
            return false;
    return v->got_count == v->want_count && v->got_count > 0;
}

static bool has_all_of_l1(const verdict *v)
{
    for (int64_t i = 0; i < v->d; i++)
        if (fabs(v->x[i]) >= v->search.threshold1 && !v->in_got[i])
            return false;
    return v->search.count1 > 0;
}

/* The first suspect that selects what came, in order if one does, else as a set. */
static const char *suspected(verdict *v, const ts_suspect *list, int64_t steps)
{
    const int64_t start = v->options.start < 0 ? v->search.start : v->options.start;
    for (int as_set = 0; as_set < 2; as_set++)
        for (const ts_suspect *s = list; s->text; s++) {
            int64_t *out = v->sorted + v->d + v->got_count; /* behind what is_what_came uses */
            const int64_t n = ts_suspect_selects(s, out, v->room, v->x, v->d, v->k, steps, start);
            if (is_what_came(v, out, n, as_set != 0))
                return s->text;
        }
    return NULL;
}

/* A sentence about a selection that is wrong. */
static void explain(verdict *v, char note[NOTE])
{
    const char *cause = NULL;
    if (is_what_came(v, v->want, v->want_count, true)) {
        snprintf(note, NOTE, "the right entries in another order (--set order=any accepts them)");
        return;
    }
    if (begins_at_one(v))
        cause = "indices begin at 1";
    else if (v->searched) {
        const ts_suspect none = {.text = ""};
        int64_t *out = v->sorted + v->d + v->got_count;
        cause = suspected(v, ts_suspects_mstopk, v->options.steps);
        const int64_t n = ts_suspect_selects(&none, out, v->room, v->x, v->d, v->k, -1, 0);
        if (!cause && is_what_came(v, out, n, true))
            cause = "this is the exact top-k";
    } else {
        cause = suspected(v, ts_suspects_exact, -1);
    }
    if (cause) {
        snprintf(note, NOTE, "likely cause: %s", cause);
        return;
    }
    if (!v->searched) {
        snprintf(note, NOTE, "no known mistake selects these %lld entries", (long long)v->got_count);
        return;
    }
    const int64_t start = start_that_came(v), taken = v->k - v->search.count1;
    if (has_all_of_l1(v) && start >= 0 && want_start(v, start) &&
        is_what_came(v, v->want, v->want_count, v->any_order))
        snprintf(note, NOTE, "the slice begins at %lld (--set start=any accepts it)", (long long)start);
    else if (has_all_of_l1(v) && start >= v->search.starts)
        snprintf(note, NOTE, "likely cause: the slice starts outside of its range, at %lld of 0 to %lld",
                 (long long)start, (long long)v->search.starts - 1);
    else if (has_all_of_l1(v))
        snprintf(note, NOTE, "all entries above threshold 1 are there; the other %lld are no contiguous "
                 "slice of the band of %lld", (long long)taken,
                 (long long)(v->search.count2 - v->search.count1));
    else
        snprintf(note, NOTE, "no known mistake selects these %lld entries", (long long)v->got_count);
}

/* What was wanted, again: explaining may have tried other starts. */
static void restore_want(verdict *v)
{
    if (v->searched && !v->any_start)
        want_start(v, v->search.start);
}

static void name_entry(const verdict *v, const char *kind, int64_t i)
{
    char name[32], text[NOTE];
    const double a = fabs(v->x[i]);
    snprintf(name, sizeof name, "%lld", (long long)i);
    if (!v->searched)
        snprintf(text, sizeof text, "magnitude %.9g, the last one selected has %.9g", a, v->last);
    else if (a >= v->search.threshold1)
        snprintf(text, sizeof text, "magnitude %.17g >= threshold 1, %.17g", a,
                 v->search.threshold1);
    else if (a >= v->search.threshold2)
        snprintf(text, sizeof text, "magnitude %.9g, in the band from %.9g to %.9g", a,
                 v->search.threshold2, v->search.threshold1);
    else
        snprintf(text, sizeof text, "magnitude %.17g < threshold 2, %.17g", a,
                 v->search.threshold2);
    v->r->remark(v->r, kind, name, text);
}

/* Entries of a whose index is not marked. */
static void name_entries(const verdict *v, const char *kind, const int64_t *a, int64_t n,
                         const unsigned char *marked)
{
    int64_t count = 0;
    char text[64];
    for (int64_t j = 0; j < n; j++)
        if (!marked[a[j]] && ++count <= NAMED)
            name_entry(v, kind, a[j]);
    snprintf(text, sizeof text, "%lld entries in all", (long long)count);
    if (count > NAMED)
        v->r->remark(v->r, kind, "...", text);
}

/* What came. ----------------------------------------------------------------------------------- */

/* Indices as whole numbers inside x, none twice; false after a settled refusal. */
static bool read_indices(verdict *v, ts_tensor t)
{
    char note[NOTE] = "";
    if (ts_dtype_is_float(t.dtype))
        snprintf(note, sizeof note, "indices are whole numbers, not %s", ts_dtype_name(t.dtype));
    for (int64_t j = 0; j < v->got_count && !*note; j++) {
        ts_convert(&v->got[j], TS_I64, (const char *)t.data + (size_t)j * ts_dtype_size(t.dtype),
                   t.dtype, 1);
        if (v->got[j] < 0 || v->got[j] >= v->d)
            snprintf(note, sizeof note, "entry %lld is the index %lld of %lld%s", (long long)j,
                     (long long)v->got[j], (long long)v->d,
                     v->got[j] == v->d ? "; likely cause: indices begin at 1" : "");
        else if (v->in_got[v->got[j]]++)
            snprintf(note, sizeof note, "the index %lld stands twice", (long long)v->got[j]);
    }
    if (*note)
        v->r->settle(v->r, "indices", false, note);
    return !*note;
}

static void judge_values(const verdict *v)
{
    const ts_tensor values = v->r->result(v->r, "values");
    char note[NOTE] = "";
    if (ts_is_empty(values))
        return;
    if (ts_numel(values) != v->got_count)
        snprintf(note, sizeof note, "%lld values of %lld indices", (long long)ts_numel(values),
                 (long long)v->got_count);
    for (int64_t j = 0; j < v->got_count && !*note; j++) {
        const double y = ts_load(values.data, values.dtype, j), x = v->x[v->got[j]];
        if (y != x)
            snprintf(note, sizeof note, "entry %lld is %.9g, but x[%lld] is %.9g%s", (long long)j, y,
                     (long long)v->got[j], x, y == fabs(x) ? ": the sign is lost" : "");
    }
    v->r->settle(v->r, "values", !*note, *note ? note : "those of x at the indices");
}

static void judge_indices(verdict *v)
{
    char note[NOTE] = "";
    bool pass = is_what_came(v, v->want, v->want_count, v->any_order);
    if (!pass && v->any_start && v->searched) {
        const int64_t start = v->k > v->search.count1 ? start_that_came(v) : 0;
        pass = want_start(v, start) && is_what_came(v, v->want, v->want_count, v->any_order);
        snprintf(note, sizeof note, "a slice from %lld on", (long long)start);
    }
    if (pass) {
        v->r->settle(v->r, "indices", true, *note ? note : v->any_order ? "as a set" : "");
        return;
    }
    explain(v, note);
    restore_want(v);
    v->r->settle(v->r, "indices", false, note);
    name_entries(v, "missing", v->want, v->want_count, v->in_got);
    name_entries(v, "extra", v->got, v->got_count, v->in_want);
}

/* What should come. ---------------------------------------------------------------------------- */

static ts_status want_mstopk(verdict *v, ts_tensor x)
{
    const ts_call *call = v->r->call;
    ts_ctx *ctx = v->ctx;
    ts_sparse s;
    v->any_start = json_is_string(ts_call_json(call, "start"));
    v->options = (ts_mstopk_options){.k = v->k,
                                     .steps = ts_call_int(ctx, call, "steps", TS_MSTOPK_STEPS),
                                     .start = v->any_start ? 0 : ts_topk_start(ctx, call),
                                     .bits = ts_topk_bits(ctx, call),
                                     .wrap = ts_call_bool(ctx, call, "wrap", false),
                                     .below_mean = ts_call_bool(ctx, call, "below_mean", false)};
    if (!ctx->status && !ts_mstopk_published(ctx, &s, &v->search, x, &v->options)) {
        v->searched = v->search.searched;
        keep_want(v, &s);
    }
    return ctx->status;
}

static ts_status want_exact(verdict *v, ts_tensor x)
{
    ts_sparse s;
    if (!ts_topk_exact(v->ctx, &s, x, v->k, TS_EXACT_RADIX)) {
        keep_want(v, &s);
        v->last = s.count ? fabs(ts_load(s.values.data, s.values.dtype, s.count - 1)) : 0.0;
    }
    return v->ctx->status;
}

/* Other selectors: what the case holds. */
static ts_status want_case(verdict *v, ts_tensor x)
{
    const ts_tensor t = v->r->wanted(v->r, "indices");
    (void)x;
    v->last = (double)INFINITY;
    v->want_count = ts_is_empty(t) ? 0 : ts_numel(t);
    for (int64_t j = 0; j < v->want_count; j++) {
        const double i = ts_load(t.data, t.dtype, j);
        v->want[j] = i >= 0.0 && i < (double)v->d ? (int64_t)i : 0;
        v->in_want[v->want[j]] = 1;
        v->last = fmin(v->last, fabs(v->x[v->want[j]]));
    }
    return v->ctx->status;
}

static ts_status review(ts_ctx *ctx, const ts_review *r,
                        ts_status (*want)(verdict *v, ts_tensor x))
{
    const ts_tensor indices = r->result(r, "indices"), stored = r->wanted(r, "indices");
    const ts_tensor x = ts_sparse_source(ctx, ts_topk_input(ctx, r->call));
    verdict v = {.ctx = ctx, .r = r, .d = ts_is_empty(x) ? 0 : ts_numel(x)};
    const char *order = ts_call_text(ctx, r->call, "order", "exact");
    if (!ctx->status && strcmp(order, "any") != 0 && strcmp(order, "exact") != 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: order is exact or any, not \"%.40s\"", r->call->module,
                order);
    if (ctx->status || ts_is_empty(indices))
        return ctx->status;
    const int64_t many = ts_is_empty(stored) ? 0 : ts_numel(stored);
    const size_t room = (size_t)(v.d + ts_numel(indices) + many);
    v.any_order = strcmp(order, "any") == 0;
    v.k = want == want_case ? many : ts_topk_count(ctx, r->call, v.d);
    v.got_count = ts_numel(indices);
    double *wide = ts_take(ctx, room * sizeof *wide);
    v.room = ts_take(ctx, room * sizeof *v.room);
    v.in_want = ts_take(ctx, room + 1);
    v.in_got = ts_take(ctx, room + 1);
    v.want = ts_take(ctx, room * sizeof *v.want);
    v.got = ts_take(ctx, room * sizeof *v.got);
    v.sorted = ts_take(ctx, 3 * room * sizeof *v.sorted);
    v.other = ts_take(ctx, room * sizeof *v.other);
    if (ctx->status)
        return ctx->status;
    ts_convert(wide, TS_F64, x.data, x.dtype, v.d);
    v.x = wide;
    memset(v.in_want, 0, room + 1);
    memset(v.in_got, 0, room + 1);
    if (!want(&v, x) && read_indices(&v, indices)) {
        judge_indices(&v);
        judge_values(&v);
    }
    return ctx->status;
}

static ts_status review_mstopk(ts_ctx *ctx, const ts_review *r)
{
    return review(ctx, r, want_mstopk);
}

static ts_status review_exact(ts_ctx *ctx, const ts_review *r)
{
    return review(ctx, r, want_exact);
}

static ts_status review_case(ts_ctx *ctx, const ts_review *r)
{
    return review(ctx, r, want_case);
}

const ts_reviewer ts_topk_reviewers[] = {
    {"topk.mstopk", review_mstopk}, {"topk.exact", review_exact}, {"topk.dgc", review_case},
    {"topk.gaussian", review_case}, {"topk.reused", review_case}, {"topk.random", review_case},
    {0}};
