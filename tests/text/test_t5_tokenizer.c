#include "tests/support/faults.h"
#include "tests/support/files.h"
#include "tests/support/rows.h"

#include "ref/text/t5_tokenizer.h"

#define REAL "data/goldens/text/real_tokenizers/"
#define MORE "data/goldens/text/tokens_more.jsonl"

typedef struct {
    const ts_t5_tokenizer *tokenizer;
    int64_t truncate, pad;
} way;

static ts_status encode(ts_ctx *ctx, const void *arg, ts_ids *out, const char *text, int64_t bytes)
{
    const way *const w = arg;
    return ts_t5_tokenize(ctx, w->tokenizer, out, text, bytes, w->truncate, w->pad);
}

static void real_vocabulary(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_t5_tokenizer *const t = ts_t5_tokenizer_open(&ctx, REAL "t5", TS_T5_ANY);
    assert_string_equal(ctx.message, "");
    assert_int_equal(ts_t5_tokenizer_size(t), 32100);
    rows_equal(REAL "rows.jsonl", "t5", encode, &(way){t, 0, 0}, 296);
    rows_equal(REAL "rows.jsonl", "t5_512", encode, &(way){t, 512, 512}, 296);
    rows_equal(MORE, "t5", encode, &(way){t, 0, 0}, 400);
    ts_t5_tokenizer_close(t);
    ts_ctx_close(&ctx);
}

static void tiny_vocabulary(void **state)
{
    (void)state;
    const char *const path = "data/goldens/text/tokens.json";
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_t5_tokenizer *t = ts_t5_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer_2", TS_T5_ANY);
    assert_string_equal(ctx.message, "");
    rows_equal(path, "t5", encode, &(way){t, 512, 0}, 61);
    ts_t5_tokenizer_close(t);
    t = ts_t5_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer_2", TS_T5_SENTENCEPIECE);
    assert_string_equal(ctx.message, "");
    rows_equal(path, "t5_sentencepiece", encode, &(way){t, 512, 0}, 61);
    ts_t5_tokenizer_close(t);
    t = ts_t5_tokenizer_open_spiece(&ctx, "data/goldens/tiny-a/tokenizer_2/spiece.model", true);
    rows_equal(MORE, "t5_sentencepiece", encode, &(way){t, 0, 0}, 400);
    ts_t5_tokenizer_close(t);
    t = ts_t5_tokenizer_open_spiece(&ctx, "data/goldens/tiny-a/tokenizer_2/spiece.model", false);
    assert_string_equal(ctx.message, "");
    rows_equal(path, "t5_sentencepiece_legacy_false", encode, &(way){t, 512, 0}, 61);
    rows_equal(MORE, "t5_sentencepiece_legacy_false", encode, &(way){t, 0, 0}, 400);
    ts_t5_tokenizer_close(t);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    assert_null(ts_t5_tokenizer_open(&ctx, files_path("none"), TS_T5_ANY));
    files_failed(&ctx, TS_ERROR_IO, "none/spiece.model");
    assert_null(ts_t5_tokenizer_open(&ctx, files_path("none"), TS_T5_FAST));
    files_failed(&ctx, TS_ERROR_IO, "none/tokenizer.json");
    assert_null(ts_t5_tokenizer_open_spiece(&ctx, files_path("none"), true));
    files_failed(&ctx, TS_ERROR_IO, "none");
    ts_t5_tokenizer *const t =
        ts_t5_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer_2", TS_T5_ANY);
    ts_t5_tokenize(&ctx, t, &ids, "a\xE2\x82", 3, 0, 0);
    files_failed(&ctx, TS_ERROR_FORMAT, "byte 1 is 0xE2");
    ts_t5_tokenize(&ctx, t, &ids, "a", 1, -1, 0);
    files_failed(&ctx, TS_ERROR_USAGE, "negative");
    assert_int_equal(ts_t5_tokenize(&ctx, t, &ids, "a a a a", 7, 1, 3), TS_OK);
    ids_equal(&ids, (const int64_t[]){1, 0, 0}, 3); /* only </s> fits */
    ts_ids_free(&ids);
    ts_t5_tokenizer_close(t);
    ts_t5_tokenizer_close(NULL);
    ts_ctx_close(&ctx);
}

static int work(void)
{
    static const char text[] = "<extra_id_3> a  \xEF\xBC\xA1 e\xCC\x81 \xE4\xBD\xA0</s>";
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    for (int source = TS_T5_FAST; source <= TS_T5_SENTENCEPIECE && !ctx.status; source++) {
        ts_t5_tokenizer *const t = ts_t5_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer_2",
                                                        (ts_t5_source)source);
        if (t)
            ts_t5_tokenize(&ctx, t, &ids, text, sizeof text - 1, 0, 0);
        ts_t5_tokenizer_close(t);
    }
    ts_ids_free(&ids);
    return faults_answer(&ctx);
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 50);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_vocabulary),
                                       cmocka_unit_test(tiny_vocabulary),
                                       cmocka_unit_test(refused), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
