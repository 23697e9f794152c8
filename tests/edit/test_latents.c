#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/edit/latents.h"

#include <string.h>

typedef struct {
    ts_ctx ctx;
    ts_weights *weights;
    ts_vae *vae;
    ts_edit_pictures in;
} setup;

/* A picture of h x w with a mask of some rows, and a glyph picture of gh x gw (0: none). */
static void setup_open(setup *s, int h, int w, int gh, int gw)
{
    *s = (setup){.vae = NULL};
    ts_ctx *ctx = &s->ctx;
    ts_ctx_open(ctx, &ts_table_fast, TS_F32, 1);
    s->weights = ts_weights_open(ctx, TINY, "vae");
    s->vae = ts_vae_open(ctx, s->weights);
    assert_int_equal(ctx->status, TS_OK);
    s->in.picture = trial_tensor(ctx, 1, 0.3, 4, 1, 3, h, w);
    s->in.mask = ts_new_zero(ctx, TS_F32, 4, (int64_t[]){1, 1, h, w});
    for (int i = 0; i < h * w; i++)
        ((float *)s->in.mask.data)[i] = i / w >= h / 4 && i % w < w / 2 ? 1.0f : 0.0f;
    s->in.masked_noise = trial_tensor(ctx, 3, 0.5, 4, 1, 16, h / 8, w / 8);
    if (gh) {
        s->in.glyph = trial_tensor(ctx, 2, 0.3, 4, 1, 3, gh, gw);
        s->in.glyph_noise = trial_tensor(ctx, 4, 0.5, 4, 1, 16, gh / 8, gw / 8);
    }
}

static void setup_close(setup *s)
{
    ts_vae_close(s->vae);
    ts_weights_close(s->weights);
    ts_ctx_close(&s->ctx);
}

static const float *row_of(ts_tensor t, int64_t token)
{
    return (const float *)t.data + token * t.size[2];
}

/* A glyph picture of the picture's size: the condition's masked latents and mask are the image's
 * own, bit for bit, and so are its positions. */
static void same_size(void **state)
{
    (void)state;
    setup s;
    ts_edit_tokens t;
    setup_open(&s, 32, 48, 32, 48);
    assert_int_equal(ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in), TS_OK);
    assert_true(t.image.size[1] == 6 && t.image.size[2] == 320);
    assert_true(t.condition.size[1] == 6 && t.condition.size[2] == 384);
    for (int64_t i = 0; i < 6; i++)
        assert_memory_equal(row_of(t.condition, i) + 64, row_of(t.image, i), 320 * sizeof(float));
    assert_memory_equal(t.img_ids.data, t.condition_ids.data, 18 * sizeof(float));
    assert_memory_not_equal(row_of(t.condition, 0), row_of(t.image, 0), 64 * sizeof(float));
    setup_close(&s);
}

/* Smaller: latents (not pixels) of the masked picture by nearest, pixels of the mask by nearest. */
static void smaller(void **state)
{
    (void)state;
    setup s;
    ts_edit_tokens t;
    setup_open(&s, 64, 64, 32, 32);
    assert_int_equal(ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in), TS_OK);
    assert_true(t.condition.size[1] == 4 && t.image.size[1] == 16);
    const ts_tensor masked =
        ts_unpack(&s.ctx, ts_slice(&s.ctx, t.image, 2, 0, 64), 8, 8);
    const ts_tensor expected = ts_pack(&s.ctx, ts_resize_nearest(&s.ctx, masked, 4, 4)),
                    mask = ts_mask_tokens(&s.ctx, ts_resize_nearest(&s.ctx, s.in.mask, 32, 32));
    for (int64_t i = 0; i < 4; i++) {
        assert_memory_equal(row_of(t.condition, i) + 64, row_of(expected, i), 64 * sizeof(float));
        assert_memory_equal(row_of(t.condition, i) + 128, row_of(mask, i), 256 * sizeof(float));
    }
    setup_close(&s);
}

static void no_glyph(void **state)
{
    (void)state;
    setup s;
    ts_edit_tokens t;
    setup_open(&s, 32, 32, 0, 0);
    assert_int_equal(ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in), TS_OK);
    assert_true(ts_is_empty(t.condition) && ts_is_empty(t.condition_ids));
    assert_true(t.image.size[1] == 4);
    setup_close(&s);
}

