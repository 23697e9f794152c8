#include "tests/support/golden.h"

#include "ref/vae/vae.h"

#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/vae/tiled_encode.safetensors");
    golden_accepted("data/goldens/vae/tiled_decode.safetensors");
}

typedef struct {
    ts_ctx ctx;
    ts_weights *weights;
    ts_vae *vae;
} network;

static void network_open(network *n)
{
    ts_ctx_open(&n->ctx, &ts_table_fast, TS_F32, 1);
    n->weights = ts_weights_open(&n->ctx, "data/goldens/tiny-a", "vae");
    n->vae = ts_vae_open(&n->ctx, n->weights);
    assert_int_equal(n->ctx.status, TS_OK);
}

static void network_close(network *n)
{
    ts_vae_close(n->vae);
    ts_weights_close(n->weights);
    ts_ctx_close(&n->ctx);
}

/* A picture of one tile is not cut: the same bits as without tiles. */
static void one_tile(void **state)
{
    (void)state;
    network n;
    network_open(&n);
    const ts_tensor z = ts_new_zero(&n.ctx, TS_F32, 4, (int64_t[]){1, 16, 4, 3});
    for (int64_t i = 0; i < ts_numel(z); i++)
        ((float *)z.data)[i] = (float)(i % 7) - 3.0f;
    const ts_tensor whole = ts_vae_decode(&n.ctx, n.vae, z),
                    tiled = ts_vae_decode_tiled(&n.ctx, n.vae, z, 64);
    assert_int_equal(n.ctx.status, TS_OK);
    assert_memory_equal(whole.data, tiled.data, (size_t)ts_numel(whole) * sizeof(float));
    network_close(&n);
}

/* Where only one tile reaches, the tiled picture is that tile's own: its first corner. */
static void first_corner(void **state)
{
    (void)state;
    network n;
    network_open(&n);
    const ts_tensor z = ts_new_zero(&n.ctx, TS_F32, 4, (int64_t[]){1, 16, 8, 16});
    for (int64_t i = 0; i < ts_numel(z); i++)
        ((float *)z.data)[i] = (float)(i % 11) * 0.3f - 1.5f;
    const ts_tensor tiled = ts_vae_decode_tiled(&n.ctx, n.vae, z, 64),
                    tile = ts_vae_decode(&n.ctx, n.vae, ts_slice(&n.ctx, z, 3, 0, 8));
    assert_int_equal(n.ctx.status, TS_OK);
    for (int64_t x = 0; x < 48; x++)
        assert_true(((float *)tiled.data)[x] == ((float *)tile.data)[x]);
    network_close(&n);
}

static void errors(void **state)
{
    (void)state;
    static const int64_t tiles[] = {24, 36, -8};
    for (int i = 0; i < 3; i++) {
        network n;
        network_open(&n);
        const ts_tensor z = ts_new_zero(&n.ctx, TS_F32, 4, (int64_t[]){1, 16, 8, 8});
        ts_vae_decode_tiled(&n.ctx, n.vae, z, tiles[i]);
        assert_int_equal(n.ctx.status, TS_ERROR_USAGE);
        assert_non_null(strstr(n.ctx.message, "multiple of 8"));
        network_close(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(one_tile),
        cmocka_unit_test(first_corner),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
