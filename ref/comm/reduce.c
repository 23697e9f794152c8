/* reduce.c: shards, and adding one array to another.
 *
 * Loops of one addition each: the compiler makes vectors of them, in the same order.
 * Test: tests/comm/test_reduce.c */
#include "ref/comm/collective.h"

ts_shard ts_shard_of(int64_t n, int parts, int part)
{
    const int64_t q = n / parts, r = n % parts;
    return (ts_shard){q * part + (part < r ? part : r), q + (part < r)};
}

/* Unsigned sums wrap; signed ones are added as unsigned, so they wrap as well. */
#define REDUCE(name, type, sum_type)                                                               \
    static void name(void *data, const void *from, int64_t n, ts_reduce op)                        \
    {                                                                                              \
        type *restrict x = data;                                                                   \
        const type *restrict y = from;                                                             \
        if (op == TS_SUM)                                                                          \
            for (int64_t i = 0; i < n; i++)                                                        \
                x[i] = (type)((sum_type)x[i] + (sum_type)y[i]);                                    \
        else                                                                                       \
            for (int64_t i = 0; i < n; i++)                                                        \
                x[i] = y[i] > x[i] ? y[i] : x[i];                                                  \
    }

REDUCE(reduce_f32, float, float)
REDUCE(reduce_f64, double, double)
REDUCE(reduce_i32, int32_t, uint32_t)
REDUCE(reduce_i64, int64_t, uint64_t)
REDUCE(reduce_u32, uint32_t, uint32_t)
REDUCE(reduce_u64, uint64_t, uint64_t)

ts_status ts_reduce_into(ts_ctx *ctx, void *data, const void *from, int64_t n, ts_dtype type,
                         ts_reduce op)
{
    if (ctx->status)
        return ctx->status;
    switch (type) {
    case TS_F32: reduce_f32(data, from, n, op); break;
    case TS_F64: reduce_f64(data, from, n, op); break;
    case TS_I32: reduce_i32(data, from, n, op); break;
    case TS_I64: reduce_i64(data, from, n, op); break;
    case TS_U32: reduce_u32(data, from, n, op); break;
    case TS_U64: reduce_u64(data, from, n, op); break;
    default:
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "sums over ranks of %s: expected F32, F64, I32, I64, U32 or U64",
                       ts_dtype_name(type));
    }
    return TS_OK;
}
