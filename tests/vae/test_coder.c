#include "tests/support/golden.h"

#include "ref/vae/vae.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/vae/encode_16x24.safetensors");
    golden_accepted("data/goldens/vae/decode_16x24.safetensors");
}

/* mean + exp(logvar / 2) noise, where every number is exact. */
static void sample(void **state)
{
    (void)state;
    ts_ctx ctx;
    double mean[3] = {1, -2, 0.5}, logvar[3] = {0, 0, 0}, noise[3] = {2, 4, -0.5};
    const int64_t size[4] = {1, 1, 1, 3};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const ts_posterior p = {ts_tensor_of(mean, TS_F64, 4, size),
                            ts_tensor_of(logvar, TS_F64, 4, size)};
    const ts_tensor y = ts_posterior_sample(&ctx, p, ts_tensor_of(noise, TS_F64, 4, size));
    const double *v = y.data;
    assert_true(v[0] == 3 && v[1] == 2 && v[2] == 0);
    ts_ctx_close(&ctx);
}

static void refuses(const char *input, int64_t channels, int64_t h, int64_t w, bool encode,
                    const char *word)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_weights *weights = ts_weights_open(&ctx, "data/goldens/tiny-a", "vae");
    ts_vae *vae = ts_vae_open(&ctx, weights);
    assert_int_equal(ctx.status, TS_OK);
    const ts_tensor x = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, channels, h, w});
    if (encode)
        ts_vae_encode(&ctx, vae, x);
    else
        ts_vae_decode(&ctx, vae, x);
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    if (!strstr(ctx.message, word))
        fail_msg("%s: %s", input, ctx.message);
    ts_vae_close(vae);
    ts_weights_close(weights);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    refuses("channels", 1, 16, 16, true, "(*, 3, *, *)");
    refuses("sides", 3, 16, 20, true, "multiples of 8");
    refuses("latent channels", 4, 2, 2, false, "(*, 16, *, *)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(sample),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
