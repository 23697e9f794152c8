/* ids.h: a growing list of token ids. */
#ifndef TS_TEXT_IDS_H
#define TS_TEXT_IDS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t *at;
    int64_t count, room;
} ts_ids;

ts_status ts_ids_add(ts_ctx *ctx, ts_ids *ids, int64_t id);
void ts_ids_free(ts_ids *ids); /* may be called twice */

/* Appends `pad` until there are n ids. */
ts_status ts_ids_pad(ts_ctx *ctx, ts_ids *ids, int64_t n, int64_t pad);

/* A tensor (1, count) of the ids, in the arena of the context. */
ts_tensor ts_ids_tensor(ts_ctx *ctx, const ts_ids *ids);

#ifdef __cplusplus
}
#endif
#endif
