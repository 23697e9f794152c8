#include "tests/support/golden.h"

#include "ref/text/clip_encoder.h"

#include <string.h>

static void published(void **state)
{
    (void)state;
    golden_accepted("data/goldens/text/clip.safetensors");
}

/* The end token's id in the configuration asks for the first place that holds it: in these rows
 * that is the place of the largest id, so both rules agree; another id takes another place. */
static void end_token(void **state)
{
    (void)state;
    golden_run old, new, other;
    const char *const path = "data/goldens/text/clip.safetensors";
    golden_open(&old, path, NULL, TS_F64);
    golden_open(&new, path, (const char *const[]){"eos_token_id=1013", NULL}, TS_F64);
    golden_open(&other, path, (const char *const[]){"eos_token_id=1012", NULL}, TS_F64);
    const ts_tensor y = ts_ran_get(&new.ran, TS_OUTPUT, "pooler_output");
    assert_true(golden_distance(&old, TS_OUTPUT, "pooler_output", y) < 1e-12);
    assert_true(golden_distance(&other, TS_OUTPUT, "pooler_output", y) > 1e-3);
    golden_close(&old);
    golden_close(&new);
    golden_close(&other);
}

static void configuration(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_clip_config c;
    ts_ctx_open_plain(&ctx);
    ts_weights *w = ts_weights_open(&ctx, "data/goldens/tiny-a", "text_encoder");
    assert_int_equal(ts_clip_config_read(&ctx, &c, w), TS_OK);
    assert_int_equal(c.width, 24);
    assert_int_equal(c.heads, 2);
    assert_int_equal(c.layers, 2);
    assert_int_equal(c.end, 2);
    assert_int_equal(c.act, TS_ACT_QUICK_GELU);
    ts_weights_close(w);
    w = ts_weights_open(&ctx, "data/goldens/tiny-a", "text_encoder_2");
    assert_int_not_equal(ts_clip_config_read(&ctx, &c, w), TS_OK);
    assert_non_null(strstr(ctx.message, "hidden_size"));
    ts_weights_close(w);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(end_token),
                                       cmocka_unit_test(configuration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
