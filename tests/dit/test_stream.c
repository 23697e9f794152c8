#include "tests/support/trial.h"

#include "ref/dit/stream.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/modules/attention.safetensors");
}

enum { B = 1, H = 2, D = 4 };

static ts_heads heads(ts_ctx *ctx, int seed, int length, double score)
{
    return (ts_heads){
        .q = trial_tensor(ctx, seed, score, 4, B, H, length, D),
        .k = trial_tensor(ctx, seed + 50, score, 4, B, H, length, D),
        .v = trial_tensor(ctx, seed + 90, 1.0, 4, B, H, length, D),
    };
}

static double at(ts_tensor a, int64_t token, int64_t head, int64_t column)
{
    return ts_load(a.data, a.dtype, (token * H + head) * D + column);
}

/* Without scores everyone gets the mean of all values: the streams are one sequence. */
static void one_sequence(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const ts_heads h[3] = {heads(&ctx, 1, 2, 0), heads(&ctx, 2, 3, 0), heads(&ctx, 3, 1, 0)};
    const ts_attention_rule rule = {.base_ratio = 1};
    const ts_tensor a = ts_joint_attention(&ctx, h, 3, &rule);
    assert_true(a.rank == 3 && a.size[1] == 6 && a.size[2] == H * D);
    for (int head = 0; head < H; head++)
        for (int c = 0; c < D; c++) {
            double mean = 0;
            for (int s = 0; s < 3; s++)
                for (int64_t l = 0; l < h[s].v.size[2]; l++)
                    mean += ((double *)h[s].v.data)[(head * h[s].v.size[2] + l) * D + c] / 6;
            for (int token = 0; token < 6; token++)
                assert_true(fabs(at(a, token, head, c) - mean) < 1e-14);
        }
    ts_ctx_close(&ctx);
}

/* The order: with scores, exchanging two streams exchanges their rows and nothing else. */
static void order(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const ts_heads h[2] = {heads(&ctx, 1, 2, 1), heads(&ctx, 2, 3, 1)}, other[2] = {h[1], h[0]};
    const ts_attention_rule rule = {.base_ratio = 1};
    const ts_tensor a = ts_joint_attention(&ctx, h, 2, &rule),
                    b = ts_joint_attention(&ctx, other, 2, &rule);
    for (int token = 0; token < 5; token++)
        for (int c = 0; c < D; c++)
            assert_true(fabs(at(a, token, 1, c) - at(b, (token + 3) % 5, 1, c)) < 1e-14);
    assert_true(fabs(at(a, 0, 0, 0) - at(a, 4, 0, 0)) > 1e-3);
    ts_ctx_close(&ctx);
}

