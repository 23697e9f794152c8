#include "tests/support/op.h"

#include <math.h>

enum { ADD, SUB, MUL, LERP, PAIRS };

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    switch (*(const int *)arg) {
    case ADD:
        return ts_add(ctx, in[0], in[1]);
    case SUB:
        return ts_sub(ctx, in[0], in[1]);
    case MUL:
        return ts_mul(ctx, in[0], in[1]);
    default:
        return ts_lerp(ctx, in[0], in[1], 0.3);
    }
}

static const int kinds[PAIRS] = {ADD, SUB, MUL, LERP};

static ts_tensor of(int64_t seed, const int *size)
{
    return op_tensor(seed, 1, 0, 4, size[0], size[1], size[2], size[3]);
}

static void broadcasts(void **state)
{
    (void)state;
    static const int size[][2][4] = {
        {{2, 3, 4, 5}, {2, 3, 4, 5}}, {{2, 3, 4, 5}, {1, 1, 1, 5}}, {{1, 3, 1, 5}, {2, 1, 4, 1}},
        {{2, 3, 1, 1}, {2, 3, 4, 5}}, {{1, 1, 1, 1}, {1, 1, 1, 1}}, {{1, 1, 1, 1}, {2, 1, 3, 70}},
        {{0, 3, 1, 1}, {1, 3, 1, 2}}, {{1, 2, 1, 67}, {3, 1, 1, 67}}};
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < PAIRS; k++) {
            op_case c = {apply, &kinds[k], .inputs = 2, .in = {of(0, size[i][0]), of(90, size[i][1])}};
            op_all(&c);
        }
}

/* More than one piece of a thread. */
static void pieces(void **state)
{
    (void)state;
    static const int size[][2][4] = {{{1, 3, 70, 250}, {1, 3, 70, 250}}, {{1, 3, 70, 250}, {1, 3, 1, 1}},
                                     {{1, 1, 1, 250}, {2, 1, 90, 1}}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < PAIRS; k++) {
            op_case c = {apply, &kinds[k], .inputs = 2, .in = {of(0, size[i][0]), of(90, size[i][1])}};
            op_tables(&c);
            op_free(&c);
        }
}

/* Operands of unequal rank: missing axes stand in front. */
static void ranks(void **state)
{
    (void)state;
    for (int k = 0; k < PAIRS; k++) {
        op_case c = {apply, &kinds[k], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 1, 5), op_tensor(9, 1, 0, 3, 2, 3, 5)}};
        op_all(&c);
        op_case d = {apply, &kinds[k], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 2, 3, 5), op_tensor(9, 1, 0, 0)}};
        op_all(&d);
    }
}

static ts_tensor transposed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const ts_tensor moved[2] = {ts_transpose(ctx, in[0], 0, 2), ts_slice(ctx, in[1], 1, 1, 3)};
    return apply(ctx, moved, arg);
}

static void strided(void **state)
{
    (void)state;
    for (int k = 0; k < PAIRS; k++) {
        op_case c = {transposed, &kinds[k], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 3, 4, 3, 2), op_tensor(50, 1, 0, 3, 2, 5, 4)}};
        op_all(&c);
    }
}

static ts_tensor affine(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return *(const int *)arg ? ts_shift(ctx, in[0], 0.7) : ts_scale(ctx, in[0], -1.3);
}

static void affines(void **state)
{
    (void)state;
    static const int kind[2] = {0, 1};
    for (int k = 0; k < 2; k++)
        for (int n = 0; n < 14; n += 13) {
            op_case c = {affine, &kind[k], .inputs = 1, .in = {op_tensor(0, 1, 0, 1, n)}};
            op_all(&c);
        }
}

/* 2 and 3 with 5: every result exact. Times 1, -0 stays -0. */
static void known_answers(void **state)
{
    (void)state;
    ts_ctx ctx;
    float two[2] = {2, 3}, five = 5, zero = -0.0f;
    const int64_t size[1] = {2};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor a = ts_tensor_of(two, TS_F32, 1, size), b = ts_tensor_of(&five, TS_F32, 0, NULL);
    const float *sum = ts_add(&ctx, a, b).data, *less = ts_sub(&ctx, a, b).data;
    const float *product = ts_mul(&ctx, a, b).data, *between = ts_lerp(&ctx, a, b, 0.25).data;
    assert_true(sum[0] == 7 && sum[1] == 8 && less[0] == -3 && less[1] == -2);
    assert_true(product[0] == 10 && product[1] == 15 && between[0] == 2.75f && between[1] == 3.5f);
    const float *same = ts_scale(&ctx, ts_tensor_of(&zero, TS_F32, 0, NULL), 1.0).data;
    assert_true(signbit(*same) && *same == 0);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    for (int k = 0; k < PAIRS; k++) {
        op_case c = {apply, &kinds[k], .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 4)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_case missing = c;
        missing.in[1] = (ts_tensor){0};
        op_fails(&missing, TS_ERROR_SHAPE);
        op_free(&c);
    }
    for (int k = 0; k < 2; k++) {
        op_case c = {affine, &kinds[k], .inputs = 1};
        op_fails(&c, TS_ERROR_SHAPE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broadcasts), cmocka_unit_test(pieces), cmocka_unit_test(ranks),         cmocka_unit_test(strided),
        cmocka_unit_test(affines),    cmocka_unit_test(known_answers), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
