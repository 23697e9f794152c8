/* philox.c: Philox 4x32-10, streams of it, and torch's random numbers on CUDA.
 *
 * Source: Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011), 4.3;
 * torch's launch (aten/src/ATen/native/cuda/DistributionTemplates.h) and cuRAND's
 * transforms (curand_uniform.h, curand_normal.h).
 *
 * One round: (x0, x1, x2, x3) -> (high(M1 x2) ^ x1 ^ k0, low(M1 x2), high(M0 x0) ^ x3 ^ k1, low(M0
 * x0)); the key grows by the Weyl constants W0, W1 between rounds.
 *
 * torch on CUDA: thread t of T = threads * blocks takes the subsequence t, that is the counter
 * (offset / 4 + call, t); a call gives four numbers, and number j of call c becomes element
 * t + T (4 c + j). So the same seed gives other numbers when the grid differs: for up to T elements
 * only the first number of each four is used. The generator's offset then grows by 4 a call.
 *
 * Normals: u = x 2^-32 + 2^-33, v = y (2 pi 2^-32) + (pi 2^-32), both floats; the pair is
 * sqrt(-2 log u) (sin v, cos v). A device takes sin and cos by __sincosf, whose error is absolute
 * (2^-21.4 for |v| <= pi): so its normals are near these in absolute size (about 1e-6), and small
 * ones are not within a few units in the last place. cuRAND's host code has accurate functions.
 * Test: tests/base/test_philox.c. */
#include "ref/base/mathf.h"
#include "ref/base/rng.h"

static void mul(uint32_t a, uint32_t b, uint32_t *high, uint32_t *low)
{
    const uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    *low = (uint32_t)product;
}

void ts_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t high0, low0, high1, low1;
        mul(0xd2511f53u, x0, &high0, &low0);
        mul(0xcd9e8d57u, x2, &high1, &low1);
        x0 = high1 ^ x1 ^ k0;
        x1 = low1;
        x2 = high0 ^ x3 ^ k1;
        x3 = low0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    out[0] = x0;
    out[1] = x1;
    out[2] = x2;
    out[3] = x3;
}

/* The block of the counter (block, stream). */
static void block_of(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t block)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                                 (uint32_t)(stream >> 32)};
    ts_philox(out, counter, key);
}

/* Streams. --------------------------------------------------------------------------------------
 * Number i of a stream is made of block i / per_block, so that any part of it can be had alone. */

void ts_philox_bits(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n)
{
    uint32_t words[4];
    for (int64_t i = 0; i < n; i++) {
        const uint64_t at = first + (uint64_t)i;
        if (i == 0 || at % 4 == 0)
            block_of(words, seed, stream, at / 4);
        out[i] = words[at % 4];
    }
}

/* Two words are one number of 64 bits, the first word on top. */
static uint64_t number64(uint64_t seed, uint64_t stream, uint64_t i)
{
    uint32_t words[4];
    block_of(words, seed, stream, i / 2);
    const uint32_t *two = words + 2 * (i % 2);
    return (uint64_t)two[0] << 32 | two[1];
}

/* floor(a b / 2^64) */
static uint64_t high64(uint64_t a, uint64_t b)
{
    const uint64_t mask = 0xffffffff, al = a & mask, ah = a >> 32, bl = b & mask, bh = b >> 32;
    const uint64_t middle = ah * bl + (al * bl >> 32);
    return ah * bh + (middle >> 32) + (((middle & mask) + al * bh) >> 32);
}

void ts_philox_ints(int64_t *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n,
                    int64_t low, int64_t high)
{
    const uint64_t range = (uint64_t)high - (uint64_t)low;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t r = high64(number64(seed, stream, first + (uint64_t)i), range);
        /* low + r lies in [low, high); the sum is taken where it cannot overflow. */
        out[i] = r <= (uint64_t)INT64_MAX ? low + (int64_t)r
                                          : low + INT64_MAX + (int64_t)(r - (uint64_t)INT64_MAX);
    }
}

void ts_philox_uniform_f32(float *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n)
{
    uint32_t words[4];
    for (int64_t i = 0; i < n; i++) {
        const uint64_t at = first + (uint64_t)i;
        if (i == 0 || at % 4 == 0)
            block_of(words, seed, stream, at / 4);
        out[i] = (float)(words[at % 4] >> 8) * 0x1p-24f;
    }
}

