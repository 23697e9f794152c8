#include "tests/support/golden.h"

#include "ref/text/modules.h"

#include <string.h>

static void published(void **state)
{
    (void)state;
    golden_accepted("data/goldens/text/tokens.json");
    golden_accepted("data/goldens/text/byt5_tokens.json");
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_call call = {.module = "text.tokenizers"};
    assert_int_equal(ts_run_tokenizers(&ctx, &call), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    call.checkpoint = "data/goldens/tiny-a";
    assert_int_equal(ts_run_tokenizers(&ctx, &call), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "rows"));
    ts_ctx_clear(&ctx);
    json_t *const rows = json_pack("[{s:i}]", "text", 3);
    call.rows = rows;
    assert_int_equal(ts_run_byt5_tokenizer(&ctx, &call), TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "row 0 has no text"));
    ts_call_free(&call);
    json_decref(rows);
    ts_ctx_close(&ctx);
}

/* A row with a text alone gets every field. */
static void all_fields(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *const rows = json_pack("[{s:s}]", "text", "a shop");
    ts_call call = {.module = "text.tokenizers", .checkpoint = "data/goldens/tiny-a", .rows = rows};
    assert_int_equal(ts_run_tokenizers(&ctx, &call), TS_OK);
    const json_t *const answer = json_array_get(call.answer, 0);
    assert_int_equal(json_object_size(answer), 10);
    assert_int_equal(json_array_size(json_object_get(answer, "clip_77")), 77);
    assert_int_equal(json_array_size(json_object_get(answer, "t5_512")), 512);
    assert_int_equal(json_array_size(json_object_get(answer, "byt5")), 7);
    ts_call_free(&call);
    json_decref(rows);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(refused),
                                       cmocka_unit_test(all_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
