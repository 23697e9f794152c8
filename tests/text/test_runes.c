#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/runes.h"

#include <string.h>

static void every_character_there_and_back(void **state)
{
    (void)state;
    for (int32_t c = 0; c < 0x110000; c++) {
        char text[4];
        int32_t back = -1;
        const int n = ts_utf8_put(text, c);
        const bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_int_equal(ts_utf8_get(text, n, &back), surrogate ? 0 : n);
        assert_int_equal(back, surrogate ? -1 : c);
        assert_int_equal(ts_utf8_get(text, n - 1, NULL), 0);
    }
}

static void bad_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",         "\xC0\x80",         "\xC1\xBF",
                                      "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                                      "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82",
                                      "\xC3(",        "\xF0\x9F\x98",     "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[16] = "ok";
        strcat(text, bad[i]);
        ts_ctx ctx;
        ts_runes r = {0};
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_runes_decode(&ctx, &r, text, (int64_t)strlen(text)),
                         TS_ERROR_FORMAT);
        assert_non_null(strstr(ctx.message, "not valid UTF-8: byte 2"));
        ts_runes_free(&r);
        ts_ctx_close(&ctx);
    }
}

static void form_c(const int32_t *from, int64_t n, const int32_t *to, int64_t m)
{
    ts_ctx ctx;
    ts_runes r = {0};
    ts_ctx_open_plain(&ctx);
    for (int64_t i = 0; i < n; i++)
        ts_runes_add(&ctx, &r, from[i]);
    assert_int_equal(ts_runes_nfc(&ctx, &r), TS_OK);
    assert_int_equal(r.count, m);
    assert_memory_equal(r.at, to, (size_t)m * sizeof *to);
    ts_runes_free(&r);
    ts_ctx_close(&ctx);
}

static void normal_forms(void **state)
{
    (void)state;
    form_c((const int32_t[]){'e', 0x301}, 2, (const int32_t[]){0xE9}, 1);
    form_c((const int32_t[]){0x212B}, 1, (const int32_t[]){0xC5}, 1);
    form_c((const int32_t[]){0x1100, 0x1161, 0x11A8}, 3, (const int32_t[]){0xAC01}, 1);
    form_c((const int32_t[]){'q', 0x307, 0x323}, 3, (const int32_t[]){'q', 0x323, 0x307}, 3);
    form_c((const int32_t[]){0x958}, 1, (const int32_t[]){0x915, 0x93C}, 2);
    form_c((const int32_t[]){0, 'a', 0xFB01}, 3, (const int32_t[]){0, 'a', 0xFB01}, 3);
    form_c(NULL, 0, (const int32_t[]){0}, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_there_and_back),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(normal_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
