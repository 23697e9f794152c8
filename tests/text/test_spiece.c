#include "tests/support/files.h"
#include "tests/support/rows.h"

#include "ref/text/spiece.h"

#include <stdlib.h>
#include <string.h>

#define TINY "data/goldens/tiny-a/tokenizer_2/spiece.model"

static void tiny(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_spiece s;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_spiece_open(&ctx, &s, TINY), TS_OK);
    assert_int_equal(s.unigram.count, 1000);
    assert_int_equal(s.unigram.unknown, 2);
    assert_true(s.prefix && s.squeezed && s.escaped);
    assert_int_equal(ts_trie_find(&s.names, "</s>", 4), 1);
    assert_int_equal(ts_trie_find(&s.unigram.trie, "</s>", 4), -1); /* a control piece */

    ts_bytes out = {0};
    static const char text[] = "  a  \xEF\xBC\xA2 \xE2\x80\xA6 ";
    assert_int_equal(ts_spiece_normalize(&ctx, &s, &out, text, sizeof text - 1, true), TS_OK);
    ts_bytes_add(&ctx, &out, "", 1);
    assert_string_equal(out.at, "\xE2\x96\x81" "a" "\xE2\x96\x81" "B" "\xE2\x96\x81...");
    ts_bytes_free(&out);
    assert_int_equal(ts_spiece_normalize(&ctx, &s, &out, "   ", 3, true), TS_OK);
    assert_int_equal(out.count, 0);
    ts_bytes_free(&out);
    ts_spiece_close(&s);
    ts_ctx_close(&ctx);
}

/* Every prefix of the file, and files with flipped bytes: a model or a sentence, never a crash. */
static void hostile(void **state)
{
    (void)state;
    size_t bytes;
    char *const blob = files_read(TINY, &bytes);
    srand(11);
    for (int trial = 0; trial < 250; trial++) {
        ts_ctx ctx;
        ts_spiece s;
        ts_ctx_open_plain(&ctx);
        const size_t at = (size_t)rand() % (trial % 2 ? 3000 : bytes);
        const char old = blob[at];
        blob[at] = (char)(old ^ (1 << rand() % 8));
        const size_t cut = trial % 5 ? bytes : (size_t)rand() % bytes;
        if (!ts_spiece_parse(&ctx, &s, blob, (int64_t)cut, "file")) {
            ts_ids ids = {0};
            ts_spiece_encode(&ctx, &s, &ids, "a shop \xE2\x80\xA6 e\xCC\x81", 14, true);
            ts_ids_free(&ids);
            ts_spiece_close(&s);
        } else {
            assert_non_null(strstr(ctx.message, "file: "));
        }
        blob[at] = old;
        ts_ctx_close(&ctx);
    }
    free(blob);
}

static void parses(const char *blob, size_t bytes, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_spiece s;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_spiece_parse(&ctx, &s, blob, (int64_t)bytes, "file"), status);
    files_failed(&ctx, status, words);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    parses("", 0, TS_ERROR_FORMAT, "no pieces");
    parses("\x0A\x03\x0A\x01" "a", 5, TS_ERROR_FORMAT, "unknown");
    parses("\x0A\x7F", 2, TS_ERROR_FORMAT, "damaged at byte");
    parses("\x0B", 1, TS_ERROR_FORMAT, "damaged");
    parses("\x0A\x00", 2, TS_ERROR_FORMAT, "piece 0 is damaged");
    parses("\x0A\x05\x0A\x01" "a\x18\x06", 7, TS_ERROR_UNSUPPORTED, "byte fallback");
    parses("\x0A\x05\x0A\x01" "a\x18\x04", 7, TS_ERROR_UNSUPPORTED, "user-defined");
    parses("\x0A\x05\x0A\x01" "a\x18\x02\x12\x02\x18\x02", 11, TS_ERROR_UNSUPPORTED, "type 2");
    ts_ctx ctx;
    ts_spiece s;
    ts_ctx_open_plain(&ctx);
    assert_int_not_equal(ts_spiece_open(&ctx, &s, "data/nowhere"), TS_OK);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny),
        cmocka_unit_test(hostile),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
