#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/unicode.h"

#include <string.h>

static void classes(void **state)
{
    (void)state;
    assert_true(ts_is_letter('a') && ts_is_letter(0x4E00) && ts_is_letter(0x2B0));
    assert_false(ts_is_letter('1') || ts_is_letter(0x301) || ts_is_letter('_'));
    assert_true(ts_is_number('7') && ts_is_number(0x2160) && ts_is_number(0xBD));
    assert_true(ts_is_digit(0x661));
    assert_false(ts_is_digit(0xBD) || ts_is_number('a'));
    static const int32_t spaces[] = {9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, 0x2003, 0x2028,
                                     0x2029, 0x202F, 0x205F, 0x3000};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        assert_true(ts_is_space(spaces[i]));
    assert_false(ts_is_space(0x200B) || ts_is_space(0x1C) || ts_is_space(0x180E));
    assert_true(ts_is_space_separator(0xA0) && !ts_is_space_separator('\n'));
    assert_true(ts_is_word('_') && ts_is_word(0x301) && !ts_is_word('-'));
    assert_true(ts_is_other(0) && ts_is_other(0x200D) && ts_is_other(0xE000) &&
                ts_is_other(0x378));
    assert_false(ts_is_other(' ') || ts_is_other(0x2028));
    assert_true(ts_is_ideograph(0x4E00) && ts_is_ideograph(0x2F800) && !ts_is_ideograph(0x3042));
}

static void lowers(const char *text, const char *wanted, bool final_sigma)
{
    ts_ctx ctx;
    ts_runes r = {0};
    ts_bytes b = {0};
    ts_ctx_open_plain(&ctx);
    ts_runes_decode(&ctx, &r, text, (int64_t)strlen(text));
    assert_int_equal(ts_runes_lower(&ctx, &r, final_sigma), TS_OK);
    ts_runes_encode(&ctx, &b, r.at, r.count);
    assert_int_equal(b.count, strlen(wanted));
    assert_memory_equal(b.at, wanted, strlen(wanted));
    ts_bytes_free(&b);
    ts_runes_free(&r);
    ts_ctx_close(&ctx);
}

static void lower_case(void **state)
{
    (void)state;
    lowers("A\xC3\x89Z\xC7\x85", "a\xC3\xA9z\xC7\x86", true);
    lowers("\xC4\xB0", "i\xCC\x87", false);                           /* I with dot */
    lowers("\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82", true);             /* alpha sigma */
    lowers("\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x83", false);
    lowers("\xCE\xA3", "\xCF\x83", true);                             /* alone: not final */
    lowers("\xCE\x91\xCE\xA3.", "\xCE\xB1\xCF\x82.", true);           /* a full stop is ignored */
    lowers("\xCE\x91\xCE\xA3.\xCE\x91", "\xCE\xB1\xCF\x83.\xCE\xB1", true);
    lowers("\xCE\x91 \xCE\xA3", "\xCE\xB1 \xCF\x83", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
