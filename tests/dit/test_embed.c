#include "tests/support/chain.h"
#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/dit/embed.h"

#include <math.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/modules/time_text_embed.safetensors");
    golden_accepted("data/goldens/modules/pos_embed.safetensors");
}

/* At time 0 all cosines are 1 and all sines 0; at time 1 the first frequency is 1. Cosines
 * come first. */
static void sinusoid(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F64, false);
    const ts_tensor t = ts_new_zero(&n.ctx, TS_F64, 1, (int64_t[]){2});
    ((double *)t.data)[1] = 1.0;
    const ts_tensor y = ts_time_proj(&n.ctx, t);
    assert_true(y.size[0] == 2 && y.size[1] == 256);
    const double *zero = y.data, *one = zero + 256;
    for (int i = 0; i < 128; i++) {
        const double angle = exp(-log(10000.0) * i / 128.0);
        assert_true(zero[i] == 1.0 && zero[128 + i] == 0.0);
        assert_true(fabs(one[i] - cos(angle)) < 1e-15 && fabs(one[128 + i] - sin(angle)) < 1e-15);
    }
    net_close(&n);
}

/* The published float32 angles are about argument * 6e-8 off: at guidance 30 more than 1e-4. */
static void published_angles(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F64, false);
    const ts_tensor t = ts_new_zero(&n.ctx, TS_F64, 1, (int64_t[]){1});
    *(double *)t.data = 30000.0;
    const ts_tensor exact = ts_time_proj(&n.ctx, t);
    n.ctx.sinusoid_f32 = true;
    const ts_tensor published = ts_time_proj(&n.ctx, t);
    double worst = 0;
    for (int i = 0; i < 256; i++)
        worst = fmax(worst, fabs(((double *)exact.data)[i] - ((double *)published.data)[i]));
    assert_true(worst > 1e-4 && worst < 5e-3);
    net_close(&n);
}

/* Text has position 0 on every axis: it is not turned. Each angle stands twice, and an axis turns
 * its own columns only. */
static void positions(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F64, false);
    const ts_tensor ids = ts_new_zero(&n.ctx, TS_F64, 2, (int64_t[]){3, 3});
    double *id = ids.data;
    id[3 * 1 + 1] = 5;  /* row 5 */
    id[3 * 2 + 2] = -1; /* a column to the left of the first */
    const ts_rope rope = ts_pos_embed(&n.ctx, n.dit, ids);
    const double *c = rope.cos.data, *s = rope.sin.data;
    for (int k = 0; k < 16; k++) {
        assert_true(c[k] == 1.0 && s[k] == 0.0);
        const int pair = k % 2 ? k - 1 : k;
        assert_true(c[16 + k] == c[16 + pair] && s[32 + k] == s[32 + pair]);
        assert_true((k >= 4 && k < 10) == (s[16 + k] != 0.0));
        assert_true((k >= 10) == (s[32 + k] != 0.0));
    }
    assert_true(fabs(c[16 + 4] - cos(5.0)) < 1e-7 && fabs(s[32 + 10] + sin(1.0)) < 1e-7);
    const ts_rope rows = ts_rope_rows(&n.ctx, rope, 1, 2);
    assert_true(rows.cos.size[0] == 2 && *(double *)rows.cos.data == c[16]);
    assert_int_equal(n.ctx.status, TS_OK);
    net_close(&n);
}

/* temb is the sum of the three embedders, and each alone gives what it gave the sum. */
static void parts(void **state)
{
    (void)state;
    static const chain_link links[] = {
        {"flux_text.time_text_embed.timestep_embedder",
         {{"sample", "time_text_embed.time_proj.output"}},
         {{"output", "time_text_embed.timestep_embedder.output"}}},
        {"flux_text.time_text_embed.guidance_embedder",
         {{"sample", "time_text_embed.time_proj@2.output"}},
         {{"output", "time_text_embed.guidance_embedder.output"}}},
        {"flux_text.time_text_embed.text_embedder",
         {{"caption", "in.pooled_projections"}},
         {{"output", "time_text_embed.text_embedder.output"}}},
        {"flux_text.time_text_embed.timestep_embedder.linear_1",
         {{"input", "time_text_embed.time_proj.output"}},
         {{"output", "time_text_embed.timestep_embedder.linear_1.output"}}},
    };
    chain_holds("data/goldens/transformer/b_published.safetensors", NULL, links,
                (int)(sizeof links / sizeof *links));
    net n;
    net_open(&n, TS_F64, false);
    const ts_tensor t = trial_tensor(&n.ctx, 3, 100.0, 1, 2),
                    g = trial_tensor(&n.ctx, 5, 900.0, 1, 2),
                    p = trial_tensor(&n.ctx, 7, 1.0, 2, 2, 24);
    const ts_tensor y = ts_time_text_embed(&n.ctx, n.dit, t, g, p);
    const ts_tensor part[3] = {
        ts_embed_with(&n.ctx, &n.dit->timestep, ts_time_proj(&n.ctx, t), "timestep_embedder"),
        ts_embed_with(&n.ctx, &n.dit->guidance, ts_time_proj(&n.ctx, g), "guidance_embedder"),
        ts_embed_with(&n.ctx, &n.dit->text, p, "text_embedder"),
    };
    const double *a = part[0].data, *b = part[1].data, *c = part[2].data, *sum = y.data;
    for (int i = 0; i < 64; i++)
        assert_true(sum[i] == a[i] + b[i] + c[i]);
    net_close(&n);
}

static void errors(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F32, false);
    const ts_tensor t = trial_tensor(&n.ctx, 3, 1.0, 1, 1),
                    p = trial_tensor(&n.ctx, 1, 1.0, 2, 1, 24);
    ts_time_text_embed(&n.ctx, n.dit, t, (ts_tensor){0}, p);
    files_failed(&n.ctx, TS_ERROR_USAGE, "this model wants a guidance");
    ts_time_text_embed(&n.ctx, n.dit, p, t, p);
    files_failed(&n.ctx, TS_ERROR_SHAPE, "t must be a row of numbers");
    ts_time_text_embed(&n.ctx, n.dit, t, t, trial_tensor(&n.ctx, 1, 1.0, 2, 1, 23));
    files_failed(&n.ctx, TS_ERROR_SHAPE, "text_embedder.linear_1");
    ts_pos_embed(&n.ctx, n.dit, p);
    files_failed(&n.ctx, TS_ERROR_SHAPE, "ids must be (L, 3)");
    ts_rope_rows(&n.ctx, (ts_rope){p, p}, 1, 1);
    files_failed(&n.ctx, TS_ERROR_SHAPE, "");
    net_close(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),   cmocka_unit_test(sinusoid), cmocka_unit_test(published_angles),
        cmocka_unit_test(positions), cmocka_unit_test(parts),    cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
