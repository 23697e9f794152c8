#include "ref/io/bytes.h"

enum { CHUNK = 1 << 16 }; /* a multiple of every type's size */

ts_status ts_out_tensor(ts_ctx *ctx, ts_out *out, ts_tensor t)
{
    const int64_t n = ts_numel(t);
    const size_t size = ts_dtype_size(t.dtype);
    int64_t index[TS_MAX_RANK] = {0}, from = 0;
    char buffer[CHUNK];
    size_t fill = 0;
    if (ts_is_contiguous(t) && !ts_big_endian())
        return ts_out_write(ctx, out, t.data, n * (int64_t)size);
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        const char *element = (const char *)t.data + from * (int64_t)size;
        if (ts_big_endian())
            ts_swap_bytes(buffer + fill, element, 1, size);
        else
            memcpy(buffer + fill, element, size);
        fill += size;
        if (fill == CHUNK || i == n - 1) {
            ts_out_write(ctx, out, buffer, (int64_t)fill);
            fill = 0;
        }
        for (int a = t.rank - 1; a >= 0; a--) {
            from += t.stride[a];
            if (++index[a] < t.size[a])
                break;
            from -= index[a] * t.stride[a];
            index[a] = 0;
        }
    }    return ctx->status;
}
