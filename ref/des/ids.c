/* ids.c: open addressing; at most half of the places are taken, so every search ends. See ids.h.
 * Test: tests/des/test_ids.c */
#include "ref/des/ids.h"

#include "ref/base/rng.h"

ts_status ts_ids_open(ts_ctx *ctx, ts_ids *index, const uint64_t *id, int64_t room)
{
    *index = (ts_ids){.id = id, .mask = 1};
    while (index->mask + 1 < 2 * (uint64_t)room + 2)
        index->mask = 2 * index->mask + 1;
    index->slot = ts_take(ctx, (size_t)(index->mask + 1) * sizeof *index->slot);
    for (uint64_t i = 0; index->slot && i <= index->mask; i++)
        index->slot[i] = -1;
    return ctx->status;
}

int64_t *ts_ids_place(const ts_ids *index, uint64_t id)
{
    uint64_t at = ts_mix64(id) & index->mask;
    while (index->slot[at] >= 0 && index->id[index->slot[at]] != id)
        at = (at + 1) & index->mask;
    return &index->slot[at];
}

ts_status ts_ids_of(ts_ctx *ctx, ts_ids *index, const uint64_t *id, int64_t rows)
{
    if (ctx->status || ts_ids_open(ctx, index, id, rows))
        return ctx->status;
    for (int64_t row = 0; row < rows; row++) {
        int64_t *place = ts_ids_place(index, id[row]);
        if (*place >= 0)
            return ts_fail(ctx, TS_ERROR_FORMAT, "id %llu stands twice, as rows %lld and %lld",
                           (unsigned long long)id[row], (long long)*place, (long long)row);
        *place = row;
    }
    return TS_OK;
}
