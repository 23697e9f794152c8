#include "tests/support/golden.h"

#include "ref/text/t5_encoder.h"

#include <string.h>

static void published(void **state)
{
    (void)state;
    golden_accepted("data/goldens/text/t5_48.safetensors");
    golden_accepted("data/goldens/text/t5_buckets.safetensors");
}

/* 512 tokens, nearly all padding that is attended. */
static void long_text(void **state)
{
    (void)state;
    golden_run g;
    golden_open(&g, "data/goldens/text/t5_512.safetensors", NULL, TS_F64);
    for (int64_t i = 0; i < g.c.count; i++)
        assert_true(golden_distance(&g, g.c.targets[i].kind, g.c.targets[i].name,
                                    g.c.targets[i].truth) < 1e-11);
    assert_true(g.c.count > 0);
    golden_close(&g);
}

static void reads(const char *text, ts_status status, const char *words, ts_t5_config *c)
{
    ts_ctx ctx;
    json_error_t error;
    json_t *const object = json_loads(text, 0, &error);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_t5_config_read(&ctx, c, object, "file"), status);
    assert_non_null(strstr(ctx.message, words));
    json_decref(object);
    ts_ctx_close(&ctx);
}

#define SIZES "\"d_model\":8,\"d_kv\":4,\"num_heads\":2,\"d_ff\":16,\"num_layers\":1"

static void configuration(void **state)
{
    (void)state;
    ts_t5_config c;
    reads("{" SIZES "}", TS_OK, "", &c);
    assert_true(!c.gated && c.act == TS_ACT_RELU && c.buckets == 32 && c.distance == 128);
    reads("{" SIZES ",\"feed_forward_proj\":\"gated-gelu\"}", TS_OK, "", &c);
    assert_true(c.gated && c.act == TS_ACT_GELU_TANH);
    reads("{" SIZES ",\"feed_forward_proj\":\"gelu\"}", TS_OK, "", &c);
    assert_true(!c.gated && c.act == TS_ACT_GELU);
    reads("{" SIZES ",\"feed_forward_proj\":\"gated-silu\"}", TS_OK, "", &c);
    assert_true(c.gated && c.act == TS_ACT_SILU);
    reads("{" SIZES ",\"feed_forward_proj\":\"mish\"}", TS_ERROR_UNSUPPORTED, "mish", &c);
    reads("{}", TS_ERROR_FORMAT, "d_model", &c);
    reads("{\"d_model\":-8,\"d_kv\":4,\"num_heads\":2,\"d_ff\":16,\"num_layers\":1}",
          TS_ERROR_FORMAT, "d_model is -8", &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(long_text),
                                       cmocka_unit_test(configuration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