/* Under the hole the picture is 0, so what it was does not matter. */
static void hole(void **state)
{
    (void)state;
    setup a, b;
    ts_edit_tokens s, t;
    setup_open(&a, 32, 32, 0, 0);
    setup_open(&b, 32, 32, 0, 0);
    for (int i = 0; i < 32 * 32; i++)
        if (((float *)b.in.mask.data)[i] > 0)
            ((float *)b.in.picture.data)[2 * 32 * 32 + i] = -0.7f;
    ts_edit_tokens_of(&a.ctx, &s, a.vae, &a.in);
    ts_edit_tokens_of(&b.ctx, &t, b.vae, &b.in);
    assert_memory_equal(s.image.data, t.image.data, (size_t)ts_numel(s.image) * sizeof(float));
    ((float *)b.in.picture.data)[0] += 0.5f; /* outside */
    ts_edit_tokens_of(&b.ctx, &t, b.vae, &b.in);
    assert_memory_not_equal(s.image.data, t.image.data, (size_t)ts_numel(s.image) * sizeof(float));
    setup_close(&a);
    setup_close(&b);
}

/* Pixel (y, x) of the mask: token (y / 16, x / 16), feature 4 (8 dy + dx) + 2 py + px, where dy and
 * dx are in the patch of 8, py and px the patch in the token. */
static void mask_channels(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor mask = ts_new(&ctx, TS_F32, 4, (int64_t[]){1, 1, 32, 48});
    for (int i = 0; i < 32 * 48; i++)
        ((float *)mask.data)[i] = (float)i;
    const ts_tensor t = ts_mask_tokens(&ctx, mask);
    assert_true(t.size[1] == 6 && t.size[2] == 256);
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 48; x++) {
            const int token = y / 16 * 3 + x / 16, channel = 8 * (y % 8) + x % 8;
            const int feature = 4 * channel + 2 * (y / 8 % 2) + x / 8 % 2;
            assert_true(row_of(t, token)[feature] == (float)(y * 48 + x));
        }
    ts_ctx_close(&ctx);
}

static void grid(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const double *id = ts_grid_ids(&ctx, 3, 4).data;
    for (int i = 0; i < 12; i++)
        assert_true(id[3 * i] == 0 && id[3 * i + 1] == i / 4 && id[3 * i + 2] == i % 4);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        int h, w, gh, gw;
        const char *words;
    } sizes[] = {
        {40, 32, 0, 0, "a picture of 32 x 40: expected multiples of 16"},
        {32, 24, 0, 0, "a picture of 24 x 32: expected multiples of 16"},
        {0, 32, 0, 0, "a picture of 32 x 0: expected multiples of 16"},
        {32, 32, 16, 8, "a glyph picture of 8 x 16: expected multiples of 16"},
    };
    for (int i = 0; i < 4; i++) {
        setup s;
        ts_edit_tokens t;
        setup_open(&s, sizes[i].h, sizes[i].w, sizes[i].gh, sizes[i].gw);
        ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in);
        files_failed(&s.ctx, TS_ERROR_SHAPE, sizes[i].words);
        assert_true(ts_is_empty(t.image));
        setup_close(&s);
    }
    static const char *const words[] = {"picture: expected (1, 3", "mask: expected (1, 1, 32, 32)",
                                        "noise of the masked picture", "glyph: expected (1, 3",
                                        "noise of the glyph"};
    for (int i = 0; i < 5; i++) {
        setup s;
        ts_edit_tokens t;
        setup_open(&s, 32, 32, 32, 32);
        ts_tensor *const parts[] = {&s.in.picture, &s.in.mask, &s.in.masked_noise, &s.in.glyph,
                                    &s.in.glyph_noise};
        *parts[i] = ts_new_zero(&s.ctx, TS_F32, 4, (int64_t[]){1, 2, 32, 32});
        ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in);
        files_failed(&s.ctx, TS_ERROR_SHAPE, words[i]);
        setup_close(&s);
    }
    setup s;
    ts_edit_tokens t;
    setup_open(&s, 32, 32, 0, 0);
    s.vae->factor = 4;
    ts_edit_tokens_of(&s.ctx, &t, s.vae, &s.in);
    files_failed(&s.ctx, TS_ERROR_UNSUPPORTED, "an autoencoder of factor 4 with 16 channels");
    setup_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_size), cmocka_unit_test(smaller), cmocka_unit_test(no_glyph),
        cmocka_unit_test(hole), cmocka_unit_test(mask_channels), cmocka_unit_test(grid),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
