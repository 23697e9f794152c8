/* table_export.c: lists by id, tensors of rows, and rows of tensors.
 *
 * Other ranks. Let a table of N ranks be written as N sets of rows; each of N' ranks reads all of them
 * and keeps what is its own: by id, owner(id, N') (or everything, when whole tables belong to fields); by
 * width, the columns that it shares with the set:
 *
 *     table:  [table_column, table_column + width)      rows: [rows_column, rows_column + W)
 *
 * The state follows: of each slot the same columns; the numbers of the whole row as they are. All of it
 * is a choice of this implementation. Test: tests/des/test_table_export.c */
#include "ref/des/table_export.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    const uint64_t x = ((const struct ts_id_line *)a)->id, y = ((const struct ts_id_line *)b)->id;
    return x < y ? -1 : x > y;
}

ts_status ts_id_table_list(ts_ctx *ctx, ts_id_list *list, const ts_id_table *t, int64_t since)
{
    int64_t at = 0;
    uint64_t id;
    uint32_t number;
    *list = (ts_id_list){0, NULL};
    if (ctx->status)
        return ctx->status;
    list->line = ts_take(ctx, (size_t)ts_id_table_count(t) * sizeof *list->line);
    while (list->line && ts_id_map_next(&t->map, &at, &id, &number))
        if ((int64_t)ts_id_table_note(t, (int64_t)number - 1)->last > since)
            list->line[list->count++] = (struct ts_id_line){id, (int64_t)number - 1};
    if (list->count)
        qsort(list->line, (size_t)list->count, sizeof *list->line, by_id);
    return ctx->status;
}

ts_status ts_id_table_export(ts_ctx *ctx, ts_id_rows *rows, const ts_id_table *t,
                             const ts_id_list *list, int64_t first, int64_t n)
{
    const size_t size = ts_dtype_size(t->o.dtype);
    const size_t values = size * (size_t)t->o.width, state = size * (size_t)t->state;
    *rows = (ts_id_rows){.id = {.data = NULL}};
    if (ctx->status)
        return ctx->status;
    if (first < 0 || n < 0 || n > list->count || first > list->count - n)
        return ts_fail(ctx, TS_ERROR_USAGE, "rows %lld to %lld of %lld", (long long)first,
                       (long long)(first + n), (long long)list->count);
    rows->id = ts_new(ctx, TS_U64, 1, &n);
    rows->values = ts_new(ctx, t->o.dtype, 2, (int64_t[]){n, t->o.width});
    rows->state = ts_new(ctx, t->o.dtype, 2, (int64_t[]){n, t->state});
    rows->count = ts_new(ctx, TS_U32, 1, &n);
    rows->last = ts_new(ctx, TS_U32, 1, &n);
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        const int64_t row = list->line[first + i].row;
        ((uint64_t *)rows->id.data)[i] = list->line[first + i].id;
        memcpy((char *)rows->values.data + (size_t)i * values, ts_id_table_values(t, row), values);
        memcpy((char *)rows->state.data + (size_t)i * state, ts_id_table_state(t, row), state);
        ((uint32_t *)rows->count.data)[i] = ts_id_table_note(t, row)->count;
        ((uint32_t *)rows->last.data)[i] = ts_id_table_note(t, row)->last;
    }
    return ctx->status;
}

/* Rows that come in. ---------------------------------------------------------------------------- */

static ts_status check_tensor(ts_ctx *ctx, ts_tensor x, const char *name, ts_dtype dtype, int64_t n,
                              int64_t width)
{
    const int64_t size[2] = {n, width};
    if (ts_expect(ctx, x, name, width < 0 ? 1 : 2, size))
        return ctx->status;
    if (dtype == TS_NONE ? !ts_dtype_is_float(x.dtype) : x.dtype != dtype)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: expected %s, got %s", name,
                       dtype == TS_NONE ? "floats" : ts_dtype_name(dtype), ts_dtype_name(x.dtype));
    return ts_is_contiguous(x) ? TS_OK
                               : ts_fail(ctx, TS_ERROR_SHAPE, "%s: expected a contiguous tensor", name);
}

