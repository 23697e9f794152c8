#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/dtype.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Above one piece, so that threads share the work; and odd, so that vectors have a tail. */
enum { N = 200001, SAMPLES = 200000 };

static uint64_t hashed(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static void *room(size_t size)
{
    void *block = calloc(N, size);
    assert_non_null(block);
    return block;
}

/* Floats of every exponent, and doubles: two thirds of any fraction, one third with 15 fraction
 * bits, so that ties of all narrow formats occur. */
static float *floats(void)
{
    float *x = room(sizeof *x);
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t bits = i * 2654435761u;
        memcpy(x + i, &bits, 4);
    }
    return x;
}

static double *doubles(uint64_t exponents)
{
    double *x = room(sizeof *x);
    for (uint64_t i = 0; i < N; i++) {
        const uint64_t exponent = 1023 - exponents * 3 / 5 + i % exponents;
        uint64_t bits = (i * 0x9e3779b97f4a7c15u & 0x800fffffffffffffu) | exponent << 52;
        if (i % 3 == 0)
            bits &= 0xffffffe000000000u;
        memcpy(x + i, &bits, 8);
    }
    return x;
}

static void same(const void *a, ts_dtype dtype, const void *b, const char *what)
{
    const size_t size = ts_dtype_size(dtype);
    for (int64_t i = 0; i < N; i++)
        if (memcmp((const char *)a + (size_t)i * size, (const char *)b + (size_t)i * size, size))
            fail_msg("%s at %lld: %g, not %g", what, (long long)i, ts_load(a, dtype, i),
                     ts_load(b, dtype, i));
}

/* Every pair of types gives what single values give. */
static void like_single_values(void **state)
{
    (void)state;
    double *source = doubles(300);
    source[0] = (double)NAN;
    source[1] = -(double)NAN;
    source[2] = (double)INFINITY;
    source[3] = -(double)INFINITY;
    source[4] = -0.0;
    source[5] = 0.0;
    for (int64_t i = 6; i < 300; i++) /* the subnormal numbers of every format */
        source[i] = (i % 2 ? -1.37 : 1.0) * ldexp(1.0 + (double)(i % 7) / 8, -(int)i * 4);
    double *from = room(8), *to = room(8), *expected = room(8);
    for (int f = TS_F64; f < TS_DTYPE_COUNT; f++)
        for (int t = TS_F64; t < TS_DTYPE_COUNT; t++) {
            for (int64_t i = 0; i < N; i++)
                ts_store(from, (ts_dtype)f, i, source[i]);
            memset(to, 0x55, 8);
            ts_convert(to, (ts_dtype)t, from, (ts_dtype)f, N);
            for (int64_t i = 0; i < N; i++)
                ts_store(expected, (ts_dtype)t, i, ts_load(from, (ts_dtype)f, i));
            same(to, (ts_dtype)t, expected, ts_dtype_name((ts_dtype)t));
        }
    free(source);
    free(from);
    free(to);
    free(expected);
}

/* Every bit pattern of the narrow formats widens as the single value does, bit for bit. */
static void every_pattern(void **state)
{
    (void)state;
    uint16_t *from = room(2);
    uint8_t *small = room(1);
    float *to = room(4);
    double *wide = room(8);
    for (uint32_t i = 0; i < N; i++) {
        from[i] = (uint16_t)i;
        small[i] = (uint8_t)i;
    }
    for (int k = 0; k < 3; k++) {
        const ts_dtype type = k == 0 ? TS_BF16 : k == 1 ? TS_F16 : TS_F8_E4M3;
        const void *data = k == 2 ? (const void *)small : (const void *)from;
        ts_convert(to, TS_F32, data, type, N);
        ts_convert(wide, TS_F64, data, type, N);
        for (uint32_t i = 0; i < N; i++) {
            const float one = k == 0   ? ts_bf16_to_f32((uint16_t)i)
                              : k == 1 ? ts_f16_to_f32((uint16_t)i)
                                       : ts_f8_e4m3_to_f32((uint8_t)i);
            if (memcmp(to + i, &one, 4) != 0)
                fail_msg("%s %x: %a, not %a", ts_dtype_name(type), i, (double)to[i], (double)one);
            assert_true(isnan(one) ? isnan(wide[i]) && !signbit(wide[i]) == !signbit(one)
                                   : wide[i] == (double)one);
        }
    }
    free(from);
    free(small);
    free(to);
    free(wide);
}

