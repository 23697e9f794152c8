#include "tests/support/golden.h"

#include "ref/ops/table.h"
#include "ref/text/prompt_encoder.h"

#include <stdio.h>
#include <string.h>

static void published(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        char path[64];
        snprintf(path, sizeof path, "data/goldens/text/encode_prompt_%d.safetensors", i);
        golden_accepted(path);
    }
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_prompt_state s;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const char *const folder = "data/goldens/tiny-a";
    assert_int_equal(ts_encode_prompt(&ctx, &s, folder, "x", 1, &(ts_prompt_config){513, 0}),
                     TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "512"));
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_encode_prompt(&ctx, &s, folder, "x\xFF", 2, &(ts_prompt_config){16, 0}),
                     TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "byte 1"));
    ts_ctx_clear(&ctx);
    assert_int_not_equal(ts_encode_prompt(&ctx, &s, "nowhere", "x", 1, &(ts_prompt_config){16, 0}),
                         TS_OK);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_encode_prompt(&ctx, &s, folder, "x", 1, &(ts_prompt_config){16, 0}), TS_OK);
    assert_int_equal(s.prompt_embeds.size[1], 16);
    assert_int_equal(s.pooled_prompt_embeds.size[1], 24);
    assert_int_equal(s.text_ids.size[0], 16);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
