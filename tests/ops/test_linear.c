#include "tests/support/op.h"

#include <math.h>
#include <stdlib.h>

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_linear(ctx, in[0], in[1], in[2]);
}

static void sizes(void **state)
{
    (void)state;
    static const int size[][3] = {{3, 5, 4}, {1, 1, 1}, {0, 3, 2}, {2, 0, 3}, {7, 13, 11}};
    for (int i = 0; i < 5; i++) {
        const int rows = size[i][0], k = size[i][1], n = size[i][2];
        op_case c = {apply, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 2, rows, k), op_tensor(50, 0.5, 0, 2, n, k),
                            op_tensor(90, 1, 0, 1, n)}};
        op_all(&c);
    }
}

/* Wide enough for several panels of the weight and several tiles. */
static void panels(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 3, 2, 19, 67), op_tensor(50, 0.5, 0, 2, 1031, 67)}};
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

/* Whole numbers -3 .. 3 in x (rows, k) and w (n, k): exact in every order of sums and type. */
enum { WHOLE_ROWS = 259, WHOLE_K = 130, WHOLE_N = 517 };

static double whole(int64_t i)
{
    return (double)(i * 7 % 13 % 7 - 3);
}

static double *whole_answer(void)
{
    double *y = malloc(sizeof *y * WHOLE_ROWS * WHOLE_N);
    assert_non_null(y);
    for (int64_t r = 0; r < WHOLE_ROWS; r++)
        for (int64_t j = 0; j < WHOLE_N; j++) {
            y[r * WHOLE_N + j] = 0;
            for (int64_t i = 0; i < WHOLE_K; i++)
                y[r * WHOLE_N + j] += whole(r * WHOLE_K + i) * whole(j * WHOLE_K + i + 5);
        }
    return y;
}

/* Weights of every type, over the edges of every panel, tile and block. */
static void weight_types(void **state)
{
    (void)state;
    static const ts_dtype types[] = {TS_F64, TS_F32, TS_BF16, TS_F16, TS_F8_E4M3};
    double *expected = whole_answer();
    for (int t = 0; t < 5; t++) {
        op_case c = {apply, .inputs = 3,
                     .in = {op_tensor(0, 1, 0, 2, WHOLE_ROWS, WHOLE_K),
                            op_tensor(0, 1, 0, 2, WHOLE_N, WHOLE_K)}};
        for (int64_t i = 0; i < WHOLE_ROWS * WHOLE_K; i++)
            ((double *)c.in[0].data)[i] = whole(i);
        double *w = c.in[1].data;
        for (int64_t i = 0; i < WHOLE_N * WHOLE_K; i++)
            w[i] = whole(i + 5);
        if (types[t] != TS_F64) {
            c.in[1].dtype = types[t];
            c.in[1].data = calloc(WHOLE_N * WHOLE_K, ts_dtype_size(types[t]));
            assert_non_null(c.in[1].data);
            ts_convert(c.in[1].data, types[t], w, TS_F64, WHOLE_N * WHOLE_K);
            free(w);
        }
        op_exact(&c, expected);
        op_free(&c);
    }
    free(expected);
}

/* In a context that rounds to bf16, weight and result have 8 bits: 257 becomes 256 (to even), so
 * y = 256 * 1 + 3 = 259 becomes 260. Sums are not rounded. */
static void rounding(void **state)
{
    (void)state;
    float x[2] = {1, 3}, w[2] = {257, 1};
    const int64_t size[2] = {1, 2};
    for (int t = 0; ts_table_name(t); t++) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, ts_table_named(ts_table_name(t)), TS_F32, 1);
        ctx.round = TS_BF16;
        ts_tensor weight = ts_tensor_of(w, TS_F32, 2, size);
        weight.name = "layer.weight";
        const ts_tensor y = ts_linear(&ctx, ts_tensor_of(x, TS_F32, 2, size), weight,
                                      (ts_tensor){0});
        assert_int_equal(ts_ctx_status(&ctx), TS_OK);
        assert_true(*(const float *)y.data == 260.0f);
        assert_true(w[0] == 257.0f); /* the caller's weight is not touched */
        ts_ctx_close(&ctx);
    }
}

