#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/dtype.h"

#include <math.h>
#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7fc00000u : bits;
}

static uint64_t hashed(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static void names(void **state)
{
    (void)state;
    for (int i = TS_NONE + 1; i < TS_DTYPE_COUNT; i++) {
        const ts_dtype t = (ts_dtype)i;
        assert_int_equal(ts_dtype_from_name(ts_dtype_name(t)), t);
        assert_true(ts_dtype_size(t) > 0);
        assert_int_equal(ts_dtype_is_float(t), i >= TS_F64 && i <= TS_F8_E4M3);
    }
    assert_int_equal(ts_dtype_from_name("F8_E5M2"), TS_NONE);
    assert_int_equal(ts_dtype_from_name("f32"), TS_NONE);
    assert_int_equal(ts_dtype_size(TS_NONE), 0);
    assert_int_equal(ts_dtype_size(TS_F8_E4M3), 1);
    assert_int_equal(ts_dtype_size(TS_BF16), 2);
    assert_int_equal(ts_dtype_size(TS_BOOL), 1);
}

/* Every bit pattern, hashed as torch 2.13 widens it (NaN as one pattern), and back again. */
static void every_pattern(void **state)
{
    (void)state;
    uint64_t bf16 = 0xcbf29ce484222325u, f16 = bf16, f8 = bf16;
    for (uint32_t i = 0; i < 65536; i++) {
        const float a = ts_bf16_to_f32((uint16_t)i), b = ts_f16_to_f32((uint16_t)i);
        bf16 = hashed(bf16, bits_of(a));
        f16 = hashed(f16, bits_of(b));
        assert_int_equal(ts_f64_to_bf16((double)a), isnan(a) ? (i & 0x8000) | 0x7fc0 : i);
        assert_int_equal(ts_f64_to_f16((double)b), isnan(b) ? (i & 0x8000) | 0x7e00 : i);
    }
    for (uint32_t i = 0; i < 256; i++) {
        const float a = ts_f8_e4m3_to_f32((uint8_t)i);
        f8 = hashed(f8, bits_of(a));
        assert_int_equal(ts_f64_to_f8_e4m3((double)a), i);
    }
    assert_true(bf16 == 0xae864f38855e2325u);
    assert_true(f16 == 0xa29fcd307f1d2325u);
    assert_true(f8 == 0x8993af4628bb725u);
}

/* Between two neighbours a < b: a up to the middle, b from there; the middle to the even one. */
static void ties(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 0x7bff; i++) {
        const double a = (double)ts_f16_to_f32(i), b = (double)ts_f16_to_f32((uint16_t)(i + 1));
        const double middle = (a + b) / 2;
        const uint16_t even = (uint16_t)(i + (i & 1));
        assert_int_equal(ts_f64_to_f16(middle), even);
        assert_int_equal(ts_f64_to_f16(nextafter(middle, 0)), i);
        assert_int_equal(ts_f64_to_f16(nextafter(middle, 1e9)), i + 1);
        assert_int_equal(ts_f64_to_f16(-middle), even | 0x8000);
    }
    for (uint16_t i = 0; i < 0x7f7f; i++) {
        const double a = (double)ts_bf16_to_f32(i), b = (double)ts_bf16_to_f32((uint16_t)(i + 1));
        assert_int_equal(ts_f64_to_bf16((a + b) / 2), i + (i & 1));
        assert_int_equal(ts_f64_to_bf16(nextafter((a + b) / 2, 0)), i);
        assert_int_equal(ts_f64_to_bf16(nextafter((a + b) / 2, 1e300)), i + 1);
    }
    for (uint8_t i = 0; i < 0x7e; i++) {
        const double a = (double)ts_f8_e4m3_to_f32(i);
        const double b = (double)ts_f8_e4m3_to_f32((uint8_t)(i + 1));
        assert_int_equal(ts_f64_to_f8_e4m3((a + b) / 2), i + (i & 1));
        assert_int_equal(ts_f64_to_f8_e4m3(nextafter((a + b) / 2, 0)), i);
    }
}

