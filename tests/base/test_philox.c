#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The vectors that the Random123 library publishes for philox4x32, 10 rounds. */
static void published(void **state)
{
    (void)state;
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        ts_philox(out, known[i], known[i] + 4);
        assert_memory_equal(out, known[i] + 6, sizeof out);
        memcpy(out, known[i], sizeof out);
        ts_philox(out, out, known[i] + 4); /* in place */
        assert_memory_equal(out, known[i] + 6, sizeof out);
    }
}

/* Any part of a stream equals that part of the whole, for every kind of number. */
static void parts(void **state)
{
    (void)state;
    enum { N = 41 };
    const uint64_t seed = 0x123456789abcdef0u, stream = 0x1122334455667788u;
    uint32_t bits[N], bit;
    int64_t ints[N], whole;
    float uniform[N], normal[N], f;
    double uniform64[N], normal64[N], d;
    ts_philox_bits(bits, seed, stream, 5, N);
    ts_philox_ints(ints, seed, stream, 5, N, -3, 9);
    ts_philox_uniform_f32(uniform, seed, stream, 5, N);
    ts_philox_normal_f32(normal, seed, stream, 5, N);
    ts_philox_uniform_f64(uniform64, seed, stream, 5, N);
    ts_philox_normal_f64(normal64, seed, stream, 5, N);
    for (int i = 0; i < N; i++) {
        ts_philox_bits(&bit, seed, stream, 5 + (uint64_t)i, 1);
        assert_int_equal(bit, bits[i]);
        ts_philox_ints(&whole, seed, stream, 5 + (uint64_t)i, 1, -3, 9);
        assert_int_equal(whole, ints[i]);
        ts_philox_uniform_f32(&f, seed, stream, 5 + (uint64_t)i, 1);
        assert_true(f == uniform[i] && f == (float)(bits[i] >> 8) / 16777216.0f);
        ts_philox_normal_f32(&f, seed, stream, 5 + (uint64_t)i, 1);
        assert_true(f == normal[i]);
        ts_philox_uniform_f64(&d, seed, stream, 5 + (uint64_t)i, 1);
        assert_true(d == uniform64[i]);
        ts_philox_normal_f64(&d, seed, stream, 5 + (uint64_t)i, 1);
        assert_true(d == normal64[i]);
    }
}

/* The words are those of the block function: low words of seed, block and stream first. */
static void layout(void **state)
{
    (void)state;
    const uint32_t counter[4] = {7, 1, 0x55667788, 0x11223344}, key[2] = {0x9abcdef0, 0x12345678};
    uint32_t expected[4], bits[4];
    double wide, one[2], pair[2];
    ts_philox(expected, counter, key);
    ts_philox_bits(bits, 0x123456789abcdef0u, 0x1122334455667788u, 4 * 0x100000007u, 4);
    assert_memory_equal(bits, expected, sizeof bits);
    ts_philox_uniform_f64(&wide, 0x123456789abcdef0u, 0x1122334455667788u, 2 * 0x100000007u + 1, 1);
    assert_true(wide == (double)(((uint64_t)bits[2] << 32 | bits[3]) >> 11) / 0x1p53);
    /* Box-Muller: two normals of two uniforms; C's own functions agree to rounding. */
    ts_philox_uniform_f64(one, 9, 1, 10, 2);
    ts_philox_normal_f64(pair, 9, 1, 10, 2);
    const double r = sqrt(-2.0 * log(one[0] + 0x1p-53)), t = 2.0 * acos(-1.0) * one[1];
    assert_true(fabs(pair[0] - r * cos(t)) < 4e-15 && fabs(pair[1] - r * sin(t)) < 4e-15);
}

static void integers(void **state)
{
    (void)state;
    enum { N = 3000 };
    static int64_t x[N];
    int count[6] = {0};
    ts_philox_ints(x, 1, 2, 0, N, -2, 4);
    for (int i = 0; i < N; i++) {
        assert_true(x[i] >= -2 && x[i] < 4);
        count[x[i] + 2]++;
    }
    for (int k = 0; k < 6; k++)
        assert_true(count[k] > 400 && count[k] < 600); /* 500 expected; 100 is five deviations */
    int64_t least = INT64_MAX, most = INT64_MIN;
    ts_philox_ints(x, 1, 2, 0, N, INT64_MIN, INT64_MAX);
    for (int i = 0; i < N; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    assert_true(least < -(INT64_MAX / 100 * 99) && most > INT64_MAX / 100 * 99);
}

/* Mean, variance and correlation of neighbours: fixed seeds, so these either hold or do not. */
static void moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    float *x = malloc(N * sizeof *x);
    assert_non_null(x);
    for (int normal = 0; normal < 2; normal++) {
        double sum = 0, squares = 0, neighbours = 0;
        (normal ? ts_philox_normal_f32 : ts_philox_uniform_f32)(x, 3, 0, 0, N);
        for (int i = 0; i < N; i++) {
            const double v = normal ? (double)x[i] : ((double)x[i] - 0.5) * sqrt(12.0);
            const double w = normal ? (double)x[(i + 1) % N]
                                    : ((double)x[(i + 1) % N] - 0.5) * sqrt(12.0);
            sum += v;
            squares += v * v;
            neighbours += v * w;
        }
        assert_true(fabs(sum / N) < 0.016 && fabs(squares / N - 1) < 0.023);
        assert_true(fabs(neighbours / N) < 0.016);
    }
    free(x);
}

