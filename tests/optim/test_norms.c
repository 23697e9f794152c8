#include "tests/support/optim.h"

#include "ref/optim/inside.h"

#include <math.h>

/* Whole numbers: the sum of squares is exact, and known. */
static void exact(void **state)
{
    (void)state;
    static float x[OPTIM_LARGEST], y[OPTIM_LARGEST], z[OPTIM_LARGEST];
    for (int64_t i = 0; i < OPTIM_LARGEST; i++) {
        x[i] = (float)(i % 3);
        y[i] = (float)(i % 5);
        z[i] = (float)(i % 2);
    }
    static const int64_t sizes[] = {1, 2, 17, TS_OPTIM_PIECE, TS_OPTIM_PIECE + 1, OPTIM_LARGEST};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int threads = 1; threads < 3; threads++) {
            const int64_t n = sizes[k];
            double part[2], one = 0.0, three = 0.0, two = 0.0;
            const double factor[3] = {2.0, -1.0, 3.0};
            ts_ctx ctx;
            ts_ctx_open(&ctx, &ts_table_fast, TS_F32, threads);
            for (int64_t i = 0; i < n; i++) {
                const double a = (double)x[i], b = (double)y[i], c = (double)z[i];
                one += a * a;
                two += (2 * a + 3 * c) * (2 * a + 3 * c);
                three += (2 * a - b + 3 * c) * (2 * a - b + 3 * c);
            }
            ts_tensor all[3] = {ts_tensor_of(x, TS_F32, 1, &n), ts_tensor_of(y, TS_F32, 1, &n),
                                ts_tensor_of(z, TS_F32, 1, &n)};
            assert_true(ts_optim_norm(&ctx, part, all[0]) == sqrt(one));
            assert_true(ts_optim_square_sum(&ctx, part, all, factor, n) == three);
            all[1] = (ts_tensor){0};
            assert_true(ts_optim_square_sum(&ctx, part, all, factor, n) == two);
            ts_ctx_close(&ctx);
        }
    assert_int_equal(ts_pieces(0), 0);
    assert_int_equal(ts_pieces(TS_OPTIM_PIECE), 1);
    assert_int_equal(ts_pieces(OPTIM_LARGEST), 2);
}

/* A float would overflow, and a sum of floats would lose everything behind the first number. */
static void in_double(void **state)
{
    (void)state;
    static float x[1 << 15];
    const int64_t n = 1 << 15;
    double part[1];
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    for (int64_t i = 0; i < n; i++)
        x[i] = 0x1p100f;
    assert_true(ts_optim_norm(&ctx, part, ts_tensor_of(x, TS_F32, 1, &n)) == 0x1p107 * sqrt(2.0));
    for (int64_t i = 1; i < n; i++)
        x[i] = 1.0f;
    x[0] = 4096.0f;
    assert_true(ts_optim_norm(&ctx, part, ts_tensor_of(x, TS_F32, 1, &n)) ==
                sqrt(16777216.0 + (double)(n - 1)));
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
