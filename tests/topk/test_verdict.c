#include "tests/support/golden.h"
#include "tests/support/topk.h"

#include "ref/topk/exact.h"
#include "ref/topk/modules.h"
#include "ref/topk/mstopk.h"

#include <math.h>
#include <string.h>

#define GAUSS "data/goldens/topk/ms_gauss_n3.safetensors" /* k 41, 3 steps, start 2; band of 43 */
#define EXACT "data/goldens/topk/exact.safetensors"       /* k 50 of 5000 */

/* Somebody's selection, to be judged: x is the case's. */
typedef struct {
    ts_ctx ctx;
    ts_case c;
    ts_tensor x;
    int64_t n;
    int64_t index[64];
    double value[64];
} brought;

static void take(brought *b)
{
    for (int64_t j = 0; j < b->n; j++)
        b->value[j] = ts_load(b->x.data, b->x.dtype, b->index[j] % ts_numel(b->x));
}

static void open(brought *b, const char *path)
{
    memset(b, 0, sizeof *b);
    ts_ctx_open_plain(&b->ctx);
    assert_int_equal(ts_case_open(&b->ctx, &b->c, path), TS_OK);
    b->x = ts_items_get(&b->c.job.inputs, "x");
    for (int64_t t = 0; t < b->c.count; t++)
        if (strcmp(b->c.targets[t].name, "indices") == 0) {
            const ts_tensor i = b->c.targets[t].published;
            b->n = ts_numel(i);
            memcpy(b->index, i.data, (size_t)b->n * sizeof *b->index);
        }
    take(b);
}

/* Judges and closes. Passes, or the finding of `output` says `words`; so many missing and extra. */
static void judged(brought *b, ts_dtype dtype, const char *output, const char *words, int missing,
                   int extra)
{
    ts_report r = {.path = "case", .sinusoid = "", .published_sinusoid = ""};
    ts_judging how = {.partial = false};
    ts_items given = {0};
    const ts_tensor i = ts_new(&b->ctx, dtype, 1, &b->n);
    ts_how_from(&b->ctx, &how.how, &how.format, "f32", "fast", 1);
    ts_convert(i.data, dtype, b->index, TS_I64, b->n);
    ts_items_add(&b->ctx, &given, "indices", i);
    ts_items_add(&b->ctx, &given, "values", ts_tensor_of(b->value, TS_F64, 1, &b->n));
    assert_int_equal(b->ctx.status, TS_OK);
    how.given = &given;
    ts_judge_case(&r, &b->c, &how);
    if (*r.error)
        fail_msg("%s", r.error);
    int lacking = 0, more = 0;
    for (int64_t f = 0; f < r.count; f++) {
        const ts_finding *one = &r.findings[f];
        lacking += strcmp(one->kind, "missing") == 0;
        more += strcmp(one->kind, "extra") == 0;
        if (strcmp(one->kind, "output") != 0)
            continue;
        const bool meant = words && strcmp(one->name, output) == 0;
        if (meant ? one->mine.pass || !strstr(one->note, words) : !ts_finding_passed(one) && !words)
            fail_msg("%s: \"%s\" where \"%s\" is expected", one->name, one->note,
                     words ? words : "nothing wrong");
    }
    assert_int_equal(ts_report_failures(&r) == 0, words == NULL);
    assert_int_equal(lacking, missing);
    assert_int_equal(more, extra);
    ts_report_free(&r);
    ts_items_free(&given);
    ts_case_close(&b->c);
    ts_ctx_close(&b->ctx);
}

static void set(brought *b, const char *assignment)
{
    assert_int_equal(ts_job_set(&b->ctx, &b->c.job, assignment), TS_OK);
}

static void right_ones(void **state)
{
    (void)state;
    static const ts_dtype types[] = {TS_I64, TS_I32, TS_U32, TS_U64, TS_U16};
    brought b;
    for (int t = 0; t < 5; t++) {
        open(&b, t % 2 ? EXACT : GAUSS);
        judged(&b, types[t], "", NULL, 0, 0);
    }
}

static void reverse(brought *b)
{
    for (int64_t j = 0; j < b->n / 2; j++) {
        const int64_t i = b->index[j];
        b->index[j] = b->index[b->n - 1 - j];
        b->index[b->n - 1 - j] = i;
    }
    take(b);
}

