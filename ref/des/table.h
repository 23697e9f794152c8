/* table.h: rows of features by id: what a recommender's training keeps.
 *
 * An id is any 64 bits. The number of its row never changes while it lives, and neither does the
 * address: rows stand in slabs, and only the directory (table_map.h) grows. Nothing that comes out
 * depends on the order in which ids came, or on how large the table is: rows begin with values of
 * their id alone, and what is written out goes by id.
 *
 * The clock of a table is the caller's: steps, minutes, days. ts_id_table_find, _look and _read change
 * nothing, so several threads may call them at a time (each with its context); all else needs the table
 * alone. */
#ifndef TS_DES_TABLE_H
#define TS_DES_TABLE_H

#include "ref/des/rows.h"
#include "ref/des/table_filter.h"
#include "ref/des/table_id.h"
#include "ref/des/table_map.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_dtype dtype;       /* of values and optimiser state: TS_F32 or TS_F64 */
    int64_t width;        /* values of a row */
    ts_row_layout layout; /* of the state behind them: ts_row_layout_of(optimizer) */
    ts_id_init init;
    ts_id_filter filter;  /* zeros: every id is admitted */
    bool per_occurrence;  /* counts grow by every occurrence, not once a call */
    uint64_t seed;        /* of the directory; a secret one keeps hostile ids apart */
    int64_t slab_rows;    /* rows that are allocated together; 0: 16384 */
} ts_id_table_options;

/* Behind the values and the state of each row. */
typedef struct {
    uint32_t count; /* calls of ts_id_table_touch, or occurrences, since admission, that one included */
    uint32_t last;  /* the clock of the last */
} ts_id_note;

typedef struct {
    unsigned char *row; /* o.slab_rows rows, from a multiple of 64 bytes on */
    void *block;        /* the memory of it */
} ts_id_slab;

typedef struct ts_id_table {
    ts_id_table_options o;
    int64_t state;       /* numbers of a row's state */
    int64_t row_bytes;
    ts_id_map map;       /* id to row + 1 */
    ts_id_waiting waiting;
    ts_id_slab *slab;
    int64_t slabs, slab_room;
    int shift;           /* o.slab_rows = 2^shift */
    int64_t rows;        /* that were ever used: 0 .. rows - 1 */
    int64_t free_row;    /* the first of a list through the free ones, or -1 */
} ts_id_table;

/* NULL after a failure. */
ts_id_table *ts_id_table_open(ts_ctx *ctx, const ts_id_table_options *options);
void ts_id_table_close(ts_id_table *t); /* NULL is legal */

int64_t ts_id_table_count(const ts_id_table *t); /* ids that have rows */

/* Bytes that are allocated now, of everything; and of `count` ids that were put in without removals,
 * at most (the old directory beside the new one): the formula of table.c. */
int64_t ts_id_table_bytes(const ts_id_table *t);
int64_t ts_id_table_bytes_for(const ts_id_table_options *options, int64_t count, bool growing);

/* A row's values, its state behind them, and its note. */
static inline void *ts_id_table_values(const ts_id_table *t, int64_t row)
{
    return t->slab[row >> t->shift].row + (row & (t->o.slab_rows - 1)) * t->row_bytes;
}
static inline void *ts_id_table_state(const ts_id_table *t, int64_t row)
{
    return (unsigned char *)ts_id_table_values(t, row) +
           (size_t)t->o.width * (t->o.dtype == TS_F32 ? 4 : 8);
}
static inline ts_id_note *ts_id_table_note(const ts_id_table *t, int64_t row)
{
    return (ts_id_note *)(void *)((unsigned char *)ts_id_table_values(t, row) + t->row_bytes -
                                  (int64_t)sizeof(ts_id_note));
}

/* The row of an id, or -1; and of n ids. */
int64_t ts_id_table_row(const ts_id_table *t, uint64_t id);
void ts_id_table_find(const ts_id_table *t, int64_t *row, const uint64_t *id, int64_t n);

/* The rows of n distinct ids of a step (table_batch.h makes them distinct): new ones are admitted or not
 * (row -1), counts and clocks move on. times: how often each occurs in the step; NULL: once. Without
 * memory it fails; what was admitted before that stays. */
ts_status ts_id_table_touch(ts_ctx *ctx, ts_id_table *t, int64_t *row, const uint64_t *id,
                            const uint32_t *times, int64_t n, uint32_t now);

/* The values of rows, (n, width) of the table's type; those of -1 are 0. */
void ts_id_table_read(const ts_id_table *t, void *values, const int64_t *row, int64_t n);

/* The values of ids, for prediction: nothing is put in. Absent ones have the values that they would
 * begin with, or, where a filter stands before the table, 0 (as for an id that is not admitted); row is
 * set as by ts_id_table_find. */
void ts_id_table_look(const ts_id_table *t, void *values, int64_t *row, const uint64_t *id, int64_t n);

/* One update of each row (-1: passed over; none twice) by its gradient, g (n, width) of the table's
 * type. The optimiser's layout must be the table's. */
ts_status ts_id_table_update(ts_ctx *ctx, ts_id_table *t, const ts_row_optimizer *o, const int64_t *row,
                             const void *g, int64_t n, int64_t step);

/* Puts an id in without asking the filter, with its initial values; the row of one that is there already.
 * -1 after a failure. */
int64_t ts_id_table_put(ts_ctx *ctx, ts_id_table *t, uint64_t id);

/* False: it was not there. If it returns it is new: initial values, and its state begins again. */
bool ts_id_table_remove(ts_id_table *t, uint64_t id);

#ifdef __cplusplus
}
#endif
#endif
