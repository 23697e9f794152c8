/* parts.c: hashes of what no case holds: the ground floor's functions, and arrays in files. */
#include "tests/hashes/digest.h"
#include "tests/hashes/hashes.h"

#include "ref/base/ctx.h"
#include "ref/base/mathf.h"
#include "ref/base/rng.h"
#include "ref/io/npy.h"
#include "ref/io/safetensors.h"

#include <stdlib.h>
#include <unistd.h>

const char *const hashes_parts[] = {
    "base/mathf",       "base/convert",     "base/philox",       "base/torch_cuda",
    "base/torch_cpu",   "io/b1.npy",        "io/bf16.npy",       "io/f2.npy",
    "io/f4_big.npy",    "io/f8_c.npy",      "io/f8_fortran.npy", "io/i1.npy",
    "io/i2_big.npy",    "io/i4.npy",        "io/i8_big_fortran.npy", "io/nothing.npy",
    "io/scalar.npy",    "io/types.safetensors", "io/u1.npy",     "io/u2.npy",
    "io/u4.npy",        "io/u8_big.npy",    "io/version2.npy",   "io/version3.npy",
    NULL};

enum { POINTS = 20000 };

/* A double of every size from 2^-70 to 2^70, by its number. */
static double sample(int64_t i)
{
    uint64_t bits = (uint64_t)i * 0x9e3779b97f4a7c15u;
    bits ^= bits >> 29;
    bits *= 0xbf58476d1ce4e5b9u;
    bits ^= bits >> 32;
    const uint64_t exponent = 1023u - 70u + bits % 141u;
    bits = (bits & 0x800fffffffffffffu) | exponent << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static digest mathf(void)
{
    static double (*const f[])(double) = {ts_exp, ts_expm1, ts_log, ts_log1p, ts_sin,
                                          ts_cos, ts_tanh,  ts_erf, ts_erfc};
    digest d = digest_new();
    for (size_t k = 0; k < sizeof f / sizeof *f; k++)
        for (int64_t i = 0; i < POINTS; i++)
            digest_f64(&d, f[k](sample(i)));
    for (int64_t i = 0; i < POINTS; i++)
        digest_f64(&d, ts_pow(mathf_abs(sample(i)), 40.0 - 0.004 * (double)i));
    return d;
}

/* From every type to every type. */
static digest convert(void)
{
    static double wide[POINTS], from[POINTS], to[POINTS]; /* aligned room for any type */
    digest d = digest_new();
    for (int64_t i = 0; i < POINTS; i++)
        wide[i] = i % 3 ? ldexp(sample(i), i % 2 ? 0 : -40) : sample(i) * 0x1p-80;
    for (int a = TS_F64; a < TS_DTYPE_COUNT; a++)
        for (int b = TS_F64; b < TS_DTYPE_COUNT; b++) {
            const int64_t size = POINTS;
            ts_convert(from, (ts_dtype)a, wide, TS_F64, POINTS);
            ts_convert(to, (ts_dtype)b, from, (ts_dtype)a, POINTS);
            digest_tensor(&d, "to", ts_tensor_of(to, (ts_dtype)b, 1, &size));
        }
    return d;
}

static digest philox(void)
{
    static double f64[POINTS];
    static float f32[POINTS];
    static int64_t ints[POINTS];
    digest d = digest_new();
    const int64_t size = POINTS;
    ts_philox_uniform_f32(f32, 7, 3, 1, POINTS);
    digest_tensor(&d, "uniform", ts_tensor_of(f32, TS_F32, 1, &size));
    ts_philox_normal_f32(f32, 7, 3, 1, POINTS);
    digest_tensor(&d, "normal", ts_tensor_of(f32, TS_F32, 1, &size));
    ts_philox_uniform_f64(f64, 7, 3, 1, POINTS);
    digest_tensor(&d, "uniform", ts_tensor_of(f64, TS_F64, 1, &size));
    ts_philox_normal_f64(f64, 7, 3, 1, POINTS);
    digest_tensor(&d, "normal", ts_tensor_of(f64, TS_F64, 1, &size));
    ts_philox_ints(ints, 7, 3, 1, POINTS, -1000, 1000003);
    digest_tensor(&d, "ints", ts_tensor_of(ints, TS_I64, 1, &size));
    return d;
}

static digest torch_cuda(void)
{
    static float x[POINTS];
    digest d = digest_new();
    const int64_t size = POINTS;
    uint64_t offset = 0;
    ts_torch_cuda_rand(x, POINTS, 7, &offset, ts_torch_cuda_grid(POINTS, 132, 2048));
    digest_tensor(&d, "rand", ts_tensor_of(x, TS_F32, 1, &size));
    ts_torch_cuda_randn(x, POINTS, 7, &offset, ts_torch_cuda_grid(POINTS, 132, 2048));
    digest_tensor(&d, "randn", ts_tensor_of(x, TS_F32, 1, &size));
    digest_add(&d, offset);
    return d;
}

static digest torch_cpu(void)
{
    static double f64[POINTS];
    static float f32[POINTS];
    ts_torch_cpu g;
    digest d = digest_new();
    const int64_t size = POINTS;
    for (int way = 0; way < 2; way++) {
        ts_torch_cpu_seed(&g, 7);
        g.without_avx2 = way == 1;
        ts_torch_cpu_rand_f32(&g, f32, POINTS);
        digest_tensor(&d, "rand", ts_tensor_of(f32, TS_F32, 1, &size));
        ts_torch_cpu_randn_f32(&g, f32, POINTS);
        digest_tensor(&d, "randn", ts_tensor_of(f32, TS_F32, 1, &size));
        ts_torch_cpu_rand_f64(&g, f64, POINTS);
        digest_tensor(&d, "rand", ts_tensor_of(f64, TS_F64, 1, &size));
        ts_torch_cpu_randn_f64(&g, f64, POINTS);
        digest_tensor(&d, "randn", ts_tensor_of(f64, TS_F64, 1, &size));
    }
    return d;
}

/* Files. --------------------------------------------------------------------------------------- */

static void digest_file(digest *d, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        digest_add(d, 1);
    for (int c; file && (c = getc(file)) != EOF;)
        digest_add(d, (uint64_t)c);
    if (file)
        fclose(file);
}

static void npy(ts_ctx *ctx, const char *path, const char *copy, digest *read, digest *written)
{
    const ts_tensor t = ts_npy_read(ctx, path);
    if (ctx->status || ts_npy_write(ctx, copy, t))
        return;
    digest_tensor(read, "", t);
    digest_file(written, copy);
}

static void safetensors(ts_ctx *ctx, const char *path, const char *copy, digest *read,
                        digest *written)
{
    ts_items items = {0};
    ts_safetensors *file = ts_safetensors_open(ctx, path);
    for (int64_t i = 0; file && i < ts_safetensors_count(file); i++) {
        digest_tensor(read, ts_safetensors_name(file, i), ts_safetensors_tensor(file, i));
        ts_items_add(ctx, &items, ts_safetensors_name(file, i), ts_safetensors_tensor(file, i));
    }
    if (file && !ts_safetensors_write(ctx, copy, &items, ts_safetensors_all_metadata(file)))
        digest_file(written, copy);
    ts_items_free(&items);
    ts_safetensors_close(file);
}

static bool io(char line[HASHES_LINE], const char *name)
{
    char path[256], copy[] = "/tmp/hashes-XXXXXX";
    const int fd = mkstemp(copy);
    ts_ctx ctx;
    digest read = digest_new(), written = digest_new();
    if (fd < 0) {
        snprintf(line, HASHES_LINE, "%s: no temporary file", name);
        return false;
    }
    close(fd);
    ts_ctx_open_plain(&ctx);
    snprintf(path, sizeof path, "data/goldens/%s", name);
    if (strstr(name, ".npy"))
        npy(&ctx, path, copy, &read, &written);
    else
        safetensors(&ctx, path, copy, &read, &written);
    const bool fine = !ctx.status;
    if (fine)
        snprintf(line, HASHES_LINE, "%s read=%016" PRIx64 " written=%016" PRIx64, name, read.state,
                 written.state);
    else
        snprintf(line, HASHES_LINE, "%s", ctx.message);
    ts_ctx_close(&ctx);
    unlink(copy);
    return fine;
}

bool hashes_is_part(const char *name)
{
    for (int i = 0; hashes_parts[i]; i++)
        if (strcmp(hashes_parts[i], name) == 0)
            return true;
    return false;
}

bool hashes_part(char line[HASHES_LINE], const char *name)
{
    if (strncmp(name, "io/", 3) == 0)
        return io(line, name);
    const digest d = strcmp(name, "base/mathf") == 0        ? mathf()
                     : strcmp(name, "base/convert") == 0    ? convert()
                     : strcmp(name, "base/philox") == 0     ? philox()
                     : strcmp(name, "base/torch_cuda") == 0 ? torch_cuda()
                                                            : torch_cpu();
    snprintf(line, HASHES_LINE, "%s values=%016" PRIx64, name, d.state);
    return true;
}
