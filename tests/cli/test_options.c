#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/options.h"

#include <string.h>

static const ts_option known[] = {{"--out", "FILE", "a file"},
                                  {"--set", "K=V", "a setting"},
                                  {"--grads", NULL, "a flag"},
                                  {"--threads", "N", "a number"},
                                  {0}};

static ts_ctx ctx;
static ts_options o;

static ts_status parse(int argc, const char *const *argv)
{
    char *words[16];
    for (int i = 0; i < argc; i++)
        memcpy(&words[i], &argv[i], sizeof words[i]);
    ts_ctx_open_plain(&ctx);
    return ts_options_parse(&ctx, &o, known, argc, words);
}

static void finish(void)
{
    ts_options_free(&o);
    ts_ctx_close(&ctx);
}

static void all_forms(void **state)
{
    (void)state;
    const char *const words[] = {"MODULE", "--out", "a", "--set=x=1", "--grads", "--set",  "y=2",
                                 "--out",  "b", "--",        "--set",   "-"};
    assert_int_equal(parse(12, words), TS_OK);
    assert_string_equal(ts_option_text(&o, "--out", NULL), "b");
    assert_int_equal(ts_option_times(&o, "--set"), 2);
    assert_string_equal(ts_option_nth(&o, "--set", 0), "x=1");
    assert_string_equal(ts_option_nth(&o, "--set", 1), "y=2");
    assert_null(ts_option_nth(&o, "--set", 2));
    assert_true(ts_option_on(&o, "--grads"));
    assert_false(ts_option_on(&o, "--threads"));
    assert_string_equal(ts_option_text(&o, "--threads", "2"), "2");
    assert_int_equal(o.count, 3);
    assert_string_equal(o.arguments[0], "MODULE");
    assert_string_equal(o.arguments[1], "--set");
    assert_string_equal(o.arguments[2], "-");
    finish();
}

static void refused(const char *const *words, int count, const char *sentence)
{
    assert_int_equal(parse(count, words), TS_ERROR_USAGE);
    assert_string_equal(ctx.message, sentence);
    finish();
}

static void bad_words(void **state)
{
    (void)state;
    refused((const char *const[]){"--ouT", "x"}, 2, "unknown option --ouT; did you mean --out?");
    refused((const char *const[]){"--xyz=1"}, 1, "unknown option --xyz");
    refused((const char *const[]){"-x"}, 1, "unknown option -x");
    refused((const char *const[]){"--out"}, 1, "--out needs a value: --out FILE");
    refused((const char *const[]){"--grads=1"}, 1, "--grads takes no value");
    refused((const char *const[]){"--hel"}, 1, "unknown option --hel; did you mean --help?");
    assert_int_equal(parse(1, (const char *const[]){"-h"}), TS_OK);
    assert_true(ts_option_on(&o, "--help"));
    finish();
}

static void numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "65", "2x", "", "99999999999999999999"};
    assert_int_equal(parse(2, (const char *const[]){"--threads", "64"}), TS_OK);
    assert_int_equal(ts_option_int(&ctx, &o, "--threads", 1, 1, 64), 64);
    assert_int_equal(ts_option_int(&ctx, &o, "--set", 7, 1, 64), 7);
    assert_true(ts_option_real(&ctx, &o, "--threads", 1, 0, 100) == 64.0);
    assert_true(ts_option_real(&ctx, &o, "--set", 0.5, 0, 100) == 0.5);
    assert_int_equal(ctx.status, TS_OK);
    finish();
    for (int i = 0; i < 5; i++) {
        parse(2, (const char *const[]){"--threads", bad[i]});
        assert_int_equal(ts_option_int(&ctx, &o, "--threads", 3, 1, 64), 3);
        assert_int_equal(ctx.status, TS_ERROR_USAGE);
        assert_non_null(strstr(ctx.message, "--threads: expected a whole number from 1 to 64"));
        finish();
    }
    parse(2, (const char *const[]){"--threads", "nan"});
    ts_option_real(&ctx, &o, "--threads", 0, 0, 1);
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    finish();
}

static void nearest(void **state)
{
    (void)state;
    static const char *const list[] = {"run", "check", "diff", NULL};
    assert_string_equal(ts_nearest("chekc", list), "check");
    assert_string_equal(ts_nearest("dif", list), "diff");
    assert_string_equal(ts_nearest("run", list), "run");
    assert_null(ts_nearest("generate", list));
    char longer[200];
    memset(longer, 'x', sizeof longer);
    longer[199] = '\0';
    assert_null(ts_nearest(longer, list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_forms), cmocka_unit_test(bad_words),
                                       cmocka_unit_test(numbers), cmocka_unit_test(nearest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
