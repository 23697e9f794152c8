#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/reviewing.h"

#include <string.h>

static ts_tensor tested(void *arg, const ts_target *t)
{
    return strcmp(t->name, "indices") == 0 ? *(ts_tensor *)arg : (ts_tensor){0};
}

/* Findings of the module's outputs change, remarks come behind; a module without a reviewer is left
 * alone. */
static void findings(void **state)
{
    (void)state;
    static const char *const modules[] = {"topk.exact", "ops.linear"};
    for (int m = 0; m < 2; m++) {
        ts_ctx ctx;
        ts_report r = {.path = "case"};
        float x[4] = {2, -5, 3, 1};
        int64_t got[2] = {2, 0}, four = 4, two = 2;
        ts_tensor indices = ts_tensor_of(got, TS_I64, 1, &two);
        ts_target target = {.kind = TS_OUTPUT, .name = "indices", .published = indices};
        ts_case c = {.path = "case", .targets = &target, .count = 1};
        ts_ctx_open_plain(&ctx);
        c.job.module = modules[m];
        ts_items_add(&ctx, &c.job.inputs, "x", ts_tensor_of(x, TS_F32, 1, &four));
        c.job.settings = json_pack("{s:i}", "k", 2);
        ts_finding *f = ts_report_add(&ctx, &r, "output", "indices");
        f->mine.pass = true;
        f->has_published = true;
        assert_int_equal(ts_review_case(&ctx, &r, &c, tested, &indices), TS_OK);
        f = &r.findings[0];
        assert_int_equal(f->mine.pass, m == 1);
        assert_int_equal(f->has_published, m == 1);
        assert_int_equal(r.count, m == 1 ? 1 : 3);
        if (m == 0) {
            assert_string_equal(f->note, "likely cause: values are compared instead of magnitudes");
            assert_string_equal(r.findings[1].kind, "missing");
            assert_string_equal(r.findings[1].name, "1");
            assert_string_equal(r.findings[1].note,
                                "magnitude 5, the last one selected has 3");
            assert_string_equal(r.findings[2].kind, "extra");
            assert_int_equal(ts_report_failures(&r), 3);
        }
        ts_report_free(&r);
        ts_job_free(&c.job);
        ts_ctx_close(&ctx);
    }
}

/* A reviewer's failure is the context's. */
static void failures(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_report r = {.path = "case"};
    float x[4] = {1, -5, 3, 2};
    int64_t got[2] = {2, 3}, four = 4, two = 2;
    ts_tensor indices = ts_tensor_of(got, TS_I64, 1, &two);
    ts_target target = {.kind = TS_OUTPUT, .name = "indices", .published = indices};
    ts_case c = {.path = "case", .targets = &target, .count = 1, .job = {.module = "topk.exact"}};
    ts_ctx_open_plain(&ctx);
    ts_items_add(&ctx, &c.job.inputs, "x", ts_tensor_of(x, TS_F32, 1, &four));
    c.job.settings = json_pack("{s:i,s:s}", "k", 2, "order", "random");
    assert_int_equal(ts_review_case(&ctx, &r, &c, tested, &indices), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "order is exact or any, not \"random\""));
    ts_report_free(&r);
    ts_job_free(&c.job);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(findings), cmocka_unit_test(failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
