/* ids.h: from the ids of a batch to rows: a small index that is made and forgotten with the batch.
 *
 * Every 64-bit value is an id; no value means "free". Not the table of a training, which grows,
 * forgets and is kept: that one is asked once for each distinct id. */
#ifndef TS_DES_IDS_H
#define TS_DES_IDS_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const uint64_t *id; /* of row i; the caller's, who may append while rows are added */
    uint64_t mask;
    int64_t *slot;      /* a row, or -1 */
} ts_ids;

/* An empty index for at most `room` rows whose ids stand in id; in the arena. */
ts_status ts_ids_open(ts_ctx *ctx, ts_ids *index, const uint64_t *id, int64_t room);

/* The place of an id: the row there is negative when the id is new; the caller then writes the row,
 * whose id he has put into the list. */
int64_t *ts_ids_place(const ts_ids *index, uint64_t id);

/* An index of `rows` ids; one that stands twice fails and is named. */
ts_status ts_ids_of(ts_ctx *ctx, ts_ids *index, const uint64_t *id, int64_t rows);

#ifdef __cplusplus
}
#endif
#endif
