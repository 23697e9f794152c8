/* items.h: named tensors in order: what goes into a module, what comes out, what a file holds. */
#ifndef TS_IO_ITEMS_H
#define TS_IO_ITEMS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names are copied; data is not. */
typedef struct {
    char *name;
    ts_tensor value;
} ts_item;

typedef struct {
    ts_item *items;
    int64_t count, room;
} ts_items;

ts_status ts_items_add(ts_ctx *ctx, ts_items *items, const char *name, ts_tensor value);
ts_tensor ts_items_get(const ts_items *items, const char *name); /* empty when missing */
void ts_items_free(ts_items *items);

#ifdef __cplusplus
}
#endif
#endif
