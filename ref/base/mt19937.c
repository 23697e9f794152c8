/* mt19937.c: torch's random numbers on the CPU.
 *
 * Source: Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8 (1998); torch.Generator, rand,
 * randn (aten/src/ATen/core/DistributionsHelper.h, native/cpu/DistributionTemplates.h).
 *
 *   uniform   f32: the low 24 bits of one word / 2^24; f64: the low 53 bits of two / 2^53
 *   n < 16    normals in double of two f64 uniforms (u1, u2): r = sqrt(-2 log1p(-u2)), r cos(2 pi
 *             u1) now, r sin(2 pi u1) kept in the generator for the next, also of a later call
 *   n >= 16   all n uniforms first; then each whole block of 16: r = sqrt(-2 log(1 - u[j])), t =
 *             2 pi u[j + 8]; element j = r cos t, j + 8 = r sin t. If n is no multiple of 16 the
 *             last 16 are drawn anew and transformed again: earlier results are overwritten
 *
 * In blocks of floats a processor with AVX2 takes log, sin and cos from polynomials (Moshier's
 * Cephes) in float vectors, where the compiler fused products into sums. That is reproduced here
 * operation by operation (mathf_fused_f32), so that every machine gives those bits.
 * Test: tests/base/test_mt19937.c, data/goldens/rng. */
#include "ref/base/mathf.h"
#include "ref/base/rng.h"

enum { N = 624, M = 397 };

static void seed_words(uint32_t *state, uint32_t seed)
{
    state[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        state[i] = 1812433253u * (state[i - 1] ^ state[i - 1] >> 30) + i;
}

void ts_torch_cpu_seed(ts_torch_cpu *g, uint64_t seed)
{
    *g = (ts_torch_cpu){.used = N};
    seed_words(g->state, (uint32_t)seed);
}

static void next_state(uint32_t *state)
{
    for (int i = 0; i < N; i++) {
        const uint32_t y = (state[i] & 0x80000000u) | (state[(i + 1) % N] & 0x7fffffffu);
        state[i] = state[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
}

uint32_t ts_torch_cpu_u32(ts_torch_cpu *g)
{
    if (g->used == N) {
        next_state(g->state);
        g->used = 0;
    }
    uint32_t y = g->state[g->used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static float uniform_f32(ts_torch_cpu *g)
{
    return (float)(ts_torch_cpu_u32(g) & 0xffffff) * 0x1p-24f;
}

static double uniform_f64(ts_torch_cpu *g)
{
    const uint64_t high = ts_torch_cpu_u32(g), low = ts_torch_cpu_u32(g);
    return (double)((high << 32 | low) & (((uint64_t)1 << 53) - 1)) * 0x1p-53;
}

void ts_torch_cpu_rand_f32(ts_torch_cpu *g, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = uniform_f32(g);
}

void ts_torch_cpu_rand_f64(ts_torch_cpu *g, double *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = uniform_f64(g);
}

#define TWO_PI 0x1.921fb54442d18p+2

static double scalar_normal(ts_torch_cpu *g)
{
    if (g->has_normal) {
        g->has_normal = false;
        return g->normal;
    }
    const double u1 = uniform_f64(g), u2 = uniform_f64(g);
    const double r = sqrt(-2.0 * ts_log1p(-u2)), t = TWO_PI * u1;
    g->normal = r * ts_sin(t);
    g->has_normal = true;
    return r * ts_cos(t);
}

/* log of x in (0, 1]: x = 2^e m, m in [sqrt(1/2), sqrt 2), a polynomial in m - 1 */
static float vector_log(float x)
{
    static const float p[9] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                               -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                               2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    int exponent;
    float m = frexpf(x, &exponent);
    if (m < 0.707106781186547524f) {
        m = m + m;
        exponent--;
    }
    const float f = m - 1.0f, z = f * f, e = (float)exponent;
    float y = p[0];
    for (int i = 1; i < 9; i++)
        y = mathf_fused_f32(y, f, p[i]);
    y = mathf_fused_f32(y * f, z, e * -2.12194440e-4f);
    y = y - z * 0.5f;
    return mathf_fused_f32(e, 0.693359375f, f + y);
}

/* sin and cos of t in [0, 2 pi): octants, then a polynomial each */
static void vector_sincos(float t, float *sin_t, float *cos_t)
{
    const int octant = ((int)(t * 1.27323954473516f) + 1) & ~1;
    const float k = (float)octant;
    float x = mathf_fused_f32(k, -0.78515625f, t);
    x = mathf_fused_f32(k, -2.4187564849853515625e-4f, x);
    x = mathf_fused_f32(k, -3.77489497744594108e-8f, x);
    const float z = x * x;
    float c = mathf_fused_f32(2.443315711809948e-5f, z, -1.388731625493765e-3f);
    c = mathf_fused_f32(c, z, 4.166664568298827e-2f);
    c = mathf_fused_f32(c * z, z, -(z * 0.5f)) + 1.0f;
    float s = mathf_fused_f32(-1.9515295891e-4f, z, 8.3321608736e-3f);
    s = mathf_fused_f32(s, z, -1.6666654611e-1f);
    s = mathf_fused_f32(s * z, x, x);
    const bool swapped = (octant & 2) != 0;
    *sin_t = octant & 4 ? -(swapped ? c : s) : swapped ? c : s;
    *cos_t = (octant + 2) & 4 ? -(swapped ? s : c) : swapped ? s : c;
}

static void block_f32(float *u, bool without_avx2)
{
    for (int j = 0; j < 8; j++) {
        const float v = 1.0f - u[j], t = 6.28318530717958647692f * u[j + 8];
        float r, s, c;
        if (without_avx2) {
            r = sqrtf(-2.0f * (float)ts_log((double)v));
            s = (float)ts_sin((double)t);
            c = (float)ts_cos((double)t);
        } else {
            r = sqrtf(-2.0f * vector_log(v));
            vector_sincos(t, &s, &c);
        }
        u[j] = r * c + 0.0f; /* torch adds the mean: -0 becomes 0 */
        u[j + 8] = r * s + 0.0f;
    }
}

static void block_f64(double *u)
{
    for (int j = 0; j < 8; j++) {
        const double r = sqrt(-2.0 * ts_log(1.0 - u[j])), t = TWO_PI * u[j + 8];
        u[j] = r * ts_cos(t) + 0.0;
        u[j + 8] = r * ts_sin(t) + 0.0;
    }
}

void ts_torch_cpu_randn_f32(ts_torch_cpu *g, float *out, int64_t n)
{
    if (n < 16) {
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)scalar_normal(g);
        return;
    }
    ts_torch_cpu_rand_f32(g, out, n);
    for (int64_t i = 0; i + 16 <= n; i += 16)
        block_f32(out + i, g->without_avx2);
    if (n % 16) {
        ts_torch_cpu_rand_f32(g, out + n - 16, 16);
        block_f32(out + n - 16, g->without_avx2);
    }
}

void ts_torch_cpu_randn_f64(ts_torch_cpu *g, double *out, int64_t n)
{
    if (n < 16) {
        for (int64_t i = 0; i < n; i++)
            out[i] = scalar_normal(g);
        return;
    }
    ts_torch_cpu_rand_f64(g, out, n);
    for (int64_t i = 0; i + 16 <= n; i += 16)
        block_f64(out + i);
    if (n % 16) {
        ts_torch_cpu_rand_f64(g, out + n - 16, 16);
        block_f64(out + n - 16);
    }
}
