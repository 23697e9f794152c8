#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/fonts.h"

#include "tests/support/files.h"

#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;

static ts_status open_set(ts_font_set *set, int argc, const char *const *argv)
{
    static const ts_option known[] = {TS_FONT_OPTION, {0}};
    char *copy[2 * TS_MAX_FONTS + 2] = {NULL};
    ts_options o;
    for (int i = 0; i < argc; i++)
        memcpy(&copy[i], &argv[i], sizeof copy[i]);
    assert_int_equal(ts_options_parse(&ctx, &o, known, argc, copy), TS_OK);
    const ts_status status = ts_font_set_open(&ctx, set, &o);
    ts_options_free(&o);
    return status;
}

/* Without --font: letters, and behind them ideographs. */
static void finds_fonts(void **state)
{
    (void)state;
    ts_font_set set;
    assert_int_equal(open_set(&set, 0, NULL), TS_OK);
    assert_int_equal(set.fonts.count, 2);
    assert_true(ts_font_glyph(set.fonts.font[0], 'A') > 0);
    assert_int_equal(ts_font_glyph(set.fonts.font[0], 0x5496), 0);
    assert_true(ts_font_glyph(set.fonts.font[1], 0x5496) > 0);
    ts_font_set_close(&set);
}

static void prefers_the_users_folder(void **state)
{
    (void)state;
    ts_font_set set;
    size_t bytes;
    char *font = files_read("data/fonts/DejaVuSerif-Bold.ttf", &bytes);
    const char *path = files_path("DejaVuSans.ttf");
    files_write(path, font, bytes);
    free(font);
    char folder[256];
    strcpy(folder, path);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(setenv("TOUCHSTONE_FONTS", folder, 1), 0);
    assert_int_equal(open_set(&set, 0, NULL), TS_OK);
    assert_non_null(strstr(ts_font_name(set.fonts.font[0]), folder));
    ts_font_set_close(&set);
    unsetenv("TOUCHSTONE_FONTS");
}

static void takes_those_given(void **state)
{
    (void)state;
    ts_font_set set;
    const char *const argv[] = {"--font", "data/fonts/DejaVuSerif-Bold.ttf"};
    assert_int_equal(open_set(&set, 2, argv), TS_OK);
    assert_int_equal(set.fonts.count, 1);
    assert_non_null(strstr(ts_font_name(set.fonts.font[0]), "Serif"));
    ts_font_set_close(&set);
    const char *many[2 * TS_MAX_FONTS + 2];
    for (int i = 0; i < 2 * TS_MAX_FONTS + 2; i++)
        many[i] = argv[i % 2];
    open_set(&set, 2 * TS_MAX_FONTS + 2, many);
    ts_font_set_close(&set);
    files_failed(&ctx, TS_ERROR_USAGE, "--font: at most 16 fonts");
    const char *const none[] = {"--font", "nowhere/none.ttf"};
    open_set(&set, 2, none);
    ts_font_set_close(&set);
    files_failed(&ctx, TS_ERROR_IO, "nowhere/none.ttf: cannot open it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_fonts),
                                       cmocka_unit_test(prefers_the_users_folder),
                                       cmocka_unit_test(takes_those_given)};
    ts_ctx_open_plain(&ctx);
    const int failed = cmocka_run_group_tests(tests, files_setup, files_teardown);
    ts_ctx_close(&ctx);
    return failed;
}
