#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ts_option known[] = {TS_HOW_OPTIONS, {"--set", "K=V", "a setting"}, {0}};

static ts_ctx ctx;
static ts_options o;
static ts_how how;
static ts_dtype format;

static ts_status setup(int argc, const char *const *argv)
{
    char *words[8];
    for (int i = 0; i < argc; i++)
        memcpy(&words[i], &argv[i], sizeof words[i]);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_options_parse(&ctx, &o, known, argc, words), TS_OK);
    return ts_setup_how(&ctx, &how, &format, &o);
}

static void finish(void)
{
    ts_options_free(&o);
    ts_ctx_close(&ctx);
}

static void arithmetic(void **state)
{
    (void)state;
    assert_int_equal(setup(0, NULL), TS_OK);
    assert_ptr_equal(how.table, &ts_table_fast);
    assert_true(how.compute == TS_F32 && how.round == TS_NONE && format == TS_F32);
    finish();
    assert_int_equal(setup(6, (const char *const[]){"--precision", "bf16", "--backend", "plain",
                                                    "--threads", "3"}), TS_OK);
    assert_ptr_equal(how.table, &ts_table_plain);
    assert_true(how.compute == TS_F32 && how.round == TS_BF16 && format == TS_BF16);
    assert_int_equal(how.threads, 3);
    finish();
    assert_int_equal(setup(2, (const char *const[]){"--precision", "f64"}), TS_OK);
    assert_true(how.compute == TS_F64 && how.round == TS_NONE && format == TS_F64);
    finish();
}

static void bad_words(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"--precision", "fp32"}, {"--backend", "cuda"}, {"--threads", "-1"}, {"--backend", "honest"}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(setup(2, bad[i]), TS_ERROR_USAGE);
        finish();
    }
}

static void settings(void **state)
{
    (void)state;
    ts_job job = {0};
    assert_int_equal(setup(4, (const char *const[]){"--set", "sinusoid=f32", "--set", "a=1"}),
                     TS_OK);
    assert_int_equal(ts_setup_settings(&ctx, &how, &job, &o), TS_OK);
    assert_true(how.sinusoid_f32);
    assert_null(json_object_get(job.settings, "sinusoid"));
    assert_int_equal(json_integer_value(json_object_get(job.settings, "a")), 1);
    ts_job_free(&job);
    finish();
    setup(2, (const char *const[]){"--set", "sinusoid=f16"});
    assert_int_equal(ts_setup_settings(&ctx, &how, &job, &o), TS_ERROR_USAGE);
    ts_job_free(&job);
    finish();
}

/* What is printed is what a shell reads back. */
static void quoting(void **state)
{
    (void)state;
    static const char *const words[] = {"plain-1.0/x=y", "two words", "it's", "", "$HOME", "a;b"};
    char text[200] = "", line[300], back[200] = "";
    ts_words w = {text, sizeof text, 0};
    for (int i = 0; i < 6; i++)
        ts_words_add(&w, words[i]);
    assert_string_equal(text, "plain-1.0/x=y 'two words' 'it'\\''s' '' '$HOME' 'a;b'");
    snprintf(line, sizeof line, "printf '%%s|' %s", text);
    FILE *f = popen(line, "r");
    assert_non_null(f);
    assert_non_null(fgets(back, sizeof back, f));
    pclose(f);
    assert_string_equal(back, "plain-1.0/x=y|two words|it's||$HOME|a;b|");
    char small[8] = "";
    ts_words s = {small, sizeof small, 0};
    ts_words_add(&s, "1234567");
    ts_words_add(&s, "8");
    assert_string_equal(small, "1234567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arithmetic), cmocka_unit_test(bad_words),
                                       cmocka_unit_test(settings), cmocka_unit_test(quoting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
