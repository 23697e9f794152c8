/* rng_modules.c: random streams, run by name.
 *
 * rng.torch_cpu and rng.torch_cpu_default have no inputs: the name of an output is its recipe,
 *
 *     randn.seed0.n17           torch.randn(17) of a fresh generator with seed 0
 *     rand.seed0.n17            torch.rand(17)
 *     shape.seed0.1_16_8_12     torch.randn(1, 16, 8, 12)
 *     sequence.seed0.3_40_40    torch.randn of 3, 40 and 40 from one generator, joined
 *
 * and the names come from the case (call->wanted) or from the setting "outputs", a list. Results are
 * float32 in every precision: the stream is defined to the bit.
 * rng.philox and rng.torch_cuda take everything from their settings.
 * Test: tests/io/test_rng_modules.c, data/goldens/rng. */
#include "ref/io/rng_modules.h"

#include "ref/base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DRAWS = 16 };

typedef struct {
    enum { RAND, RANDN, SHAPE, SEQUENCE } kind;
    uint64_t seed;
    int count; /* of the numbers at the end */
    int64_t n[MAX_DRAWS];
} recipe;

/* Digits at *text as a number; false when there is none or it does not fit. */
static bool digits(const char **text, uint64_t most, uint64_t *out)
{
    const char *at = *text;
    uint64_t n = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (n > (most - digit) / 10)
            return false;
        n = 10 * n + digit;
    }
    const bool any = at != *text;
    *text = at;
    *out = n;
    return any;
}

static bool parse(const char *name, recipe *r)
{
    static const char *const kinds[] = {"rand.seed", "randn.seed", "shape.seed", "sequence.seed"};
    size_t length = 0;
    int kind = 0;
    while (kind < 4 && strncmp(name, kinds[kind], length = strlen(kinds[kind])) != 0)
        kind++;
    const char *at = name + length;
    *r = (recipe){0};
    if (kind == 4 || !digits(&at, UINT64_MAX, &r->seed) || *at++ != '.')
        return false;
    r->kind = kind == 0 ? RAND : kind == 1 ? RANDN : kind == 2 ? SHAPE : SEQUENCE;
    if ((r->kind == RAND || r->kind == RANDN) && *at++ != 'n')
        return false;
    const int most = r->kind == SEQUENCE ? MAX_DRAWS : r->kind == SHAPE ? TS_MAX_RANK : 1;
    do {
        uint64_t n;
        if (r->count == most || !digits(&at, INT64_MAX, &n))
            return false;
        r->n[r->count++] = (int64_t)n;
    } while (*at == '_' && *at++);
    return *at == '\0';
}

/* The shape of the result: a sequence is one row. */
static ts_tensor room_for(ts_ctx *ctx, const recipe *r)
{
    if (r->kind != SEQUENCE)
        return ts_new(ctx, TS_F32, r->count, r->n);
    int64_t n = 0;
    for (int i = 0; i < r->count; i++)
        if (!ts_add_size(n, r->n[i], &n)) {
            ts_fail(ctx, TS_ERROR_SHAPE, "that many numbers do not fit into memory");
            return (ts_tensor){0};
        }
    return ts_new(ctx, TS_F32, 1, &n);
}

static void one_output(ts_ctx *ctx, ts_call *call, const char *name, bool without_avx2)
{
    recipe r;
    if (!parse(name, &r)) {
        ts_fail(ctx, TS_ERROR_USAGE,
                "%s: output %s is no recipe such as randn.seed0.n17, rand.seed0.n17, "
                "shape.seed0.1_16_8_12, sequence.seed0.3_40_40",
                call->module, name);
        return;
    }
    const ts_tensor y = room_for(ctx, &r);
    if (ctx->status)
        return;
    ts_torch_cpu g;
    ts_torch_cpu_seed(&g, r.seed);
    g.without_avx2 = without_avx2;
    float *at = y.data;
    if (r.kind == RAND)
        ts_torch_cpu_rand_f32(&g, at, ts_numel(y));
    else if (r.kind != SEQUENCE)
        ts_torch_cpu_randn_f32(&g, at, ts_numel(y));
    else
        for (int i = 0; i < r.count; at += r.n[i++])
            ts_torch_cpu_randn_f32(&g, at, r.n[i]);
    ts_call_output(ctx, call, name, y);
}

static ts_status torch_cpu(ts_ctx *ctx, ts_call *call, bool without_avx2)
{
    const json_t *list = ts_call_json(call, "outputs"), *name;
    size_t i;
    if (list && !json_is_array(list))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: outputs is not a list of names", call->module);
    for (int k = 0; k < call->wanted_count && !ctx->status; k++)
        one_output(ctx, call, call->wanted[k], without_avx2);
    json_array_foreach(list, i, name)
    {
        if (!json_is_string(name))
            return ts_fail(ctx, TS_ERROR_USAGE, "%s: outputs is not a list of names",
                           call->module);
        if (!ctx->status && ts_is_empty(ts_items_get(&call->outputs, json_string_value(name))))
            one_output(ctx, call, json_string_value(name), without_avx2);
    }
    if (!ctx->status && call->outputs.count == 0)
        ts_fail(ctx, TS_ERROR_USAGE,
                "%s: which numbers? Name them in the setting outputs, for instance "
                "[\"randn.seed0.n17\"]",
                call->module);
    return ctx->status;
}

