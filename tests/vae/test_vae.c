#include "tests/support/golden.h"

#include "ref/vae/vae.h"

#include <string.h>

static const char folder[] = "data/goldens/tiny-a";

static void finds_all(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *weights = ts_weights_open(&ctx, folder, "vae");
    ts_vae *vae = ts_vae_open(&ctx, weights);
    assert_int_equal(ctx.status, TS_OK);
    assert_int_equal(vae->factor, 8);
    assert_int_equal(vae->latent_channels, 16);
    assert_int_equal(vae->encoder.levels, 4);
    assert_int_equal(vae->encoder.blocks[0].count, 1);
    assert_int_equal(vae->decoder.blocks[0].count, 2);
    assert_true(ts_is_empty(vae->quant_conv.w));
    assert_true(vae->scaling_factor == 0.3611 && vae->shift_factor == 0.1159);
    ts_vae_close(vae);
    ts_weights_close(weights);
    ts_ctx_close(&ctx);
}

/* Weights without files and without configuration: the first thing that is missing is named. */
static void nothing(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *weights = ts_weights_new(&ctx, "empty folder");
    assert_null(ts_vae_open(&ctx, weights));
    assert_int_equal(ctx.status, TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "empty folder"));
    assert_non_null(strstr(ctx.message, "block_out_channels"));
    ts_weights_close(weights);
    ts_ctx_close(&ctx);
}

/* The transformer's folder is a component, but not an autoencoder. */
static void another_component(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *weights = ts_weights_open(&ctx, folder, "transformer");
    assert_int_equal(ctx.status, TS_OK);
    assert_null(ts_vae_open(&ctx, weights));
    assert_int_not_equal(ctx.status, TS_OK);
    ts_weights_close(weights);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all),
        cmocka_unit_test(nothing),
        cmocka_unit_test(another_component),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
