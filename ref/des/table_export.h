/* table_export.h: rows by id, out and in: checkpoints, embeddings for others, other numbers of ranks.
 *
 * What is written out is ordered by id, so the same rows give the same bytes whatever order, capacity
 * or rank they came from. The tensors are those of a file: "id", "values", ... of one safetensors file
 * a rank. */
#ifndef TS_DES_TABLE_EXPORT_H
#define TS_DES_TABLE_EXPORT_H

#include "ref/des/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Some ids of a table and their rows, by id. */
typedef struct {
    int64_t count;
    struct ts_id_line {
        uint64_t id;
        int64_t row;
    } *line;
} ts_id_list;

/* Those whose last clock is above `since` (a delta), or, with -1, all; in the arena. */
ts_status ts_id_table_list(ts_ctx *ctx, ts_id_list *list, const ts_id_table *t, int64_t since);

typedef struct {
    ts_tensor id;          /* (n), U64 */
    ts_tensor values;      /* (n, width) */
    ts_tensor state;       /* (n, slots * width + extras); empty: fresh */
    ts_tensor count, last; /* (n), U32; empty: 0 */
} ts_id_rows;

/* Lines first .. first + n - 1 of the list, in the table's types, in the arena: a large table is
 * written in parts, with a scope around each. */
ts_status ts_id_table_export(ts_ctx *ctx, ts_id_rows *rows, const ts_id_table *t,
                             const ts_id_list *list, int64_t first, int64_t n);

/* Whose rows a table takes. ranks 0 or 1: all. Where rows are cut by columns, the first column that the
 * table and the rows hold, counted in the whole row. */
typedef struct {
    ts_id_partition how;
    int ranks, rank;
    int64_t table_column, rows_column;
} ts_id_part;

/* Puts rows in, without asking the filter; those that are there already are overwritten, as far as the
 * columns go. An id that stands twice among the rows fails, and so do tensors of other sizes or types
 * (values and state may have any float type); before that nothing is put in. Without memory rows that
 * were put in stay. part NULL: all rows, of the table's width. */
ts_status ts_id_table_import(ts_ctx *ctx, ts_id_table *t, const ts_id_rows *rows,
                             const ts_id_part *part);

#ifdef __cplusplus
}
#endif
#endif