static void orders(void **state)
{
    (void)state;
    static const char *const paths[] = {GAUSS, EXACT, "data/goldens/topk/dgc.safetensors"};
    for (int p = 0; p < 2; p++) {
        brought b;
        open(&b, paths[p]);
        reverse(&b);
        judged(&b, TS_I64, "indices", "another order (--set order=any", 0, 0);
        open(&b, paths[p]);
        reverse(&b);
        set(&b, "order=any");
        judged(&b, TS_I32, "", NULL, 0, 0);
    }
}

/* MSTopK's entries for another start or number of steps. */
static void select_with(brought *b, int64_t steps, int64_t start, bool wrap)
{
    const ts_mstopk_options o = {.k = b->n, .steps = steps, .start = start, .wrap = wrap};
    ts_sparse s;
    assert_int_equal(ts_mstopk_published(&b->ctx, &s, NULL, b->x, &o), TS_OK);
    for (int64_t j = 0; j < b->n; j++)
        b->index[j] = s.indices[j];
    take(b);
}

static void starts(void **state)
{
    (void)state;
    brought b;
    open(&b, GAUSS);
    select_with(&b, 3, 7, false);
    judged(&b, TS_I64, "indices", "begins at 7 (--set start=any accepts it)", 5, 5);
    for (int64_t start = 0; start < 20; start += 19) {
        open(&b, GAUSS);
        select_with(&b, 3, start, false);
        set(&b, "start=any");
        judged(&b, TS_I64, "", NULL, 0, 0);
    }
    open(&b, GAUSS);
    select_with(&b, 3, 30, true); /* goes round */
    set(&b, "start=any");
    judged(&b, TS_I64, "indices", "no contiguous slice", 9, 9);
}

static void causes(void **state)
{
    (void)state;
    brought b;
    ts_sparse s;
    open(&b, GAUSS);
    select_with(&b, 2, 2, false);
    judged(&b, TS_I64, "indices", "likely cause: one step of the search too few", 9, 9);
    open(&b, GAUSS);
    for (int64_t j = 0; j < b.n; j++)
        b.index[j]++;
    take(&b);
    judged(&b, TS_I64, "indices", "indices begin at 1", 9, 9);
    open(&b, GAUSS);
    ts_topk_exact(&b.ctx, &s, b.x, b.n, TS_EXACT_SORT);
    for (int64_t j = 0; j < b.n; j++)
        b.index[j] = s.indices[j];
    take(&b);
    set(&b, "order=any");
    judged(&b, TS_I64, "indices", "this is the exact top-k", 9, 9);
    open(&b, EXACT);
    b.index[3] = 0; /* a small one for a large one */
    take(&b);
    judged(&b, TS_I64, "indices", "no known mistake selects these 50 entries", 1, 1);
    open(&b, GAUSS);
    b.n--;
    judged(&b, TS_I64, "indices", "no contiguous slice", 1, 0);
}

static void at_threshold(void **state)
{
    (void)state;
    brought b;
    open(&b, "data/goldens/topk/ms_at_threshold.safetensors"); /* k 1, 1 step, start 2 */
    double wide[8];
    ts_convert(wide, TS_F64, b.x.data, b.x.dtype, 8);
    /* With >, the entry at the threshold is not above it: the search finds another threshold 1. */
    const int64_t right = b.index[0];
    for (int64_t i = 0; i < 8; i++)
        if (i != right && fabs(wide[i]) < fabs(wide[right]))
            b.index[0] = i;
    take(&b);
    judged(&b, TS_I64, "indices", "", 1, 1);
}

static void broken(void **state)
{
    (void)state;
    brought b;
    open(&b, GAUSS);
    b.index[2] = 4096;
    take(&b);
    judged(&b, TS_I64, "indices", "entry 2 is the index 4096 of 4096; likely cause: indices begin", 0, 0);
    open(&b, GAUSS);
    b.index[2] = -1;
    judged(&b, TS_I64, "indices", "entry 2 is the index -1", 0, 0);
    open(&b, GAUSS);
    b.index[2] = b.index[1];
    judged(&b, TS_I64, "indices", "stands twice", 0, 0);
    open(&b, GAUSS);
    judged(&b, TS_F32, "indices", "indices are whole numbers, not F32", 0, 0);
    open(&b, GAUSS);
    b.value[5] = fabs(b.value[5]);
    b.value[0] = fabs(b.value[0]);
    judged(&b, TS_I64, "values", "the sign is lost", 0, 0);
    open(&b, GAUSS);
    b.value[5] += 1.0;
    judged(&b, TS_I64, "values", "entry 5 is", 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_ones), cmocka_unit_test(orders), cmocka_unit_test(starts),
        cmocka_unit_test(causes), cmocka_unit_test(at_threshold), cmocka_unit_test(broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
