#include "tests/support/topk.h"

#include "ref/topk/draw.h"

#include <math.h>
#include <string.h>

double topk_uniform(uint64_t seed, int64_t i)
{
    return (double)(ts_splitmix64(seed, (uint64_t)i) >> 40) / 0x1p24 - 0.5;
}

double topk_gauss(uint64_t seed, int64_t i)
{
    double sum = 0.0;
    for (int j = 0; j < 12; j++)
        sum += topk_uniform(seed, 12 * i + j);
    return sum;
}

static double value(topk_shape shape, uint64_t seed, int64_t i, ts_dtype dtype)
{
    const double u = topk_uniform(seed, i);
    switch (shape) {
    case TOPK_GAUSS: return topk_gauss(seed, i);
    case TOPK_CUBED: return 8.0 * u * u * u;
    case TOPK_TIES: return floor(3.0 * (u + 0.5)) - 1.0;
    case TOPK_EQUAL: return u < 0.0 ? -3.0 : 3.0;
    case TOPK_SPARSE: return u > 0.49 ? 100.0 * u : 0.0;
    case TOPK_SUBNORMAL: return u * (dtype == TS_F64 ? 0x1p-1060 : 0x1p-135);
    case TOPK_RANGE: return ldexp(u, (int)(200.0 * topk_uniform(seed + 1, i)));
    case TOPK_RAMP: return (double)(i % 1000) * (i % 2 ? -0.25 : 0.25);
    default: return u;
    }
}

ts_tensor topk_vector(ts_ctx *ctx, ts_dtype dtype, topk_shape shape, uint64_t seed, int64_t d)
{
    const ts_tensor x = ts_new(ctx, dtype, 1, &d);
    for (int64_t i = 0; i < d && !ctx->status; i++)
        ts_store(x.data, dtype, i, value(shape, seed, i, dtype));
    return x;
}

ts_tensor topk_numbers(ts_ctx *ctx, const json_t *list, ts_dtype dtype)
{
    const int64_t n = (int64_t)json_array_size(list);
    const ts_tensor x = ts_new(ctx, dtype, 1, &n);
    for (int64_t i = 0; i < n; i++)
        ts_store(x.data, dtype, i, json_number_value(json_array_get(list, (size_t)i)));
    return x;
}

void topk_same(const ts_sparse *a, const ts_sparse *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->values.dtype, b->values.dtype);
    for (int64_t j = 0; j < a->count; j++)
        if (a->indices[j] != b->indices[j])
            fail_msg("entry %lld: index %lu and %lu", (long long)j, (unsigned long)a->indices[j],
                     (unsigned long)b->indices[j]);
    assert_memory_equal(a->values.data, b->values.data,
                        (size_t)a->count * ts_dtype_size(a->values.dtype));
}

json_t *topk_vectors(void)
{
    json_t *all = json_load_file("data/goldens/topk/vectors.json", 0, NULL);
    assert_non_null(all);
    return all;
}