/* Every second row of x: a strided view. */
static ts_tensor every_second(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    ts_tensor x = in[0];
    x.size[0] = (x.size[0] + 1) / 2;
    x.stride[0] *= 2;
    return ts_linear(ctx, x, in[1], in[2]);
}

static void strided(void **state)
{
    (void)state;
    op_case c = {every_second, .inputs = 3, .in = {op_tensor(0, 1, 0, 2, 3, 2),
                                                   op_tensor(0, 1, 0, 2, 1, 2),
                                                   op_tensor(0, 1, 0, 1, 1)}};
    for (int i = 0; i < 6; i++)
        ((double *)c.in[0].data)[i] = i + 1;
    ((double *)c.in[1].data)[0] = 10;
    ((double *)c.in[1].data)[1] = 1;
    ((double *)c.in[2].data)[0] = 100;
    static const double expected[2] = {112, 156};
    op_exact(&c, expected);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    op_case c = {apply, .inputs = 3,
                 .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 5)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
    op_case bias = {apply, .inputs = 3,
                    .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 2, 2, 4),
                           op_tensor(0, 1, 0, 1, 3)}};
    op_fails(&bias, TS_ERROR_SHAPE);
    op_free(&bias);
    op_case rank = {apply, .inputs = 3,
                    .in = {op_tensor(0, 1, 0, 2, 3, 4), op_tensor(0, 1, 0, 1, 4)}};
    op_fails(&rank, TS_ERROR_SHAPE);
    op_free(&rank);
}

/* bf16 weights and results rounded to bf16, on blas: the processor's bf16 products where it has them.
 * Judged by the law of rounded operations; a term left out, or sums in bf16, would be far outside. */
static void bf16_products(void **state)
{
    (void)state;
    static const int64_t size[][3] = {{6, 128, 64}, {13, 67, 131}, {1, 1, 1}, {40, 1200, 600}, {3, 0, 5}};
    const ts_table *table = ts_table_named("blas");
    for (int i = 0; table && i < 5; i++) {
        const int64_t rows = size[i][0], k = size[i][1], n = size[i][2];
        ts_ctx ctx;
        ts_ctx_open(&ctx, table, TS_F32, 2);
        ctx.round = TS_BF16;
        const ts_tensor x = ts_new(&ctx, TS_F32, 2, (int64_t[]){rows, k});
        const ts_tensor w = ts_new(&ctx, TS_BF16, 2, (int64_t[]){n, k});
        const ts_tensor b = ts_new(&ctx, TS_F32, 1, &n);
        for (int64_t j = 0; j < rows * k; j++)
            ts_store(x.data, TS_F32, j, op_value(j));
        for (int64_t j = 0; j < n * k; j++)
            ts_store(w.data, TS_BF16, j, op_value(j + 50));
        for (int64_t j = 0; j < n; j++)
            ts_store(b.data, TS_F32, j, op_value(j + 90));
        ts_round_to(x.data, TS_F32, TS_BF16, rows * k);
        ts_round_to(b.data, TS_F32, TS_BF16, n);
        const ts_tensor y = ts_linear(&ctx, x, w, b);
        assert_int_equal(ctx.status, TS_OK);
        for (int64_t at = 0; at < rows * n; at++) {
            double sum = ts_load(b.data, TS_F32, at % n), gauge = fabs(sum);
            for (int64_t c = 0; c < k; c++) {
                const double term = ts_load(x.data, TS_F32, at / n * k + c) *
                                    ts_load(w.data, TS_BF16, at % n * k + c);
                sum += term;
                gauge += fabs(term);
            }
            const double allowed = fabs(sum) / 256 + (4 + sqrt((double)k) / 8) * gauge / 16777216;
            assert_true(fabs(ts_load(y.data, TS_F32, at) - sum) <= allowed);
        }
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(panels), cmocka_unit_test(bf16_products),
        cmocka_unit_test(weight_types),
        cmocka_unit_test(rounding),
        cmocka_unit_test(strided),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
