/* Prompts: sentences of the published data set's form, and its rules for '*'. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/prompt.h"

static void says(const char *want, const char *caption, const char *phrase,
                 const char *const *lines, int64_t count)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    char *text = ts_prompt(&ctx, caption, phrase, lines, count);
    assert_non_null(text);
    assert_string_equal(text, want);
    ts_free(text);
    ts_ctx_close(&ctx);
}

static void sentences(void **state)
{
    (void)state;
    const char *one[] = {"STOP"}, *two[] = {"HELLO", "50% OFF"};
    const char *chinese[] = {"\xe4\xbd\xa0\xe5\xa5\xbd"};
    says("a photo of a sign, that reads HELLO , 50% OFF .", "a photo of a sign", NULL, two, 2);
    says("these texts are written on it: STOP .", "", ts_phrase(7), one, 1);
    says("that reads STOP .", NULL, NULL, one, 1);
    says("that reads STOP .", " \n", NULL, one, 1);
    says("cup, captions are \xe4\xbd\xa0\xe5\xa5\xbd .", "cup", ts_phrase(8), chinese, 1);
    says("a b, with the words of STOP .", "a*b", ts_phrase(4), one, 1);
}

/* A line with a '*' is itself replaced into; the place of the last line then stays. */
static void stars(void **state)
{
    (void)state;
    const char *lines[] = {"5*", "X"}, *empty[] = {"", "Y"}, *many[] = {"**", "a", "b", "c"};
    says("c, that reads 5X , * .", "c", NULL, lines, 2);
    says("c, that reads  , Y .", "c", NULL, empty, 2);
    says("c, that reads ab , c , * , * .", "c", NULL, many, 4);
}

static void phrases(void **state)
{
    (void)state;
    for (int i = 0; i < TS_PHRASES; i++) {
        const char *p = ts_phrase(i);
        assert_true(p[0] == ',' && p[1] == ' ' && p[strlen(p) - 1] == ' ');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(p, ts_phrase(k));
    }
    assert_string_equal(ts_phrase(5), TS_DEFAULT_PHRASE);
    assert_null(ts_phrase(-1));
    assert_null(ts_phrase(TS_PHRASES));
}

static void cutting(void **state)
{
    (void)state;
    assert_int_equal(ts_cut_line("abcdef", 3), 3);
    assert_int_equal(ts_cut_line("ab", 20), 2);
    assert_int_equal(ts_cut_line("\xe4\xbd\xa0\xe5\xa5\xbd!", 1), 3);
    assert_int_equal(ts_cut_line("\xe4\xbd\xa0\xe5\xa5\xbd!", 2), 6);
    assert_int_equal(ts_cut_line("abc", 0), 0);
    assert_int_equal(ts_cut_line("", 5), 0);
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *line[] = {"x"};
    assert_null(ts_prompt(&ctx, "c", NULL, line, 0));
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_null(ts_prompt(&ctx, "c", ", a * b ", line, 1));
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    const char *line[] = {"x", "y"};
    ts_free(ts_prompt(ctx, "c", NULL, line, 2));
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_int_equal(glyph_faults(once, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),  cmocka_unit_test(sentences), cmocka_unit_test(stars),
        cmocka_unit_test(phrases), cmocka_unit_test(cutting),   cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
