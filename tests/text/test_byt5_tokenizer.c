#include "tests/support/rows.h"

#include "ref/io/json.h"
#include "ref/text/byt5_tokenizer.h"

#include <string.h>

static ts_status encode(ts_ctx *ctx, const void *arg, ts_ids *out, const char *text, int64_t bytes)
{
    return ts_byt5_tokenize(ctx, arg, out, text, bytes, 0, 0);
}

static void published(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_byt5_tokenizer *const t = ts_byt5_tokenizer_new(&ctx);
    rows_equal("data/goldens/text/real_tokenizers/rows.jsonl", "byt5", encode, t, 296);
    rows_equal("data/goldens/text/tokens_more.jsonl", "byt5", encode, t, 400);
    ts_byt5_tokenizer_close(t);
    ts_ctx_close(&ctx);
}

static void colours_and_fonts(void **state)
{
    (void)state;
    const char *const path = "data/goldens/text/byt5_tokens.json";
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *const file = ts_json_read_object(&ctx, path);
    ts_byt5_tokenizer *const t = ts_byt5_tokenizer_new(&ctx);
    assert_int_equal(
        ts_byt5_tokenizer_add_all(&ctx, t, json_object_get(file, "added_tokens"), path), TS_OK);
    rows_equal(path, "ids", encode, t, 13);

    /* truncated and padded */
    ts_ids ids = {0};
    assert_int_equal(ts_byt5_tokenize(&ctx, t, &ids, "ab<color-3>cd", 13, 4, 6), TS_OK);
    ids_equal(&ids, (const int64_t[]){100, 101, 387, 1, 0, 0}, 6);
    ts_ids_free(&ids);

    ts_byt5_tokenizer_close(t);
    json_decref(file);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    ts_byt5_tokenizer *const t = ts_byt5_tokenizer_new(&ctx);
    assert_int_equal(ts_byt5_tokenize(&ctx, t, &ids, "ab\xFF", 3, 0, 0), TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "byte 2 is 0xFF"));
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_byt5_tokenize(&ctx, t, &ids, "ab", 2, -1, 0), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_byt5_tokenizer_add(&ctx, t, "<x>", -4), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    json_t *const list = json_array();
    assert_int_equal(ts_byt5_tokenizer_add_all(&ctx, t, list, "settings"), TS_ERROR_FORMAT);
    json_decref(list);
    ts_ctx_clear(&ctx);
    json_t *const words = json_pack("{s:s}", "<x>", "ten");
    assert_int_equal(ts_byt5_tokenizer_add_all(&ctx, t, words, "settings"), TS_ERROR_FORMAT);
    json_decref(words);
    ts_ctx_clear(&ctx);
    assert_null(ts_byt5_tokenizer_open(&ctx, "data/goldens/tiny-a/scheduler"));
    assert_int_equal(ctx.status, TS_ERROR_IO);
    ts_byt5_tokenizer_close(t);
    ts_ids_free(&ids);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published),
                                       cmocka_unit_test(colours_and_fonts),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
