#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/answers.h"

#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;
static ts_report report;

/* Judges the answer to one row of that module. */
static const ts_finding *judged(const char *module, const char *row, const char *answer)
{
    json_t *rows = json_array(), *answers = json_array();
    ts_report_free(&report);
    report = (ts_report){.path = "x"};
    assert_int_equal(json_array_append_new(rows, json_loads(row, 0, NULL)), 0);
    assert_int_equal(json_array_append_new(answers, json_loads(answer, 0, NULL)), 0);
    const ts_case c = {.path = "x", .job = {.module = module, .rows = rows}};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_judge_answers(&ctx, &report, &c, answers), TS_OK);
    ts_ctx_close(&ctx);
    json_decref(rows);
    json_decref(answers);
    assert_int_equal(report.count, 1);
    return &report.findings[0];
}

static void exact(void **state)
{
    (void)state;
    static const char row[] = "{\"text\": \"a\", \"ids\": [1, 2, 3]}";
    assert_true(judged("rng.philox", row, "{\"ids\": [1, 2, 3]}")->mine.pass);
    assert_string_equal(report.findings[0].name, "0 \"a\"");
    const ts_finding *f = judged("rng.philox", row, "{\"ids\": [1, 2, 4]}");
    assert_false(f->mine.pass);
    assert_string_equal(f->note, "ids[2] is 4, expected 3");
    assert_false(judged("rng.philox", row, "{\"ids\": [1, 2]}")->mine.pass);
    assert_false(judged("rng.philox", row, "{\"ids\": [1, 2, 3, 4]}")->mine.pass);
    assert_false(judged("rng.philox", row, "{\"ids\": [1, 2, \"3\"]}")->mine.pass);
    assert_false(judged("rng.philox", row, "{\"ids\": null}")->mine.pass);
    assert_false(judged("rng.philox", row, "{\"other\": 1}")->mine.pass);
    assert_false(judged("rng.philox", row, "{\"ids\": [1, 2, 3], \"text\": \"b\"}")->mine.pass);
    assert_true(judged("rng.philox", row, "{\"ids\": [1, 2.0, 3]}")->mine.pass);
}

/* A field that the module names among its outputs must be answered. */
static void named_outputs(void **state)
{
    (void)state;
    assert_false(judged("rng.philox", "{\"values\": 1, \"ids\": 2}", "{\"ids\": 2}")->mine.pass);
}

static void reals(void **state)
{
    (void)state;
    assert_true(judged("rng.philox", "{\"x\": [1000.0, 0.5]}", "{\"x\": [1000.0004, 0.5]}")
                    ->mine.pass);
    assert_false(judged("rng.philox", "{\"x\": [1000.0, 0.5]}", "{\"x\": [1000.001, 0.5]}")
                     ->mine.pass);
    assert_false(judged("rng.philox", "{\"truth_x\": 1000.0}", "{\"truth_x\": 1000.0004}")
                     ->mine.pass);
    assert_true(judged("rng.philox", "{\"truth_x\": 1000.0}", "{\"truth_x\": 1000.0000001}")
                    ->mine.pass);
    assert_true(judged("rng.philox", "{\"o\": {\"x\": 2.5, \"t\": true}}",
                       "{\"o\": {\"x\": 2.5, \"t\": true}}")->mine.pass);
    assert_false(judged("rng.philox", "{\"o\": {\"x\": 2.5, \"t\": true}}",
                        "{\"o\": {\"x\": 2.5, \"t\": false}}")->mine.pass);
    assert_false(judged("rng.philox", "{\"o\": {\"x\": 2.5, \"t\": true}}",
                        "{\"o\": {\"x\": 2.5}}")->mine.pass);
}

static void laws(void **state)
{
    (void)state;
    assert_true(ts_answer_law("glyph.placed", "center", 9, false).absolute == 1e-4);
    assert_true(ts_answer_law("glyph.placed", "box", 9, true).absolute == 0.0);
    assert_true(ts_answer_law("glyph.placed", "picture_bbox", 9, true).absolute == 3.0);
    assert_true(ts_answer_law("glyph.placed", "pixels", 9, true).relative == 0.1);
    assert_true(ts_answer_law("glyph.placed", "size", 9, false).relative == 0.0);
    assert_true(ts_answer_law("glyph.line", "size", 9, true).relative == 0.03);
    assert_true(ts_answer_law("text.tokenizers", "pixels", 9, true).relative == 0.0);
}

static void wrong_count(void **state)
{
    (void)state;
    json_t *rows = json_loads("[{\"a\": 1}]", 0, NULL), *answers = json_array();
    const ts_case c = {.path = "x", .job = {.module = "rng.philox", .rows = rows}};
    ts_report r = {.path = "x"};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_judge_answers(&ctx, &r, &c, answers), TS_ERROR_MISMATCH);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_judge_answers(&ctx, &r, &c, NULL), TS_ERROR_MISMATCH);
    ts_ctx_close(&ctx);
    json_decref(rows);
    json_decref(answers);
    ts_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact), cmocka_unit_test(named_outputs),
                                       cmocka_unit_test(reals), cmocka_unit_test(laws),
                                       cmocka_unit_test(wrong_count)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ts_report_free(&report);
    return failed;
}
