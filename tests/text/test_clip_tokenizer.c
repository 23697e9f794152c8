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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_vocabulary),
                                       cmocka_unit_test(tiny_vocabulary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