static ts_status run_torch_cpu(ts_ctx *ctx, ts_call *call)
{
    return torch_cpu(ctx, call, false);
}

static ts_status run_torch_cpu_default(ts_ctx *ctx, ts_call *call)
{
    return torch_cpu(ctx, call, true);
}

/* How many numbers the call asks for, and room for them. */
static ts_tensor numbers(ts_ctx *ctx, const ts_call *call, ts_dtype dtype)
{
    const int64_t n = ts_call_int(ctx, call, "n", 1);
    if (!ctx->status && n < 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: n is %lld, less than 0", call->module, (long long)n);
    return ts_new(ctx, dtype, 1, &n);
}

static ts_status run_philox(ts_ctx *ctx, ts_call *call)
{
    static const char *const kinds[] = {"uniform", "normal", "bits", "ints"};
    const uint64_t seed = (uint64_t)ts_call_int(ctx, call, "seed", 0);
    const uint64_t stream = (uint64_t)ts_call_int(ctx, call, "stream", 0);
    const uint64_t first = (uint64_t)ts_call_int(ctx, call, "first", 0);
    const int64_t low = ts_call_int(ctx, call, "low", 0);
    const int64_t high = ts_call_int(ctx, call, "high", 2);
    const char *kind = ts_call_text(ctx, call, "kind", "uniform");
    int k = 0;
    if (ctx->status)
        return ctx->status;
    while (k < 4 && strcmp(kinds[k], kind) != 0)
        k++;
    if (k == 4)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: kind is %s, not uniform, normal, bits or ints",
                       call->module, kind);
    if (low >= high)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: low %lld is not below high %lld", call->module,
                       (long long)low, (long long)high);
    const bool f64 = ctx->compute == TS_F64;
    const ts_tensor y = numbers(ctx, call, k == 2 ? TS_U32 : k == 3 ? TS_I64 : ctx->compute);
    const int64_t n = ctx->status ? 0 : ts_numel(y);
    if (ctx->status)
        return ctx->status;
    switch (k) {
    case 0:
        if (f64)
            ts_philox_uniform_f64(y.data, seed, stream, first, n);
        else
            ts_philox_uniform_f32(y.data, seed, stream, first, n);
        break;
    case 1:
        if (f64)
            ts_philox_normal_f64(y.data, seed, stream, first, n);
        else
            ts_philox_normal_f32(y.data, seed, stream, first, n);
        break;
    case 2: ts_philox_bits(y.data, seed, stream, first, n); break;
    default: ts_philox_ints(y.data, seed, stream, first, n, low, high); break;
    }
    ts_call_output(ctx, call, "values", y);
    return ctx->status;
}

static ts_status run_torch_cuda(ts_ctx *ctx, ts_call *call)
{
    const uint64_t seed = (uint64_t)ts_call_int(ctx, call, "seed", 0);
    uint64_t offset = (uint64_t)ts_call_int(ctx, call, "offset", 0);
    const char *kind = ts_call_text(ctx, call, "kind", "randn");
    const int64_t multiprocessors = ts_call_int(ctx, call, "multiprocessors", 132);
    const int64_t held = ts_call_int(ctx, call, "threads_of_one", 2048);
    const ts_tensor y = numbers(ctx, call, TS_F32);
    if (ctx->status)
        return ctx->status;
    ts_cuda_grid grid = ts_torch_cuda_grid(ts_numel(y), multiprocessors, held);
    grid.threads = ts_call_int(ctx, call, "threads", grid.threads);
    grid.blocks = ts_call_int(ctx, call, "blocks", grid.blocks);
    if (ctx->status)
        return ctx->status;
    const int64_t most = (int64_t)1 << 31;
    if (ts_numel(y) > 0 && (grid.threads < 1 || grid.blocks < 1 || grid.threads > most ||
                            grid.blocks > most))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: a grid of %lld blocks of %lld threads",
                       call->module, (long long)grid.blocks, (long long)grid.threads);
    if (offset % 4)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: offset is no multiple of 4", call->module);
    if (strcmp(kind, "randn") == 0)
        ts_torch_cuda_randn(y.data, ts_numel(y), seed, &offset, grid);
    else if (strcmp(kind, "rand") == 0)
        ts_torch_cuda_rand(y.data, ts_numel(y), seed, &offset, grid);
    else
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: kind is %s, not randn or rand", call->module,
                       kind);
    ts_call_output(ctx, call, "values", y);
    return ctx->status;
}

const ts_module ts_rng_modules[] = {
    {"rng.torch_cpu", "", "RECIPE", "names outputs",
     "torch.randn and torch.rand on the CPU; outputs: randn.seed0.n17, sequence.seed0.3_40_40, ...",
     run_torch_cpu},
    {"rng.torch_cpu_default", "", "RECIPE", "names outputs",
     "the same on a processor without AVX2 (16 and more normals differ by up to 2e-6)",
     run_torch_cpu_default},
    {"rng.torch_cuda", "", "values (n)",
     "seed offset n kind threads blocks multiprocessors threads_of_one",
     "torch.randn or torch.rand on CUDA; the launch grid decides which number goes where",
     run_torch_cuda},
    {"rng.philox", "", "values (n)", "seed stream first n kind low high",
     "numbers first .. first + n - 1 of a Philox 4x32-10 stream: uniform, normal, bits, ints",
     run_philox},
    {0},
};
