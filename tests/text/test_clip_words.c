#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/clip_words.h"

#include <string.h>

/* Words joined by a bar. */
static void words(const char *text, const char *wanted, bool python)
{
    ts_ctx ctx;
    ts_runes r = {0};
    ts_bytes b = {0};
    int64_t first = 0, n;
    ts_ctx_open_plain(&ctx);
    ts_runes_decode(&ctx, &r, text, (int64_t)strlen(text));
    while ((n = ts_clip_next_word(&r, &first, python)) > 0) {
        ts_runes_encode(&ctx, &b, r.at + first, n);
        ts_bytes_add(&ctx, &b, "/", 1);
        first += n;
    }
    ts_bytes_add(&ctx, &b, "", 1);
    assert_string_equal(b.at, wanted);
    ts_bytes_free(&b);
    ts_runes_free(&r);
    ts_ctx_close(&ctx);
}

static void expression(void **state)
{
    (void)state;
    words("it's  the 24h sale!!", "it/'s/the/2/4/h/sale/!!/", false);
    words("don't we'll 'd", "don/'t/we/'ll/'d/", false);
    words("!'s x''y", "!'/s/x/''/y/", false);
    words("e\xCC\x81x", "e/\xCC\x81/x/", false); /* a mark is no letter */
    words("", "", false);
    words("  ", "", true);
    words("a<|endoftext|>", "a/<|endoftext|>/", true);
    words("a<|endoftext|>", "a/<|/endoftext/|>/", false);
    words("!<|endoftext|>", "!<|/endoftext/|>/", true);
    words("'\xC5\xBF", "'\xC5\xBF/", true); /* a long s, ignoring case */
    words("'\xC5\xBF", "'/\xC5\xBF/", false);
    words("a\xCD\x85!\xCD\x85", "a/!/", true); /* the combining iota is dropped */
    words("!\xCD\x85", "!\xCD\x85/", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
