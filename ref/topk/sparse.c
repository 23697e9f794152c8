/* sparse.c: sums, sorting and checks of sparse vectors. See sparse.h.
 *
 *     (a + b)[i] = a[i] + b[i]        over the union of the indices, ascending
 *
 * Test: tests/topk/test_sparse.c */
#include "ref/topk/sparse.h"

#include <string.h>

ts_status ts_sparse_fits(ts_ctx *ctx, int64_t size)
{
    if (size < 0 || size > UINT32_MAX)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "topk: indices of %lld entries do not fit into 32 bits: split the vector",
                       (long long)size);
    return ctx->status;
}

ts_status ts_sparse_new(ts_ctx *ctx, ts_sparse *s, ts_dtype dtype, int64_t size, int64_t count)
{
    *s = (ts_sparse){.size = size};
    if (ts_sparse_fits(ctx, size))
        return ctx->status;
    s->indices = ts_take(ctx, (size_t)count * sizeof *s->indices);
    s->values = ts_new(ctx, dtype, 1, &count);
    s->count = ctx->status ? 0 : count;
    return ctx->status;
}

ts_tensor ts_sparse_source(ts_ctx *ctx, ts_tensor x)
{
    char text[TS_SHAPE_TEXT];
    if (ctx->status || ts_sparse_fits(ctx, ts_numel(x)))
        return (ts_tensor){0};
    if (x.rank != 1 || !ts_dtype_is_float(x.dtype) || !ts_is_contiguous(x)) {
        ts_fail(ctx, TS_ERROR_SHAPE, "topk: expected one contiguous axis of floats, got %s",
                ts_shape_text(text, x));
        return (ts_tensor){0};
    }
    if (x.dtype == TS_F32 || x.dtype == TS_F64)
        return x;
    const ts_tensor wide = ts_new(ctx, TS_F32, 1, x.size);
    if (!ctx->status)
        ts_convert(wide.data, TS_F32, x.data, x.dtype, x.size[0]);
    return wide;
}

void ts_sparse_gather(ts_sparse *s, ts_tensor x)
{
    if (x.dtype == TS_F64)
        for (int64_t j = 0; j < s->count; j++)
            ((double *)s->values.data)[j] = ((const double *)x.data)[s->indices[j]];
    else
        for (int64_t j = 0; j < s->count; j++)
            ((float *)s->values.data)[j] = ((const float *)x.data)[s->indices[j]];
}

void ts_sparse_clear(const ts_sparse *s, ts_tensor x)
{
    if (x.dtype == TS_F64)
        for (int64_t j = 0; j < s->count; j++)
            ((double *)x.data)[s->indices[j]] = 0.0;
    else
        for (int64_t j = 0; j < s->count; j++)
            ((float *)x.data)[s->indices[j]] = 0.0f;
}

void ts_sparse_add(ts_tensor dense, const ts_sparse *s)
{
    if (dense.dtype == TS_F64)
        for (int64_t j = 0; j < s->count; j++)
            ((double *)dense.data)[s->indices[j]] += ((const double *)s->values.data)[j];
    else
        for (int64_t j = 0; j < s->count; j++)
            ((float *)dense.data)[s->indices[j]] += ((const float *)s->values.data)[j];
}

ts_tensor ts_sparse_dense(ts_ctx *ctx, const ts_sparse *s)
{
    const ts_tensor dense = ts_new_zero(ctx, s->values.dtype, 1, &s->size);
    if (!ctx->status)
        ts_sparse_add(dense, s);
    return dense;
}

/* Sorting: bytes of the index from the lowest up, each pass stable (a radix sort); a pass in which
 * all bytes are alike is left out. */
ts_status ts_sparse_sort(ts_ctx *ctx, ts_sparse *s)
{
    const size_t wide = ts_dtype_size(s->values.dtype), n = (size_t)s->count;
    uint32_t *from = s->indices, *to = ts_take(ctx, n * sizeof *to);
    unsigned char *value = s->values.data, *moved = ts_take(ctx, n * wide);
    for (int shift = 0; shift < 32 && !ctx->status; shift += 8) {
        size_t place[257] = {0};
        for (size_t j = 0; j < n; j++)
            place[(from[j] >> shift & 255) + 1]++;
        if (n == 0 || place[(from[0] >> shift & 255) + 1] == n)
            continue;
        for (int b = 0; b < 256; b++)
            place[b + 1] += place[b];
        for (size_t j = 0; j < n; j++) {
            const size_t at = place[from[j] >> shift & 255]++;
            to[at] = from[j];
            memcpy(moved + at * wide, value + j * wide, wide);
        }
        uint32_t *indices = from;
        from = to;
        to = indices;
        unsigned char *values = value;
        value = moved;
        moved = values;
    }
    if (!ctx->status) {
        s->indices = from;
        s->values.data = value;
    }
    return ctx->status;
}

ts_status ts_sparse_sum(ts_ctx *ctx, ts_sparse *sum, const ts_sparse *a, const ts_sparse *b)
{
    if (ts_sparse_new(ctx, sum, a->values.dtype, a->size, a->count + b->count))
        return ctx->status;
    int64_t i = 0, j = 0, n = 0;
    for (; i < a->count || j < b->count; n++) {
        const bool of_a = j == b->count || (i < a->count && a->indices[i] <= b->indices[j]);
        const bool of_b = i == a->count || (j < b->count && b->indices[j] <= a->indices[i]);
        const double x = of_a ? ts_load(a->values.data, a->values.dtype, i) : 0.0;
        const double y = of_b ? ts_load(b->values.data, b->values.dtype, j) : 0.0;
        sum->indices[n] = of_a ? a->indices[i] : b->indices[j];
        ts_store(sum->values.data, sum->values.dtype, n, of_a && of_b ? x + y : of_a ? x : y);
        i += of_a;
        j += of_b;
    }
    sum->count = sum->values.size[0] = n;
    return ctx->status;
}

ts_status ts_sparse_check(ts_ctx *ctx, const ts_sparse *s, const char *what)
{
    const ts_scope scope = ts_scope_open(ctx);
    const size_t bytes = (size_t)s->size / 8 + 1;
    unsigned char *seen = ts_take(ctx, bytes);
    if (seen)
        memset(seen, 0, bytes);
    for (int64_t j = 0; j < s->count && !ctx->status; j++) {
        const uint32_t i = s->indices[j];
        if (i >= s->size)
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: entry %lld has the index %lu of %lld", what,
                    (long long)j, (unsigned long)i, (long long)s->size);
        else if (seen[i / 8] >> i % 8 & 1)
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: the index %lu stands twice", what,
                    (unsigned long)i);
        else
            seen[i / 8] = (unsigned char)(seen[i / 8] | 1u << i % 8);
    }
    ts_scope_close(ctx, scope, NULL, 0);
    return ctx->status;
}
