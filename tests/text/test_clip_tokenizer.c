#include "tests/support/faults.h"
#include "tests/support/files.h"
#include "tests/support/rows.h"

#include "ref/text/clip_tokenizer.h"

#define REAL "data/goldens/text/real_tokenizers/"
#define MORE "data/goldens/text/tokens_more.jsonl"

typedef struct {
    const ts_clip_tokenizer *tokenizer;
    ts_clean clean;
    int64_t truncate, pad;
} way;

static ts_status encode(ts_ctx *ctx, const void *arg, ts_ids *out, const char *text, int64_t bytes)
{
    const way *const w = arg;
    return ts_clip_tokenize(ctx, w->tokenizer, out, text, bytes, w->clean, w->truncate, w->pad);
}

static void real_vocabulary(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_clip_tokenizer *const t = ts_clip_tokenizer_open(&ctx, REAL "clip");
    assert_string_equal(ctx.message, "");
    assert_int_equal(ts_clip_tokenizer_size(t), 49408);
    rows_equal(REAL "rows.jsonl", "clip", encode, &(way){t, TS_CLEAN_FAST, 0, 0}, 296);
    rows_equal(REAL "rows.jsonl", "clip_77", encode, &(way){t, TS_CLEAN_FAST, 77, 77}, 296);
    rows_equal(REAL "rows.jsonl", "clip_ftfy", encode, &(way){t, TS_CLEAN_FTFY, 0, 0}, 293);
    rows_equal(MORE, "clip", encode, &(way){t, TS_CLEAN_FAST, 0, 0}, 400);
    rows_equal(MORE, "clip_ftfy", encode, &(way){t, TS_CLEAN_FTFY, 0, 0}, 380);
    rows_equal(MORE, "clip_basic", encode, &(way){t, TS_CLEAN_BASIC, 0, 0}, 400);
    ts_clip_tokenizer_close(t);
    ts_ctx_close(&ctx);
}

static void tiny_vocabulary(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_clip_tokenizer *const t = ts_clip_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer");
    assert_string_equal(ctx.message, "");
    const char *const path = "data/goldens/text/tokens.json";
    rows_equal(path, "clip", encode, &(way){t, TS_CLEAN_FAST, 77, 0}, 61);
    rows_equal(path, "clip_basic", encode, &(way){t, TS_CLEAN_BASIC, 77, 0}, 61);
    rows_equal(path, "clip_ftfy", encode, &(way){t, TS_CLEAN_FTFY, 77, 0}, 61);
    rows_equal(path, "clip_ftfy_77", encode, &(way){t, TS_CLEAN_FTFY, 77, 77}, 61);
    ts_clip_tokenizer_close(t);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("vocab.json"), "{\"a\":0,\"<|endoftext|>\":1}");
    files_write_text(files_path("merges.txt"), "#version\n");
    assert_null(ts_clip_tokenizer_open(&ctx, files_path(".")));
    files_failed(&ctx, TS_ERROR_FORMAT, "\"<|startoftext|>\" is missing");

    /* other special tokens by the configuration */
    files_write_text(files_path("tokenizer_config.json"),
                     "{\"bos_token\":{\"content\":\"a\"},\"model_max_length\":1e30}");
    ts_clip_tokenizer *const t = ts_clip_tokenizer_open(&ctx, files_path("."));
    assert_string_equal(ctx.message, "");
    assert_int_equal(ts_clip_tokenizer_longest(t), 77);
    ts_clip_tokenize(&ctx, t, &ids, "q", 1, TS_CLEAN_FAST, 0, 0);
    ids_equal(&ids, (const int64_t[]){0, 1, 1}, 3); /* q is unknown */

    assert_int_equal(ts_clip_tokenize(&ctx, t, &ids, "x", 1, TS_CLEAN_FAST, 1, 0), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    for (int clean = 0; clean < 3; clean++) {
        ts_clip_tokenize(&ctx, t, &ids, "abc\xC3", 4, (ts_clean)clean, 0, 0);
        files_failed(&ctx, TS_ERROR_FORMAT, "byte 3 is 0xC3");
    }
    ts_ids_free(&ids);
    ts_clip_tokenizer_close(t);
    ts_clip_tokenizer_close(NULL);
    ts_ctx_close(&ctx);
}

static int work(void)
{
    static const char text[] = "It's &amp; \xC3\x89 <|endoftext|> e\xCC\x81";
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    ts_clip_tokenizer *const t = ts_clip_tokenizer_open(&ctx, "data/goldens/tiny-a/tokenizer");
    for (int clean = 0; t && clean < 3 && !ctx.status; clean++)
        ts_clip_tokenize(&ctx, t, &ids, text, sizeof text - 1, (ts_clean)clean, 77, 77);
    ts_ids_free(&ids);
    ts_clip_tokenizer_close(t);
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