static ts_status check_rows(ts_ctx *ctx, const ts_id_table *t, const ts_id_rows *rows,
                            const ts_id_part *part)
{
    if (ts_is_empty(rows->id) || ts_is_empty(rows->values) || rows->values.rank != 2)
        return ts_fail(ctx, TS_ERROR_FORMAT, "rows of a table: ids or values are missing");
    const int64_t n = ts_size(rows->id, 0), width = ts_size(rows->values, 1);
    const int64_t state = t->o.layout.slots * width + t->o.layout.extras;
    check_tensor(ctx, rows->id, "id", TS_U64, n, -1);
    check_tensor(ctx, rows->values, "values", TS_NONE, n, width);
    if (!ts_is_empty(rows->state))
        check_tensor(ctx, rows->state, "state", TS_NONE, n, state);
    if (!ts_is_empty(rows->count))
        check_tensor(ctx, rows->count, "count", TS_U32, n, -1);
    if (!ts_is_empty(rows->last))
        check_tensor(ctx, rows->last, "last", TS_U32, n, -1);
    if (!ctx->status && !part && width != t->o.width)
        return ts_fail(ctx, TS_ERROR_SHAPE, "values: rows of %lld, expected %lld", (long long)width,
                       (long long)t->o.width);
    if (part && (part->ranks < 0 || part->table_column < 0 || part->rows_column < 0 ||
                 (part->ranks > 1 && (part->rank < 0 || part->rank >= part->ranks))))
        return ts_fail(ctx, TS_ERROR_USAGE, "rows of a table: rank %d of %d, columns from %lld and %lld",
                       part->rank, part->ranks, (long long)part->table_column,
                       (long long)part->rows_column);
    return ctx->status;
}

/* Ids in order cannot stand twice; others are looked up. */
static ts_status check_distinct(ts_ctx *ctx, const uint64_t *id, int64_t n)
{
    int64_t i = 1;
    while (i < n && id[i - 1] < id[i])
        i++;
    if (i >= n)
        return TS_OK;
    ts_id_map seen = {.seed = 0};
    for (i = 0; i < n && !ctx->status; i++) {
        if (ts_id_map_find(&seen, id[i]))
            ts_fail(ctx, TS_ERROR_FORMAT, "id %llu stands twice among the rows",
                    (unsigned long long)id[i]);
        else if (!ts_id_map_put(&seen, id[i], 1))
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory to compare %lld ids", (long long)n);
    }
    ts_id_map_free(&seen);
    return ctx->status;
}

/* Columns that the table and the rows share. */
typedef struct {
    int64_t to, from, count;
} columns;

static columns shared(const ts_id_table *t, int64_t width, const ts_id_part *part)
{
    const int64_t a = part ? part->table_column : 0, b = part ? part->rows_column : 0;
    const int64_t first = a > b ? a : b;
    const int64_t end = a + t->o.width < b + width ? a + t->o.width : b + width;
    return (columns){first - a, first - b, end > first ? end - first : 0};
}

/* n numbers of a tensor, from `from` on, to a place `at` of a row's memory. */
static void copy(const ts_id_table *t, void *to, int64_t at, ts_tensor x, int64_t from, int64_t n)
{
    ts_convert((char *)to + (size_t)at * ts_dtype_size(t->o.dtype), t->o.dtype,
               (const char *)x.data + (size_t)from * ts_dtype_size(x.dtype), x.dtype, n);
}

static void take_row(ts_id_table *t, int64_t row, const ts_id_rows *rows, int64_t i, columns c)
{
    const int64_t width = ts_size(rows->values, 1), slots = t->o.layout.slots;
    const int64_t state = slots * width + t->o.layout.extras;
    void *to = ts_id_table_state(t, row);
    copy(t, ts_id_table_values(t, row), c.to, rows->values, i * width + c.from, c.count);
    if (!ts_is_empty(rows->state)) {
        for (int64_t s = 0; s < slots; s++)
            copy(t, to, s * t->o.width + c.to, rows->state, i * state + s * width + c.from, c.count);
        copy(t, to, slots * t->o.width, rows->state, i * state + slots * width, t->o.layout.extras);
    }
    if (!ts_is_empty(rows->count))
        ts_id_table_note(t, row)->count = ((const uint32_t *)rows->count.data)[i];
    if (!ts_is_empty(rows->last))
        ts_id_table_note(t, row)->last = ((const uint32_t *)rows->last.data)[i];
}

ts_status ts_id_table_import(ts_ctx *ctx, ts_id_table *t, const ts_id_rows *rows,
                             const ts_id_part *part)
{
    if (ctx->status || check_rows(ctx, t, rows, part))
        return ctx->status;
    const int64_t n = ts_size(rows->id, 0);
    const uint64_t *id = rows->id.data;
    const columns c = shared(t, ts_size(rows->values, 1), part);
    if (check_distinct(ctx, id, n))
        return ctx->status;
    for (int64_t i = 0; i < n && c.count; i++) {
        if (part && part->ranks > 1 && ts_id_owner(part->how, id[i], part->ranks) != part->rank)
            continue;
        const int64_t row = ts_id_table_put(ctx, t, id[i]);
        if (row < 0)
            break;
        take_row(t, row, rows, i, c);
    }
    return ctx->status;
}
