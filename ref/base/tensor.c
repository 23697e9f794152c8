#include "ref/base/tensor.h"

#include "ref/base/ctx.h"

#include <stdio.h>
#include <string.h>

ts_tensor ts_tensor_of(void *data, ts_dtype dtype, int rank, const int64_t *size)
{
    ts_tensor t = {.dtype = dtype, .rank = rank, .data = data};
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        t.size[i] = size[i];
        t.stride[i] = stride;
        stride *= size[i];
    }
    return t;
}

int64_t ts_numel(ts_tensor t)
{
    int64_t n = 1;
    for (int i = 0; i < t.rank; i++)
        n *= t.size[i];
    return n;
}

int64_t ts_size(ts_tensor t, int axis)
{
    return t.size[axis < 0 ? t.rank + axis : axis];
}

bool ts_is_empty(ts_tensor t)
{
    return t.dtype == TS_NONE;
}

bool ts_is_contiguous(ts_tensor t)
{
    int64_t stride = 1;
    for (int i = t.rank - 1; i >= 0; i--) {
        if (t.size[i] != 1 && t.stride[i] != stride)
            return ts_numel(t) == 0;
        stride *= t.size[i];
    }
    return true;
}

bool ts_same_size(ts_tensor a, ts_tensor b)
{
    return a.rank == b.rank && memcmp(a.size, b.size, (size_t)a.rank * sizeof *a.size) == 0;
}

void ts_elements(void *to, ts_tensor t)
{
    const int64_t n = ts_numel(t);
    const size_t size = ts_dtype_size(t.dtype);
    int64_t index[TS_MAX_RANK] = {0}, from = 0;
    if (n > 0 && size > 0 && ts_is_contiguous(t)) {
        memcpy(to, t.data, (size_t)n * size);
        return;
    }
    for (int64_t i = 0; i < n && size > 0; i++) {
        memcpy((char *)to + (size_t)i * size, (const char *)t.data + from * (int64_t)size, size);
        for (int a = t.rank - 1; a >= 0; a--) {
            from += t.stride[a];
            if (++index[a] < t.size[a])
                break;
            from -= index[a] * t.stride[a];
            index[a] = 0;
        }
    }
}

static int sizes_text(char *text, size_t room, int rank, const int64_t *size)
{
    int at = snprintf(text, room, "(");
    for (int i = 0; i < rank; i++) {
        const char *comma = i + 1 < rank ? ", " : "";
        at += size[i] < 0 ? snprintf(text + at, room - (size_t)at, "*%s", comma)
                          : snprintf(text + at, room - (size_t)at, "%lld%s", (long long)size[i],
                                     comma);
    }
    return at + snprintf(text + at, room - (size_t)at, ")");
}

const char *ts_shape_text(char text[TS_SHAPE_TEXT], ts_tensor t)
{
    const int at = sizes_text(text, TS_SHAPE_TEXT, t.rank, t.size);
    snprintf(text + at, TS_SHAPE_TEXT - (size_t)at, " %s", ts_dtype_name(t.dtype));
    return text;
}

ts_status ts_expect(ts_ctx *ctx, ts_tensor t, const char *name, int rank, const int64_t *size)
{
    bool fits = t.rank == rank && !ts_is_empty(t);
    for (int i = 0; i < rank && fits; i++)
        fits = size[i] < 0 || t.size[i] == size[i];
    if (fits)
        return TS_OK;
    char wanted[TS_SHAPE_TEXT], found[TS_SHAPE_TEXT];
    sizes_text(wanted, sizeof wanted, rank, size);
    return ts_fail(ctx, TS_ERROR_SHAPE, "%s: expected %s, got %s", name, wanted,
                   ts_is_empty(t) ? "nothing" : ts_shape_text(found, t));
}

bool ts_mul_size(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || (b != 0 && a > INT64_MAX / b))
        return false;
    *out = a * b;
    return true;
}

bool ts_add_size(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || a > INT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

bool ts_count_elements(const int64_t *size, int rank, int64_t *out)
{
    int64_t n = 1;
    bool zero = false;
    for (int i = 0; i < rank; i++) {
        zero = zero || size[i] == 0;
        if (!ts_mul_size(n, size[i] ? size[i] : 1, &n))
            return false;
    }
    *out = zero ? 0 : n;
    return true;
}
