#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/clean.h"

#include <string.h>

static void cleans(ts_clean how, const char *text, const char *wanted)
{
    ts_ctx ctx;
    ts_runes r = {0};
    ts_bytes b = {0};
    ts_ctx_open_plain(&ctx);
    ts_runes_decode(&ctx, &r, text, (int64_t)strlen(text));
    assert_int_equal(ts_clean_runes(&ctx, &r, how), TS_OK);
    ts_runes_encode(&ctx, &b, r.at, r.count);
    ts_bytes_add(&ctx, &b, "", 1);
    assert_string_equal(b.at, wanted);
    ts_bytes_free(&b);
    ts_runes_free(&r);
    ts_ctx_close(&ctx);
}

static void three_ways(void **state)
{
    (void)state;
    cleans(TS_CLEAN_FAST, " \t A  B\n", " a b ");
    cleans(TS_CLEAN_FTFY, " \t A  B\n", "a b");
    cleans(TS_CLEAN_BASIC, " \t A  B\n", "a b");
    cleans(TS_CLEAN_FAST, "&amp;\xE2\x80\x8D", "&amp;\xE2\x80\x8D");
    cleans(TS_CLEAN_FTFY, "&amp;\xE2\x80\x8D", "&\xE2\x80\x8D");
    cleans(TS_CLEAN_BASIC, "&amp;\xE2\x80\x8D", "&amp;"); /* the joiner is of category C */
    cleans(TS_CLEAN_BASIC, "x\xE4\xBD\xA0\xE5\xA5\xBDy", "x \xE4\xBD\xA0 \xE5\xA5\xBD y");
    cleans(TS_CLEAN_FAST, "\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x83");
    cleans(TS_CLEAN_FTFY, "\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82");
    cleans(TS_CLEAN_FTFY, "   ", "");
}

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_clean how = TS_CLEAN_FAST;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_clean_named(&ctx, &how, "basic"), TS_OK);
    assert_int_equal(how, TS_CLEAN_BASIC);
    assert_int_equal(ts_clean_named(&ctx, &how, "soap"), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "fast, ftfy or basic"));
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_ways),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