/* What torch.randn(3, 4, device="cuda") prints after manual_seed(0). */
static void torch_cuda(void **state)
{
    (void)state;
    static const double known[12] = {-0.92466259, -0.42534415, -2.6438457,  0.14518388,
                                     -0.12086647, -0.57972564, -0.62285122, -0.32838709,
                                     -1.07454231, -0.36314407, -1.67105067, 2.26550497};
    float x[12];
    uint64_t offset = 0;
    ts_torch_cuda_randn(x, 12, 0, &offset, ts_torch_cuda_grid(12, 132, 2048));
    assert_int_equal(offset, 4);
    for (int i = 0; i < 12; i++)
        assert_true(fabs((double)x[i] - known[i]) < 2e-6);
    ts_torch_cuda_randn(x, 12, 0, &offset, ts_torch_cuda_grid(12, 132, 2048));
    assert_true(fabs((double)x[0] - known[0]) > 1e-3); /* the next ones */
}

/* Where each number of each thread goes, and how far the offset moves. */
static void launch(void **state)
{
    (void)state;
    enum { N = 2 * 3 * 4 + 5 };
    const ts_cuda_grid grid = {2, 3}; /* 6 threads: 24 elements a call */
    const uint32_t key[2] = {77, 0};
    float x[N], y[N];
    uint64_t offset = 8, other = 8;
    ts_torch_cuda_rand(x, N, 77, &offset, grid);
    ts_torch_cuda_randn(y, N, 77, &other, grid);
    assert_true(offset == 16 && other == 16);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t counter[4] = {2 + i / 24, 0, i % 6, 0}, j = i / 6 % 4;
        uint32_t words[4];
        ts_philox(words, counter, key);
        assert_true(x[i] == (float)words[j] * 0x1p-32f + 0x1p-33f);
        const double u = ((double)words[j & ~1u] + 0.5) * 0x1p-32;
        const double v = ((double)words[j | 1u] + 0.5) * 0x1p-32 * 2.0 * acos(-1.0);
        const double expected = sqrt(-2.0 * log(u)) * (j % 2 ? cos(v) : sin(v));
        assert_true(fabs((double)y[i] - expected) < 4e-6);
    }
    ts_torch_cuda_rand(x, 0, 77, &offset, grid);
    assert_int_equal(offset, 16);
    const ts_cuda_grid small = ts_torch_cuda_grid(257, 132, 2048);
    const ts_cuda_grid large = ts_torch_cuda_grid(10000000, 108, 2048);
    assert_true(small.threads == 256 && small.blocks == 2);
    assert_true(large.threads == 256 && large.blocks == 108 * 8);
}

/* The exact transform of the floats u and v: within 2 units in the last place of it. */
static void two_ulp(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float y[N];
    const ts_cuda_grid grid = {256, 8};
    const uint32_t key[2] = {5, 0};
    const float turn = 6.2831855f * 0x1p-32f;
    uint64_t offset = 0;
    ts_torch_cuda_randn(y, N, 5, &offset, grid);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t counter[4] = {i / 8192, 0, i % 2048, 0}, j = i / 2048 % 4;
        uint32_t words[4];
        ts_philox(words, counter, key);
        const float u = (float)words[j & ~1u] * 0x1p-32f + 0x1p-33f;
        const float v = fmaf((float)words[j | 1u], turn, turn / 2);
        const double r = sqrt(-2.0 * log((double)u));
        const float expected = (float)(r * (j % 2 ? cos((double)v) : sin((double)v)));
        const float size = fabsf(expected), unit = nextafterf(size, INFINITY) - size;
        assert_true(fabsf(y[i] - expected) <= 2.0f * unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),  cmocka_unit_test(parts),   cmocka_unit_test(layout),
        cmocka_unit_test(integers),   cmocka_unit_test(moments), cmocka_unit_test(torch_cuda),
        cmocka_unit_test(launch),     cmocka_unit_test(two_ulp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
