#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One case that passed, one whose second tensor failed, one that could not be run. */
static ts_report reports[3];
static ts_ctx ctx;

static int make(void **state)
{
    (void)state;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 3; i++) {
        reports[i] = (ts_report){.path = "a<b>.safetensors", .module = "ops.linear",
                                 .format = "f32", .backend = "fast", .sinusoid = "",
                                 .published_sinusoid = "", .repeat = "touchstone check x"};
        if (i == 2)
            continue;
        for (int k = 0; k < 40; k++) {
            char name[16];
            snprintf(name, sizeof name, "t%d", k);
            ts_finding *f = ts_report_add(&ctx, &reports[i], "output", name);
            assert_non_null(f);
            f->mine.pass = f->published.pass = true;
            f->mine.ratio = 0.5;
            f->rank = 2;
            f->size[0] = 2;
            f->size[1] = 3;
        }
    }
    ts_verdict *bad = &reports[1].findings[7].mine;
    bad->pass = false;
    bad->ratio = (double)INFINITY;
    bad->where = 4;
    bad->reason = "wrong & wronger";
    snprintf(reports[2].error, sizeof reports[2].error, "unknown module");
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        ts_report_free(&reports[i]);
    ts_ctx_close(&ctx);
    return 0;
}

static char said[1 << 16];

static const char *document(ts_report_format format, bool verbose)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    if (format == TS_TEXT)
        for (int i = 0; i < 3; i++)
            ts_report_text(f, &reports[i], verbose);
    else
        ts_report_all(f, reports, 3, format);
    rewind(f);
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    fclose(f);
    return said;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

static void counting(void **state)
{
    (void)state;
    assert_int_equal(ts_report_failures(&reports[0]), 0);
    assert_int_equal(ts_report_failures(&reports[1]), 1);
    assert_int_equal(ts_report_failures(&reports[2]), 1);
    ts_finding *f = &reports[0].findings[3];
    f->published.pass = false;
    assert_true(ts_finding_passed(f));
    f->has_published = true;
    assert_false(ts_finding_passed(f));
    f->has_published = false;
}

static void text(void **state)
{
    (void)state;
    document(TS_TEXT, false);
    assert_int_equal(count(said, "OK    "), 1);
    assert_int_equal(count(said, "FAILED"), 2);
    assert_int_equal(count(said, "first to diverge, in the order of execution: output t7"), 1);
    assert_non_null(strstr(said, "FAIL output t7: wrong & wronger"));
    assert_non_null(strstr(said, "at (1, 1)"));
    assert_non_null(strstr(said, "FAIL unknown module; repeat: touchstone check x"));
    /* Every failing line ends with the command that repeats it. */
    for (const char *line = said; *line; line += strcspn(line, "\n") + 1) {
        const size_t n = strcspn(line, "\n");
        static const char tail[] = "repeat: touchstone check x";
        if (strncmp(line, "  FAIL", 6) == 0)
            assert_memory_equal(line + n - strlen(tail), tail, strlen(tail));
    }
    document(TS_TEXT, true);
    assert_int_equal(count(said, "  ok   output"), 79);
}

static void json(void **state)
{
    (void)state;
    json_t *all = json_loads(document(TS_JSON, false), 0, NULL);
    assert_int_equal(json_array_size(all), 3);
    const json_t *bad = json_array_get(all, 1);
    assert_true(json_is_false(json_object_get(bad, "pass")));
    assert_true(json_is_true(json_object_get(json_array_get(all, 0), "pass")));
    const json_t *f = json_array_get(json_object_get(bad, "findings"), 7);
    assert_string_equal(json_string_value(json_object_get(f, "name")), "t7");
    assert_true(json_is_false(json_object_get(json_object_get(f, "mine"), "pass")));
    assert_non_null(json_object_get(json_array_get(all, 2), "error"));
    json_decref(all);
}

static void junit(void **state)
{
    (void)state;
    document(TS_JUNIT, false);
    assert_non_null(strstr(said, "tests=\"3\" failures=\"2\""));
    assert_int_equal(count(said, "<testcase "), 3);
    assert_int_equal(count(said, "<failure "), 2);
    assert_null(strstr(said, "a<b>"));
    assert_non_null(strstr(said, "a&lt;b&gt;.safetensors"));
    assert_non_null(strstr(said, "wrong &amp; wronger"));
}

static void tap(void **state)
{
    (void)state;
    document(TS_TAP, false);
    assert_int_equal(strncmp(said, "TAP version 13\n1..3\nok 1 - ", 27), 0);
    assert_int_equal(count(said, "\nnot ok "), 2);
    assert_non_null(strstr(said, "\n#   FAIL output t7"));
}

static void names(void **state)
{
    (void)state;
    static const char *const all[] = {"text", "json", "junit", "tap"};
    ts_report_format format;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ts_report_format_from(&ctx, all[i], &format), TS_OK);
        assert_int_equal(format, i);
    }
    assert_int_equal(ts_report_format_from(&ctx, "xml", &format), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
}

static void places(void **state)
{
    (void)state;
    char place[64];
    const int64_t size[3] = {2, 3, 4};
    assert_string_equal(ts_place_text(place, sizeof place, 3, size, 23), "(1, 2, 3)");
    assert_string_equal(ts_place_text(place, sizeof place, 0, NULL, 0), "()");
    assert_string_equal(ts_place_text(place, 5, 3, size, 23), "(1, ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting), cmocka_unit_test(text),  cmocka_unit_test(json),
        cmocka_unit_test(junit),    cmocka_unit_test(tap),   cmocka_unit_test(names),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