/* a = ratio plain + (1 - ratio) region; a region of which everyone sees only himself gives v. */
static void regions(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    const ts_heads h[2] = {heads(&ctx, 1, 2, 1), heads(&ctx, 2, 2, 1)};
    uint8_t alone[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    ts_attention_rule rule = {.base_ratio = 1};
    const ts_tensor plain = ts_joint_attention(&ctx, h, 2, &rule);
    rule.regions = true;
    rule.region.mask = ts_tensor_of(alone, TS_U8, 4, (int64_t[]){1, 1, 4, 4});
    const ts_tensor one = ts_joint_attention(&ctx, h, 2, &rule);
    rule.base_ratio = 0;
    const ts_tensor zero = ts_joint_attention(&ctx, h, 2, &rule);
    rule.base_ratio = 0.25;
    const ts_tensor mixed = ts_joint_attention(&ctx, h, 2, &rule);
    /* The bias belongs to the plain pass alone. */
    rule.base_ratio = 0;
    rule.bias = (ts_attention_bias){.segments = 1, .start = {0, 4}, .between = {{3.0}}};
    const ts_tensor biased = ts_joint_attention(&ctx, h, 2, &rule);
    assert_int_equal(ctx.status, TS_OK);
    for (int token = 0; token < 4; token++)
        for (int c = 0; c < D; c++) {
            const double v = ((double *)h[token / 2].v.data)[(2 + token % 2) * D + c];
            assert_true(fabs(at(one, token, 1, c) - at(plain, token, 1, c)) < 1e-15);
            assert_true(fabs(at(zero, token, 1, c) - v) < 1e-14);
            assert_true(at(biased, token, 1, c) == at(zero, token, 1, c));
            assert_true(fabs(at(mixed, token, 1, c) -
                             (0.25 * at(plain, token, 1, c) + 0.75 * v)) < 1e-14);
        }
    ts_ctx_close(&ctx);
}

/* Queries and keys are normalised by head and turned, values neither; glyph tokens only turned. */
static void heads_of(void **state)
{
    (void)state;
    net n;
    net_open(&n, TS_F64, true);
    ts_ctx *ctx = &n.ctx;
    const ts_stream_weights *w = &n.dit->blocks[0].image;
    const ts_adapted *const to_qkv[3] = {&w->to_q, &w->to_k, &w->to_v};
    const ts_tensor x = trial_tensor(ctx, 1, 1.0, 3, 1, 3, 32),
                    still = ts_new_zero(ctx, TS_F64, 2, (int64_t[]){3, 16});
    const ts_tensor one = ts_shift(ctx, still, 1.0), turned = trial_tensor(ctx, 9, 0.5, 2, 3, 16);
    ts_stream s = {.rope = {one, still}};
    const ts_heads plain = ts_heads_of(ctx, &s, x, 2, to_qkv, w->norm_q, w->norm_k);
    s.rope.sin = turned;
    const ts_heads rotated = ts_heads_of(ctx, &s, x, 2, to_qkv, w->norm_q, w->norm_k);
    s.glyph = true;
    s.rope.sin = still;
    const ts_heads glyph = ts_heads_of(ctx, &s, x, 2, to_qkv, w->norm_q, w->norm_k);
    s.glyph = false;
    s.lora = true;
    const ts_heads adapted = ts_heads_of(ctx, &s, x, 2, to_qkv, w->norm_q, w->norm_k);
    assert_int_equal(ctx->status, TS_OK);
    const size_t bytes = 96 * sizeof(double);
    assert_memory_equal(plain.v.data, rotated.v.data, bytes);
    assert_memory_equal(plain.v.data, glyph.v.data, bytes);
    assert_memory_not_equal(plain.q.data, rotated.q.data, bytes);
    assert_memory_not_equal(plain.v.data, adapted.v.data, bytes);
    const double *weight = NULL, *q = plain.q.data, *raw = glyph.q.data;
    const ts_tensor norm = ts_scale(ctx, w->norm_q, 1.0);
    weight = norm.data;
    for (int r = 0; r < 6; r++) {
        double mean = 0;
        for (int k = 0; k < 16; k++)
            mean += raw[16 * r + k] * raw[16 * r + k] / 16;
        for (int k = 0; k < 16; k++)
            assert_true(fabs(q[16 * r + k] - raw[16 * r + k] / sqrt(mean + 1e-6) * weight[k]) <
                        1e-13);
    }
    net_close(&n);
}

/* Only in float16, and only for the streams that the published program clips. */
static void finite_f16(void **state)
{
    (void)state;
    static const ts_dtype formats[] = {TS_F16, TS_BF16, TS_NONE};
    for (int f = 0; f < 3; f++)
        for (int clip = 0; clip < 2; clip++) {
            ts_ctx ctx;
            ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
            float x[4] = {INFINITY, -INFINITY, 65504.0f, -1.0f};
            ctx.round = formats[f];
            const ts_stream s = {.clip = clip};
            const ts_tensor y = ts_finite_f16(&ctx, &s, ts_tensor_of(x, TS_F32, 1, (int64_t[]){4}));
            const float *v = y.data;
            const bool clipped = clip && formats[f] == TS_F16;
            assert_true(v[0] == (clipped ? 65504.0f : INFINITY));
            assert_true(v[1] == (clipped ? -65504.0f : -INFINITY));
            assert_true(v[2] == 65504.0f && v[3] == -1.0f);
            ts_ctx_close(&ctx);
        }
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_heads h[2] = {heads(&ctx, 1, 2, 1), heads(&ctx, 2, 2, 1)};
    const ts_attention_rule rule = {.base_ratio = 1};
    h[1].q = trial_tensor(&ctx, 1, 1.0, 4, B, H, 2, D + 1);
    assert_true(ts_is_empty(ts_joint_attention(&ctx, h, 2, &rule)));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    /* After a failure nothing is computed any more. */
    assert_true(ts_is_empty(ts_joint_attention(&ctx, h, 1, &rule)));
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),  cmocka_unit_test(one_sequence), cmocka_unit_test(order),
        cmocka_unit_test(regions),  cmocka_unit_test(heads_of),     cmocka_unit_test(finite_f16),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