void ts_philox_uniform_f64(double *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (double)(number64(seed, stream, first + (uint64_t)i) >> 11) * 0x1p-53;
}

#define TWO_PI 0x1.921fb54442d18p+2

/* Box and Muller 1958: numbers 2 j, 2 j + 1 are r cos t, r sin t; u in (0, 1], v in [0, 1). */
static double box_muller(double u, double v, uint64_t which)
{
    const double r = sqrt(-2.0 * ts_log(u)), t = TWO_PI * v;
    return r * (which % 2 ? ts_sin(t) : ts_cos(t));
}

void ts_philox_normal_f32(float *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const uint64_t at = first + (uint64_t)i, two = number64(seed, stream, at / 2);
        const double u = (double)((two >> 32) + 1) * 0x1p-32, v = (double)(uint32_t)two * 0x1p-32;
        out[i] = (float)box_muller(u, v, at);
    }
}

void ts_philox_normal_f64(double *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const uint64_t at = first + (uint64_t)i, pair = at / 2 * 2;
        const uint64_t a = number64(seed, stream, pair), b = number64(seed, stream, pair + 1);
        out[i] = box_muller((double)((a >> 11) + 1) * 0x1p-53, (double)(b >> 11) * 0x1p-53, at);
    }
}

/* torch on CUDA. ------------------------------------------------------------------------------- */

ts_cuda_grid ts_torch_cuda_grid(int64_t n, int64_t multiprocessors, int64_t threads_of_one)
{
    const int64_t threads = 256, needed = (n + threads - 1) / threads;
    const int64_t held = multiprocessors * (threads_of_one / threads);
    return (ts_cuda_grid){threads, needed < held ? needed : held};
}

static float cuda_uniform(uint32_t x)
{
    return (float)x * 0x1p-32f + 0x1p-33f; /* in (0, 1] */
}

/* torch wants [0, 1): 1 becomes 0. */
static void four_uniform(float out[4], const uint32_t x[4])
{
    for (int j = 0; j < 4; j++) {
        out[j] = cuda_uniform(x[j]);
        out[j] = out[j] == 1.0f ? 0.0f : out[j];
    }
}

static void four_normal(float out[4], const uint32_t x[4])
{
    const float turn = 0x1.921fb6p+2f * 0x1p-32f; /* 2 pi as a float */
    for (int j = 0; j < 4; j += 2) {
        const float u = cuda_uniform(x[j]), v = mathf_fused_f32((float)x[j + 1], turn, turn / 2.0f);
        const double r = sqrt(-2.0 * ts_log((double)u));
        out[j] = (float)(r * ts_sin((double)v)) + 0.0f; /* the mean is added: no -0 */
        out[j + 1] = (float)(r * ts_cos((double)v)) + 0.0f;
    }
}

static void cuda_fill(float *out, int64_t n, uint64_t seed, uint64_t *offset, ts_cuda_grid grid,
                      void (*four)(float *, const uint32_t *))
{
    const int64_t all = grid.threads * grid.blocks;
    if (n <= 0 || all <= 0)
        return;
    const int64_t calls = (n - 1) / (4 * all) + 1;
    for (int64_t call = 0; call < calls; call++)
        for (int64_t thread = 0; thread < all && thread + 4 * all * call < n; thread++) {
            uint32_t words[4];
            float values[4];
            block_of(words, seed, (uint64_t)thread, *offset / 4 + (uint64_t)call);
            four(values, words);
            for (int64_t j = 0; j < 4; j++) {
                const int64_t at = thread + all * (4 * call + j);
                if (at < n)
                    out[at] = values[j];
            }
        }
    *offset += (uint64_t)(4 * calls);
}

void ts_torch_cuda_rand(float *out, int64_t n, uint64_t seed, uint64_t *offset, ts_cuda_grid grid)
{
    cuda_fill(out, n, seed, offset, grid, four_uniform);
}

void ts_torch_cuda_randn(float *out, int64_t n, uint64_t seed, uint64_t *offset, ts_cuda_grid grid)
{
    cuda_fill(out, n, seed, offset, grid, four_normal);
}
