/* ids.c: test: tests/text/test_ids.c. */
#include "ref/text/ids.h"

#include <string.h>

ts_status ts_ids_add(ts_ctx *ctx, ts_ids *ids, int64_t id)
{
    if (ids->count == ids->room) {
        int64_t room = ids->room ? ids->room : 64, bytes;
        if (ids->room && !ts_mul_size(ids->room, 2, &room))
            return ts_fail(ctx, TS_ERROR_MEMORY, "too many token ids");
        if (!ts_mul_size(room, (int64_t)sizeof *ids->at, &bytes))
            return ts_fail(ctx, TS_ERROR_MEMORY, "too many token ids");
        int64_t *const at = ts_realloc(ids->at, (size_t)bytes);
        if (!at)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld token ids",
                           (long long)room);
        ids->at = at;
        ids->room = room;
    }
    ids->at[ids->count++] = id;
    return TS_OK;
}

void ts_ids_free(ts_ids *ids)
{
    ts_free(ids->at);
    *ids = (ts_ids){0};
}

ts_status ts_ids_pad(ts_ctx *ctx, ts_ids *ids, int64_t n, int64_t pad)
{
    while (ids->count < n)
        if (ts_ids_add(ctx, ids, pad))
            return ctx->status;
    return TS_OK;
}

ts_tensor ts_ids_tensor(ts_ctx *ctx, const ts_ids *ids)
{
    const ts_tensor t = ts_new(ctx, TS_I64, 2, (const int64_t[]){1, ids->count});
    if (t.data && ids->count)
        memcpy(t.data, ids->at, (size_t)ids->count * sizeof *ids->at);
    return t;
}
