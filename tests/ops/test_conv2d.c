#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_conv2d(ctx, in[0], in[1], in[2], *(const ts_conv *)arg);
}

/* batch, groups, inputs and outputs of a group, picture, kernel */
typedef struct {
    int b, g, c, o, h, w, kh, kw;
    ts_conv config;
} setting;

static op_case case_of(const setting *s, bool bias)
{
    op_case c = {apply, .arg = &s->config, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 4, s->b, s->g * s->c, s->h, s->w),
                        op_tensor(50, 0.5, 0, 4, s->g * s->o, s->c, s->kh, s->kw)}};
    if (bias)
        c.in[2] = op_tensor(90, 1, 0, 1, s->g * s->o);
    return c;
}

static void sizes(void **state)
{
    (void)state;
    static const setting all[] = {
        {2, 1, 2, 3, 5, 4, 3, 3, {.top = 1, .bottom = 1, .left = 1, .right = 1}},
        {1, 1, 1, 1, 1, 1, 1, 1, {.groups = 1}},
        {1, 1, 2, 2, 6, 5, 3, 3, {.stride = {2, 2}, .bottom = 1, .right = 1}},
        {2, 3, 1, 1, 5, 7, 3, 2, {.stride = {1, 2}, .groups = 3, .top = 2, .left = 1}},
        {1, 2, 2, 3, 4, 3, 1, 1, {.groups = 2, .stride = {3, 1}}},
        {1, 1, 2, 2, 2, 2, 5, 5, {.top = 2, .bottom = 3, .left = 2, .right = 2}},
        {0, 1, 2, 2, 3, 3, 3, 3, {.top = 1}},
        {1, 1, 0, 2, 3, 3, 3, 3, {.top = 1}},
        {1, 1, 2, 0, 3, 3, 2, 2, {.top = 1}},
    };
    for (int i = 0; i < (int)(sizeof all / sizeof *all); i++) {
        op_case c = case_of(&all[i], i % 2 == 0);
        op_all(&c);
    }
}

/* Around the edges of stripes and tiles. */
static void edges(void **state)
{
    (void)state;
    static const setting all[] = {
        {1, 1, 17, 19, 33, 37, 3, 3, {.top = 1, .bottom = 1, .left = 1, .right = 1}},
        {2, 1, 5, 131, 13, 11, 3, 3, {.stride = {2, 2}, .bottom = 1, .right = 1}},
        {1, 2, 9, 3, 67, 5, 1, 1, {.groups = 2}},
    };
    for (int i = 0; i < 3; i++) {
        op_case c = case_of(&all[i], true);
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

/* 3 x 3 ones over 1 .. 9 with asymmetric padding: sums of the neighbours, from a pencil. */
static void known_answer(void **state)
{
    (void)state;
    static const setting s = {1, 1, 1, 1, 3, 3, 2, 2, {.top = 1, .right = 1}};
    static const double expected[9] = {3, 5, 3, 12, 16, 9, 24, 28, 15};
    op_case c = case_of(&s, false);
    for (int i = 0; i < 9; i++)
        ((double *)c.in[0].data)[i] = i + 1;
    for (int i = 0; i < 4; i++)
        ((double *)c.in[1].data)[i] = 1;
    op_exact(&c, expected);
    op_free(&c);
}

/* Whole numbers through every block and tile, from the equation: exact in any order. */
static void whole_numbers(void **state)
{
    (void)state;
    static const setting s = {1, 2, 60, 130, 21, 19, 3, 3,
                              {.stride = {1, 2}, .groups = 2, .top = 1, .left = 2, .right = 1}};
    enum { H = 20, W = 10 };
    op_case c = case_of(&s, false);
    double *x = c.in[0].data, *w = c.in[1].data;
    double *expected = calloc(2 * 130 * H * W, sizeof *expected);
    assert_non_null(expected);
    for (int i = 0; i < 120 * 21 * 19; i++)
        x[i] = i * 7 % 13 % 7 - 3;
    for (int i = 0; i < 260 * 60 * 9; i++)
        w[i] = i * 5 % 11 % 3 - 1;
    for (int o = 0; o < 260; o++)
        for (int i = 0; i < 60 * 9 * H * W; i++) {
            const int q = i % W, p = i / W % H, v = i / (W * H) % 3, u = i / (W * H * 3) % 3;
            const int ch = i / (W * H * 9), row = p + u - 1, column = 2 * q + v - 2;
            if (row >= 0 && row < 21 && column >= 0 && column < 19)
                expected[(o * H + p) * W + q] += x[((o / 130 * 60 + ch) * 21 + row) * 19 + column] *
                                                 w[((o * 60 + ch) * 3 + u) * 3 + v];
        }
    op_exact(&c, expected);
    free(expected);
    op_free(&c);
}

/* Padding is zeros: an infinite tap over it gives NaN, on every table. */
static void infinite_tap(void **state)
{
    (void)state;
    static const setting s = {1, 1, 1, 1, 1, 2, 1, 2, {.left = 1}};
    static const double expected[2] = {(double)NAN, (double)INFINITY};
    op_case c = case_of(&s, false);
    ((double *)c.in[0].data)[0] = 2;
    ((double *)c.in[0].data)[1] = 3;
    ((double *)c.in[1].data)[0] = (double)INFINITY;
    ((double *)c.in[1].data)[1] = 1;
    op_exact(&c, expected);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const setting all[] = {
        {1, 1, 2, 2, 3, 3, 4, 3, {.groups = 1}},
        {1, 3, 2, 2, 3, 3, 3, 3, {.groups = 2}},
        {1, 1, 2, 2, 3, 3, 3, 3, {.top = -1}},
        {1, 1, 2, 2, 3, 3, 0, 3, {.top = 1}},
        {1, 1, 2, 2, 3, 3, 3, 3, {.top = INT64_MAX / 2, .bottom = INT64_MAX / 2, .left = 9}},
        {1, 1, 2, 2, 3, 3, 3, 3, {.top = INT64_MAX}},
        {1, 1, 2, 2, 3, 3, 3, 3, {.stride = {1, -1}}},
    };
    for (int i = 0; i < 7; i++) {
        op_case c = case_of(&all[i], true);
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case bias = case_of(&all[0], false);
    bias.in[2] = op_tensor(0, 1, 0, 1, 5);
    op_fails(&bias, TS_ERROR_SHAPE);
    op_free(&bias);
    op_case rank = case_of(&all[0], false);
    rank.in[1].rank = 3;
    op_fails(&rank, TS_ERROR_SHAPE);
    op_free(&rank);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(edges),
        cmocka_unit_test(known_answer),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(infinite_tap),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
