#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/ftfy.h"

#include <string.h>

static void fixes(const char *text, const char *wanted)
{
    ts_ctx ctx;
    ts_runes r = {0};
    ts_bytes b = {0};
    ts_ctx_open_plain(&ctx);
    ts_runes_decode(&ctx, &r, text, (int64_t)strlen(text));
    assert_int_equal(ts_ftfy(&ctx, &r), TS_OK);
    ts_runes_encode(&ctx, &b, r.at, r.count);
    ts_bytes_add(&ctx, &b, "", 1);
    assert_string_equal(b.at, wanted);
    ts_bytes_free(&b);
    ts_runes_free(&r);
    ts_ctx_close(&ctx);
}

/* The results are those of ftfy 6.3.1. */
static void references(void **state)
{
    (void)state;
    fixes("&amp;lt;b&amp;gt;", "<b>");
    fixes("a<b &amp;\n&amp;", "a<b &amp;\n&amp;"); /* HTML from the first < on */
    fixes("&amp;\na<b", "&\na<b");
    fixes("P&EACUTE;REZ &eacute;", "P\xC3\x89REZ \xC3\xA9");
    fixes("&#65;&#x42;&#X43;", "ABC");
    fixes("&#59;&#x3B;&#12ab;&#xg;&#;&;&nope;&amp", "&#59;&#x3B;&#12ab;&#xg;&#;&;&nope;&amp");
    fixes("&#0;&#xD800;&#99999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    fixes("&#150;", "\xE2\x80\x93");
}

static void characters(void **state)
{
    (void)state;
    fixes("\xE2\x80\x9Cq\xE2\x80\x9D \xE2\x80\x98s\xE2\x80\x99", "\"q\" 's'");
    fixes("\xEF\xAC\x81\xEF\xAC\x83 \xC4\xB2", "fiffi IJ");
    fixes("\xEF\xBC\xA1\xEF\xBC\x91\xE3\x80\x80x", "A1 x");
    fixes("a\r\nb\rc\xE2\x80\xA8" "d", "a\nb\nc\nd");
    fixes("\x1B[1;31mred\x1B[0m \x1B[x", "red ");
    fixes("a\x07\x7F\xEF\xBB\xBF" "b\tc", "ab\tc");
    fixes("e\xCC\x81", "\xC3\xA9");
    fixes("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references),
        cmocka_unit_test(characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
