#include "ref/io/items.h"

#include <string.h>

ts_status ts_items_add(ts_ctx *ctx, ts_items *items, const char *name, ts_tensor value)
{
    if (ctx->status)
        return ctx->status;
    for (int64_t i = 0; i < items->count; i++)
        if (strcmp(items->items[i].name, name) == 0)
            return ts_fail(ctx, TS_ERROR_USAGE, "two tensors are named %s", name);
    if (items->count == items->room) {
        const int64_t room = items->room ? 2 * items->room : 8;
        ts_item *larger = ts_realloc(items->items, (size_t)room * sizeof *larger);
        if (!larger)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the tensor %s", name);
        items->items = larger;
        items->room = room;
    }
    char *copy = ts_strdup(name);
    if (!copy)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the name %s", name);
    items->items[items->count++] = (ts_item){copy, value};
    return TS_OK;
}

ts_tensor ts_items_get(const ts_items *items, const char *name)
{
    for (int64_t i = 0; i < items->count; i++)
        if (strcmp(items->items[i].name, name) == 0)
            return items->items[i].value;
    return (ts_tensor){0};
}

void ts_items_free(ts_items *items)
{
    for (int64_t i = 0; i < items->count; i++)
        ts_free(items->items[i].name);
    ts_free(items->items);
    *items = (ts_items){0};
}
