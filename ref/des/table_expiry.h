/* table_expiry.h: rows that go. Between steps only: no row number of a step outlives a sweep. */
#ifndef TS_DES_TABLE_EXPIRY_H
#define TS_DES_TABLE_EXPIRY_H

#include "ref/des/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zeros: nothing goes. */
typedef struct {
    uint32_t ttl;        /* ids whose last clock is more than this before now; 0: no such limit */
    double min_norm;     /* rows whose values have a smaller 2-norm */
    int64_t max_rows;    /* of what is left, the first by (count, last, id) until so many remain; 0: no
                          * limit */
    bool forget_waiting; /* counts of ids that were not admitted yet begin again */
} ts_id_policy;

/* *removed (may be NULL): how many rows went. What goes depends on the rows alone, not on their order,
 * and a failure (there is memory for max_rows alone) leaves these. */
ts_status ts_id_table_sweep(ts_ctx *ctx, ts_id_table *t, const ts_id_policy *policy, uint32_t now,
                            int64_t *removed);

#ifdef __cplusplus
}
#endif
#endif
