#include "tests/support/golden.h"

#include "ref/vae/layers.h"

/* A downsampler whose kernel takes its last corner: the row and the column of zeros are at the bottom
 * and at the right, so the last pixels become 0 and the others come from inside. */
static void pads_right_and_bottom(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    double w[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1}, b = 0, x[16];
    for (int i = 0; i < 16; i++)
        x[i] = i + 1;
    const ts_vae vae = {.groups = 1};
    const ts_vae_block block = {
        .resample = {ts_tensor_of(w, TS_F64, 4, (int64_t[]){1, 1, 3, 3}),
                     ts_tensor_of(&b, TS_F64, 1, (int64_t[]){1})}};
    const ts_tensor y = ts_vae_down_forward(
        &ctx, &vae, &block, ts_tensor_of(x, TS_F64, 4, (int64_t[]){1, 1, 4, 4}));
    const double *v = y.data;
    assert_int_equal(ctx.status, TS_OK);
    assert_true(ts_numel(y) == 4 && v[0] == 11 && v[1] == 0 && v[2] == 0 && v[3] == 0);
    ts_ctx_close(&ctx);
}

/* An upsampler whose kernel is the identity: every pixel four times. */
static void doubles(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    double w[9] = {0, 0, 0, 0, 1, 0, 0, 0, 0}, b = 0, x[2] = {3, 5};
    const ts_vae vae = {.groups = 1};
    const ts_vae_block block = {
        .resample = {ts_tensor_of(w, TS_F64, 4, (int64_t[]){1, 1, 3, 3}),
                     ts_tensor_of(&b, TS_F64, 1, (int64_t[]){1})}};
    const ts_tensor y =
        ts_vae_up_forward(&ctx, &vae, &block, ts_tensor_of(x, TS_F64, 4, (int64_t[]){1, 1, 1, 2}));
    const double *v = y.data, expected[8] = {3, 3, 5, 5, 3, 3, 5, 5};
    assert_true(ts_numel(y) == 8);
    for (int i = 0; i < 8; i++)
        assert_true(v[i] == expected[i]);
    ts_ctx_close(&ctx);
}

/* Every layer's own values: the traces of a whole decoding. */
static void traces(void **state)
{
    (void)state;
    golden_accepted("data/goldens/vae/decode_16x24.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pads_right_and_bottom),
        cmocka_unit_test(doubles),
        cmocka_unit_test(traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
