#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The 10,000th number of the default seed, as ISO C++ (26.5.5) states it for mt19937. */
static void known_answer(void **state)
{
    (void)state;
    ts_torch_cpu g;
    uint32_t x = 0;
    ts_torch_cpu_seed(&g, 5489);
    assert_int_equal(ts_torch_cpu_u32(&g), 3499211612u);
    for (int i = 1; i < 10000; i++)
        x = ts_torch_cpu_u32(&g);
    assert_int_equal(x, 4123659995u);
}

/* Just enough of a safetensors file: its bytes, and where the numbers of one name are. */
typedef struct {
    unsigned char *bytes, *data;
    char *header;
    int checked;
} golden;

static golden golden_open(const char *path)
{
    golden g = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size > 8);
    rewind(file);
    g.bytes = malloc((size_t)size);
    assert_non_null(g.bytes);
    assert_int_equal(fread(g.bytes, 1, (size_t)size, file), size);
    fclose(file);
    size_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | g.bytes[i];
    assert_true(length < (size_t)size);
    g.header = malloc(length + 1);
    assert_non_null(g.header);
    memcpy(g.header, g.bytes + 8, length);
    g.header[length] = '\0';
    g.data = g.bytes + 8 + length;
    return g;
}

static void golden_close(golden *g)
{
    free(g->header);
    free(g->bytes);
}

static float *golden_get(golden *g, const char *name, int64_t n)
{
    char key[128];
    long long first, last;
    snprintf(key, sizeof key, "\"out.%s\"", name);
    const char *at = strstr(g->header, key);
    if (!at)
        fail_msg("%s is missing", name);
    at = strstr(at, "\"data_offsets\":[");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"data_offsets\":[%lld,%lld", &first, &last), 2);
    assert_int_equal(last - first, 4 * n);
    float *values = malloc((size_t)(4 * n));
    assert_non_null(values);
    for (int64_t i = 0; i < n; i++) { /* little endian, on any machine */
        const unsigned char *b = g->data + first + 4 * i;
        const uint32_t bits =
            b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(values + i, &bits, 4);
    }
    g->checked++;
    return values;
}

static void compare(golden *file, const char *name, const float *mine, int64_t n, float bound)
{
    float *torch = golden_get(file, name, n);
    for (int64_t i = 0; i < n; i++)
        if (bound == 0.0f ? memcmp(mine + i, torch + i, 4) != 0
                          : !(fabsf(mine[i] - torch[i]) <= bound))
            fail_msg("%s[%lld]: %a, torch %a", name, (long long)i, (double)mine[i],
                     (double)torch[i]);
    free(torch);
}

/* Every recipe of the case; `bound` is for what may differ. */
static void all_of(const char *path, bool without_avx2, float bound)
{
    static const uint64_t seeds[] = {0, 1, 42, 1099511627783u};
    static const int normals[] = {1, 5, 15, 16, 17, 100, 1000}, uniform[] = {1, 17};
    static const struct {
        const char *name;
        int n[3];
    } sequences[] = {{"16_1_16", {16, 1, 16}}, {"1_1_1", {1, 1, 1}},
                     {"3_40_40", {3, 40, 40}}, {"5_20_3", {5, 20, 3}}};
    golden file = golden_open(path);
    float x[1536];
    char name[64];
    ts_torch_cpu g;
    for (int s = 0; s < 4; s++) {
        const unsigned long long seed = seeds[s];
        for (int i = 0; i < 7; i++) {
            ts_torch_cpu_seed(&g, seed);
            g.without_avx2 = without_avx2;
            ts_torch_cpu_randn_f32(&g, x, normals[i]);
            snprintf(name, sizeof name, "randn.seed%llu.n%d", seed, normals[i]);
            compare(&file, name, x, normals[i], normals[i] < 16 ? 0.0f : bound);
        }
        for (int i = 0; i < 2; i++) {
            ts_torch_cpu_seed(&g, seed);
            ts_torch_cpu_rand_f32(&g, x, uniform[i]);
            snprintf(name, sizeof name, "rand.seed%llu.n%d", seed, uniform[i]);
            compare(&file, name, x, uniform[i], 0.0f);
        }
        for (int i = 0; i < 4; i++) {
            int64_t at = 0;
            ts_torch_cpu_seed(&g, seed);
            g.without_avx2 = without_avx2;
            for (int k = 0; k < 3; at += sequences[i].n[k++])
                ts_torch_cpu_randn_f32(&g, x + at, sequences[i].n[k]);
            snprintf(name, sizeof name, "sequence.seed%llu.%s", seed, sequences[i].name);
            compare(&file, name, x, at, bound);
        }
        ts_torch_cpu_seed(&g, seed);
        g.without_avx2 = without_avx2;
        ts_torch_cpu_randn_f32(&g, x, 1536);
        snprintf(name, sizeof name, "shape.seed%llu.1_16_8_12", seed);
        compare(&file, name, x, 1536, bound);
    }
    assert_int_equal(file.checked, 56);
    golden_close(&file);
}