/* As torch 2.13 narrows 200,000 floats (NaN as one pattern; beyond the last F8_E4M3 torch
 * saturates, here it is NaN), and numpy doubles to f16. */
static void as_published(void **state)
{
    (void)state;
    float *x = floats();
    double *d = doubles(50);
    uint16_t *half = room(2);
    uint8_t *small = room(1);
    uint64_t bf16 = 0xcbf29ce484222325u, f16 = bf16, f8 = bf16, direct = bf16;
    ts_convert(half, TS_BF16, x, TS_F32, N);
    for (int i = 0; i < SAMPLES; i++)
        bf16 = hashed(bf16, isnan(x[i]) ? 0x7fc0 : half[i]);
    ts_convert(half, TS_F16, x, TS_F32, N);
    for (int i = 0; i < SAMPLES; i++)
        f16 = hashed(f16, isnan(x[i]) ? 0x7e00 : half[i]);
    ts_convert(small, TS_F8_E4M3, x, TS_F32, N);
    for (int i = 0; i < SAMPLES; i++)
        f8 = hashed(f8, (small[i] & 0x7f) == 0x7f ? 0x7f : small[i]);
    ts_convert(half, TS_F16, d, TS_F64, N);
    for (int i = 0; i < SAMPLES; i++)
        direct = hashed(direct, half[i]);
    assert_true(bf16 == 0xff24a9b2ca7f739cu);
    assert_true(f16 == 0xf7ce33a520a3f5deu);
    assert_true(f8 == 0x9e479f4733295597u);
    assert_true(direct == 0xd97860138fe510f4u);
    free(x);
    free(d);
    free(half);
    free(small);
}

/* Rounding in place is narrowing and widening again; rounding twice changes nothing. */
static void rounding(void **state)
{
    (void)state;
    static const ts_dtype formats[] = {TS_BF16, TS_F16, TS_F8_E4M3, TS_F32};
    float *x = floats(), *y = room(4), *expected = room(4);
    double *d = doubles(290), *e = room(8), *wanted = room(8);
    uint64_t *narrow = room(8);
    for (int k = 0; k < 4; k++) {
        memcpy(y, x, N * sizeof *x);
        memcpy(e, d, N * sizeof *d);
        ts_convert(narrow, formats[k], x, TS_F32, N);
        ts_convert(expected, TS_F32, narrow, formats[k], N);
        ts_convert(narrow, formats[k], d, TS_F64, N);
        ts_convert(wanted, TS_F64, narrow, formats[k], N);
        for (int twice = 0; twice < 2; twice++) {
            ts_round_to(y, TS_F32, formats[k], N);
            ts_round_to(e, TS_F64, formats[k], N);
            same(y, TS_F32, expected, "rounded f32");
            same(e, TS_F64, wanted, "rounded f64");
        }
    }
    memcpy(e, d, N * sizeof *d);
    ts_round_to(e, TS_F64, TS_F64, N);
    ts_round_to(e, TS_F64, TS_NONE, N);
    ts_round_to(e, TS_F64, TS_BF16, 0);
    same(e, TS_F64, d, "left alone");
    free(x);
    free(y);
    free(expected);
    free(d);
    free(e);
    free(wanted);
    free(narrow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_single_values),
        cmocka_unit_test(every_pattern),
        cmocka_unit_test(as_published),
        cmocka_unit_test(rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
