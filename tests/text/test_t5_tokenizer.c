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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_vocabulary),
                                       cmocka_unit_test(tiny_vocabulary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
