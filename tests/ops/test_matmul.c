#include "tests/support/op.h"

#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_matmul(ctx, in[0], in[1]);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][4] = {{2, 3, 5, 4}, {1, 1, 1, 1}, {3, 0, 2, 2}, {2, 2, 0, 3},
                                  {0, 2, 2, 2}, {2, 7, 13, 11}, {1, 3, 4, 0}};
    for (int i = 0; i < 7; i++) {
        const int b = size[i][0], m = size[i][1], k = size[i][2], n = size[i][3];
        op_case pairs = {apply, .inputs = 2,
                         .in = {op_tensor(0, 1, 0, 3, b, m, k), op_tensor(50, 0.5, 0, 3, b, k, n)}};
        op_all(&pairs);
        op_case one = {apply, .inputs = 2,
                       .in = {op_tensor(0, 1, 0, 3, b, m, k), op_tensor(50, 0.5, 0, 2, k, n)}};
        op_all(&one);
    }
}

/* Around the edges of tiles. */
static void edges(void **state)
{
    (void)state;
    static const int size[][3] = {{3, 17, 131}, {130, 129, 17}, {5, 300, 33}};
    for (int i = 0; i < 3; i++) {
        const int m = size[i][0], k = size[i][1], n = size[i][2];
        op_case c = {apply, .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 3, 2, m, k), op_tensor(50, 0.5, 0, 3, 2, k, n)}};
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
}

static ts_tensor transposed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    ts_tensor a = in[0], b = in[1];
    a.size[0] = in[0].size[1], a.size[1] = in[0].size[0];
    a.stride[0] = in[0].stride[1], a.stride[1] = in[0].stride[0];
    return ts_matmul(ctx, a, b);
}

/* (1 2; 3 4)^T (5 6; 7 8), the left factor a strided view. */
static void strided(void **state)
{
    (void)state;
    op_case c = {transposed, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 2, 2),
                                                 op_tensor(0, 1, 0, 2, 2, 2)}};
    for (int i = 0; i < 4; i++) {
        ((double *)c.in[0].data)[i] = i + 1;
        ((double *)c.in[1].data)[i] = i + 5;
    }
    static const double expected[4] = {26, 30, 38, 44};
    op_exact(&c, expected);
    op_free(&c);
}

/* Whole numbers through every tile: exact in any order. */
static void whole_numbers(void **state)
{
    (void)state;
    enum { B = 2, M = 261, K = 131, N = 515 };
    op_case c = {apply, .inputs = 2,
                 .in = {op_tensor(0, 1, 0, 3, B, M, K), op_tensor(0, 1, 0, 3, B, K, N)}};
    double *a = c.in[0].data, *b = c.in[1].data, *expected = calloc(B * M * N, sizeof *expected);
    assert_non_null(expected);
    for (int i = 0; i < B * M * K; i++)
        a[i] = i * 7 % 13 % 7 - 3;
    for (int i = 0; i < B * K * N; i++)
        b[i] = i * 5 % 11 % 5 - 2;
    for (int i = 0; i < B * M; i++)
        for (int l = 0; l < K; l++)
            for (int j = 0; j < N; j++)
                expected[i * N + j] += a[i * K + l] * b[(i / M * K + l) * N + j];
    op_exact(&c, expected);
    free(expected);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const int size[][3] = {{2, 3, 5}, {3, 4, 2}};
    for (int i = 0; i < 2; i++) {
        op_case c = {apply, .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 3, 2, 3, 4),
                            op_tensor(0, 1, 0, 3, size[i][0], size[i][1], size[i][2])}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case flat = {apply, .inputs = 2, .in = {op_tensor(0, 1, 0, 1, 4), op_tensor(0, 1, 0, 1, 4)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(edges),
        cmocka_unit_test(strided),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
