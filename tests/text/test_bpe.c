#include "tests/support/files.h"
#include "tests/support/rows.h"

#include "ref/text/bpe.h"

#include <string.h>
#include <time.h>

/* Merges: "a b", then "b c</w>"; "ab" + "c</w>" is a token that no merge makes. */
static const char vocab[] = "{\"a\":0,\"b\":1,\"c\":2,\"a</w>\":3,\"b</w>\":4,\"c</w>\":5,"
                            "\"ab\":6,\"bc</w>\":7,\"abab\":8}";

static ts_bpe *opened(ts_ctx *ctx, const char *merges)
{
    files_write_text(files_path("vocab.json"), vocab);
    files_write_text(files_path("merges.txt"), merges);
    return ts_bpe_open(ctx, files_path("."));
}

static void encodes(const ts_bpe *bpe, const char *word, const int64_t *wanted, int64_t count)
{
    for (int order = 0; order < 2; order++) {
        ts_ctx ctx;
        ts_ids ids = {0};
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_bpe_encode(&ctx, bpe, &ids, word, (int64_t)strlen(word), 99,
                                       (ts_merge_order)order), TS_OK);
        ids_equal(&ids, wanted, count);
        ts_ids_free(&ids);
        ts_ctx_close(&ctx);
    }
}

static void merges(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_bpe *const bpe = opened(&ctx, "#version\na b\r\nb c</w>\nab ab\n\nnot read");
    assert_string_equal(ctx.message, "");
    assert_int_equal(ts_bpe_size(bpe), 9);
    assert_int_equal(ts_bpe_find(bpe, "bc</w>"), 7);
    assert_int_equal(ts_bpe_find(bpe, "zz"), -1);
    encodes(bpe, "a", (const int64_t[]){3}, 1);
    encodes(bpe, "bc", (const int64_t[]){7}, 1);
    encodes(bpe, "abc", (const int64_t[]){6, 5}, 2); /* the first line first */
    encodes(bpe, "ababab", (const int64_t[]){8, 0, 4}, 3);
    encodes(bpe, "azb", (const int64_t[]){0, 99, 4}, 3);
    ts_bpe_close(bpe);
    ts_bpe_close(NULL);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"#\nab\n", "#\na b c\n", "#\na q\n", "#\nq a\n", "#\nb a\n",
                                      "#\n a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        assert_null(opened(&ctx, bad[i]));
        files_failed(&ctx, TS_ERROR_FORMAT, "line 2");
        ts_ctx_close(&ctx);
    }
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("vocab.json"), "{\"a\":-1}");
    assert_null(ts_bpe_open(&ctx, files_path(".")));
    files_failed(&ctx, TS_ERROR_FORMAT, "the id of \"a\"");
    files_write_text(files_path("vocab.json"), "[]");
    assert_null(ts_bpe_open(&ctx, files_path(".")));
    files_failed(&ctx, TS_ERROR_FORMAT, "object");
    assert_null(ts_bpe_open(&ctx, files_path("nowhere")));
    files_failed(&ctx, TS_ERROR_IO, "nowhere");
    ts_ctx_close(&ctx);
}

/* Twice the word takes about twice the time, not four times; a real vocabulary opens at once. */
static void long_words(void **state)
{
    (void)state;
    enum { BYTES = 400000 };
    static char word[BYTES];
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    const clock_t begin = clock();
    ts_bpe *const bpe = ts_bpe_open(&ctx, "data/goldens/text/real_tokenizers/clip");
    memset(word, 'a', BYTES);
    assert_int_equal(ts_bpe_encode(&ctx, bpe, &ids, word, BYTES, 0, TS_MERGE_ROUND), TS_OK);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 10);
    assert_true(ids.count > 1000 && ids.count < BYTES);
    ts_ids_free(&ids);
    ts_bpe_close(bpe);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(merges), cmocka_unit_test(refused),
                                       cmocka_unit_test(long_words)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