static void torch_with_avx2(void **state)
{
    (void)state;
    all_of("data/goldens/rng/torch_randn.safetensors", false, 0.0f);
}

static void torch_without_avx2(void **state)
{
    (void)state;
    all_of("data/goldens/rng/torch_randn_default.safetensors", true, 2e-6f);
}

/* torch.randn(5), torch.randn(21), torch.rand(2) in float64 after manual_seed(7). */
static void torch_f64(void **state)
{
    (void)state;
    static const double torch[28] = {
        -0x1.2ca2e8774a1c0p-3, 0x1.92811cc01ae83p-1, 0x1.e4c5cd4ba2dcfp-1, -0x1.1d45a657cf2b6p+0,
        0x1.b0d79f26af9afp+0, 0x1.33d449b0b2b5bp-1, 0x1.79c4cc50d0f5bp-1, 0x1.b0ef05bc48baep+0,
        0x1.9ad4522b21f36p+0, 0x1.1cc81a7bae429p-2, 0x1.cb8c2a005a32ep+0, 0x1.9c0eb4528ebc7p-3,
        0x1.2aac16838dbc7p+1, -0x1.a4fefd811d104p-4, -0x1.ff6fa7fd9175dp-3, -0x1.44e6ac05bbe58p+0,
        0x1.48de64b0ea533p+0, -0x1.1dd12c4e0a98ep-1, 0x1.51bdf321a248ap-1, 0x1.04a1282b8276cp-1,
        0x1.e2a6e12548db6p-1, -0x1.39e619594ca49p+0, 0x1.6739c279b3bedp-2, 0x1.58ff8b4e3986fp-1,
        -0x1.dfd51f2e95415p-1, 0x1.74c427b162532p-1, 0x1.ea827d78c7736p-2, 0x1.c7811bbbe0c4cp-3};
    double x[28];
    ts_torch_cpu g;
    ts_torch_cpu_seed(&g, 7);
    ts_torch_cpu_randn_f64(&g, x, 5);
    ts_torch_cpu_randn_f64(&g, x + 5, 21);
    ts_torch_cpu_rand_f64(&g, x + 26, 2);
    for (int i = 0; i < 26; i++)
        assert_true(fabs(x[i] - torch[i]) <= 0x1p-51 * fabs(torch[i]));
    assert_true(x[26] == torch[26] && x[27] == torch[27]);
}

/* Only the low 32 bits of a seed count, and a second normal is kept until it is asked for. */
static void habits(void **state)
{
    (void)state;
    ts_torch_cpu a, b;
    float x[2], y[2];
    ts_torch_cpu_seed(&a, 7);
    ts_torch_cpu_seed(&b, ((uint64_t)1 << 40) + 7);
    assert_memory_equal(&a.state, &b.state, sizeof a.state);
    ts_torch_cpu_randn_f32(&a, x, 2);
    ts_torch_cpu_randn_f32(&b, y, 1);
    assert_true(b.has_normal);
    ts_torch_cpu_randn_f32(&b, y + 1, 1);
    assert_false(b.has_normal);
    assert_true(x[0] == y[0] && x[1] == y[1]);
    ts_torch_cpu_randn_f32(&b, y, 0);
    ts_torch_cpu_rand_f32(&b, y, 0);
    assert_int_equal(a.used, b.used);
}

/* A million normals, hashed: the bits of torch 2.13 (AVX2 or AVX-512) for manual_seed(12). */
static void many(void **state)
{
    (void)state;
    enum { N = 1000003 };
    float *x = malloc(N * sizeof *x);
    assert_non_null(x);
    ts_torch_cpu g;
    ts_torch_cpu_seed(&g, 12);
    ts_torch_cpu_randn_f32(&g, x, N);
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < N; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    free(x);
    if (hash != 0x765928d21735886du)
        fail_msg("hash 0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),       cmocka_unit_test(torch_with_avx2),
        cmocka_unit_test(torch_without_avx2), cmocka_unit_test(torch_f64),
        cmocka_unit_test(habits),             cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
