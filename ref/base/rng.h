/* rng.h: random numbers, each defined to the bit.
 *
 * Three kinds:
 *
 *   ts_philox*       counter-based (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 *                    1, 2, 3; SC 2011): number i of a stream is a function of (seed, stream, i) and
 *                    of nothing else. What new code should use.
 *   ts_torch_cuda_*  what torch.rand and torch.randn give on a CUDA device: Philox again, but which
 *                    number goes where depends on the launch grid, which is a parameter.
 *   ts_torch_cpu*    what torch.Generator().manual_seed(seed) gives on the CPU: MT19937 and torch's
 *                    two ways to make normals of it. */
#ifndef TS_BASE_RNG_H
#define TS_BASE_RNG_H

#include "ref/base/target.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Philox 4x32, 10 rounds: 128 random bits of a counter and a key. out may be the counter. ------ */
void ts_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

/* Numbers first .. first + n - 1 of a stream, whose words are Philox of the counters (0, stream),
 * (1, stream), ... under the key seed, low words first. A uniform float in [0, 1) takes one word, a
 * double or an integer two, normals as many as uniform numbers. */
void ts_philox_bits(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n);
void ts_philox_ints(int64_t *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n,
                    int64_t low, int64_t high); /* in [low, high), low < high */
void ts_philox_uniform_f32(float *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n);
void ts_philox_uniform_f64(double *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n);
void ts_philox_normal_f32(float *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n);
void ts_philox_normal_f64(double *out, uint64_t seed, uint64_t stream, uint64_t first, int64_t n);

/* torch on CUDA. ------------------------------------------------------------------------------- */

/* The launch: threads in a block and blocks in the grid. */
typedef struct {
    int64_t threads, blocks;
} ts_cuda_grid;

/* The grid that torch chooses for n numbers: blocks of 256 threads, as many as the device holds at
 * once (multiprocessors * (threads of one / 256)) or as n needs. H100: 132 and 2048; A100: 108 and
 * 2048; RTX 4090: 128 and 1536. */
ts_cuda_grid ts_torch_cuda_grid(int64_t n, int64_t multiprocessors, int64_t threads_of_one);

/* torch.rand(n) and torch.randn(n) in float32 with the generator at *offset (0 after manual_seed),
 * which moves on as torch's does. Uniform numbers are exact; normals are the exact Box-Muller
 * transform of the same floats, rounded once: within 2 units in the last place of one computed with
 * accurate float functions. A device's own __sincosf is coarser: see philox.c. */
void ts_torch_cuda_rand(float *out, int64_t n, uint64_t seed, uint64_t *offset, ts_cuda_grid grid);
void ts_torch_cuda_randn(float *out, int64_t n, uint64_t seed, uint64_t *offset, ts_cuda_grid grid);

/* torch on the CPU. ---------------------------------------------------------------------------- */

typedef struct {
    uint32_t state[624];
    int used;            /* of the 624 */
    bool has_normal;     /* the scalar way makes two normals at a time and keeps the second */
    double normal;
    bool without_avx2;   /* 16 and more normals as a processor without AVX2 makes them */
} ts_torch_cpu;

/* As torch.Generator().manual_seed(seed): only the low 32 bits of the seed count. */
void ts_torch_cpu_seed(ts_torch_cpu *g, uint64_t seed);
uint32_t ts_torch_cpu_u32(ts_torch_cpu *g);

/* torch.rand and torch.randn of n numbers, by their dtype. Fewer than 16 normals go the scalar way,
 * 16 and more by blocks. Bit for bit, but for these: f32 blocks with without_avx2 (within 2e-6 of
 * torch, whose bits are then those of the C library's logf, cosf, sinf), and f64 (a few units in
 * the last place, for the same reason). */
void ts_torch_cpu_rand_f32(ts_torch_cpu *g, float *out, int64_t n);
void ts_torch_cpu_rand_f64(ts_torch_cpu *g, double *out, int64_t n);
void ts_torch_cpu_randn_f32(ts_torch_cpu *g, float *out, int64_t n);
void ts_torch_cpu_randn_f64(ts_torch_cpu *g, double *out, int64_t n);

/* A bijection of 64-bit numbers whose bits all depend on one another: the output step of splitmix64
 * (Steele, Lea, Flood: Fast splittable pseudorandom number generators; OOPSLA 2014). For hashes, and
 * for draws that need one number. ---------------------------------------------------------------- */
static inline uint64_t ts_mix64(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

#ifdef __cplusplus
}
#endif
#endif
