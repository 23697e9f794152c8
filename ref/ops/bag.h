/* bag.h: occurrences of a table's rows, gathered in segments: what recommenders begin with.
 *
 * Occurrence p is row[p] of a table with the factor value[p], in segment[p]: the segment is a sample,
 * or a field of a sample. Two indices say which occurrences a segment has and which a row has, both
 * in the order of p: sums go along them, so that nothing depends on threads. */
#ifndef TS_OPS_BAG_H
#define TS_OPS_BAG_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_bag {
    int64_t count, segments, rows;
    const int64_t *row, *segment; /* count each */
    const double *value;          /* count */
    const uint64_t *key;          /* count, or NULL: of equal maxima the smallest key's is taken */
    /* Made by ts_bag_index: those of segment s are by_segment[segment_at[s] .. segment_at[s + 1]]. */
    int64_t *by_segment, *segment_at, *by_row, *row_at;
} ts_bag;

/* Makes the indices, in the arena; a row or a segment out of range fails. */
ts_status ts_bag_index(ts_ctx *ctx, ts_bag *bag);

/* y (segments, n): the sum of value * table[row] over a segment's occurrences; an empty segment is 0.
 * table (rows, n). The bag lives as long as the tape. */
ts_tensor ts_bag_sum(ts_ctx *ctx, ts_tensor table, const ts_bag *bag);

/* y (segments, n): the largest table[row] of a segment, number by number; values play no part. An
 * empty segment is -infinity. Of equal ones the smallest key's, then the first, gets the gradient.
 * where (segments, n) receives the occurrence that was taken, or -1; it may be NULL. */
ts_tensor ts_bag_max(ts_ctx *ctx, ts_tensor *where, ts_tensor table, const ts_bag *bag);

#ifdef __cplusplus
}
#endif
#endif