static void edges(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    assert_int_equal(ts_f64_to_f16(65519.999), 0x7bff);
    assert_int_equal(ts_f64_to_f16(65520), 0x7c00);
    assert_int_equal(ts_f64_to_f16(-1e300), 0xfc00);
    assert_int_equal(ts_f64_to_f16(0x1p-25), 0);
    assert_int_equal(ts_f64_to_f16(0x1.0000000000001p-25), 1);
    assert_int_equal(ts_f64_to_f16(-0.0), 0x8000);
    assert_int_equal(ts_f64_to_bf16(inf), 0x7f80);
    assert_int_equal(ts_f64_to_bf16(0x1.fep127), 0x7f7f);
    assert_int_equal(ts_f64_to_bf16(0x1.ffp127), 0x7f80);
    assert_int_equal(ts_f64_to_bf16(0x1p-134), 0);
    assert_int_equal(ts_f64_to_bf16(0x1.8p-133), 2);
    assert_int_equal(ts_f64_to_f8_e4m3(464), 0x7e);
    assert_int_equal(ts_f64_to_f8_e4m3(464.001), 0x7f); /* there is no infinity */
    assert_int_equal(ts_f64_to_f8_e4m3(-inf), 0xff);
    assert_int_equal(ts_f64_to_f8_e4m3((double)NAN) & 0x7f, 0x7f);
    /* A float in between would round 1 + 2^-11 + 2^-40 to the tie, and the tie to even: wrong. */
    assert_int_equal(ts_f64_to_f16(1.0 + 0x1p-11 + 0x1p-40), 0x3c01);
    assert_int_equal(ts_f64_to_bf16(1.0 + 0x1p-8 + 0x1p-40), 0x3f81);
}

/* Any type: a value goes in and comes back; integers round to nearest even and saturate. */
static void load_store(void **state)
{
    (void)state;
    static const struct {
        ts_dtype type;
        double in, out;
    } cases[] = {
        {TS_F64, 0.1, 0.1},        {TS_F32, 0.1, 0x1.99999ap-4},  {TS_BF16, 0.1, 0.10009765625},
        {TS_F16, 0.1, 0.0999755859375}, {TS_F8_E4M3, 0.1, 0.1015625}, {TS_I8, 300, 127},
        {TS_I8, -300, -128},       {TS_I8, 2.5, 2},               {TS_I8, 3.5, 4},
        {TS_I8, -2.5, -2},         {TS_U8, -1, 0},                {TS_U8, 256, 255},
        {TS_I16, 1e6, 32767},      {TS_U16, 1e6, 65535},          {TS_I32, -1e12, -2147483648.0},
        {TS_U32, 1e12, 4294967295.0}, {TS_I64, 1e30, 0x1p63},     {TS_I64, -1e30, -0x1p63},
        {TS_I64, -7, -7},          {TS_U64, 1e30, 0x1p64},        {TS_U64, -5, 0},
        {TS_U64, 12, 12},          {TS_BOOL, 0.25, 1},            {TS_BOOL, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t room[3] = {0, 0, 0};
        ts_store(room, cases[i].type, 1, cases[i].in);
        if (ts_load(room, cases[i].type, 1) != cases[i].out)
            fail_msg("%s %g: %.17g", ts_dtype_name(cases[i].type), cases[i].in,
                     ts_load(room, cases[i].type, 1));
        assert_true(ts_load(room, cases[i].type, 0) == 0.0);
        assert_true(ts_load(room, cases[i].type, 2) == 0.0);
    }
    int64_t room = 5;
    ts_store(&room, TS_I64, 0, (double)NAN);
    assert_int_equal(room, 0);
    ts_store(&room, TS_NONE, 0, 3.0);
    assert_true(room == 0 && ts_load(&room, TS_NONE, 0) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(every_pattern), cmocka_unit_test(ties),
        cmocka_unit_test(edges), cmocka_unit_test(load_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
