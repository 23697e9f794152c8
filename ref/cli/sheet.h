/* sheet.h: a table of results, for people, for gnuplot and for programs.
 *
 *     ts_sheet *s = ts_sheet_open(ctx, "schemes", "time of one step", "scheme|ours ms|known ms");
 *     ts_sheet_row(ctx, s, "%s|%.2f|%s", name, ms, "-");
 *     ts_sheet_note(ctx, s, "latencies of the worked examples");
 *     ts_sheet_print(ctx, s, TS_SHEET_TEXT, stdout);
 *     ts_sheet_close(s);
 *
 * Cells are text; one that reads as a number is right-aligned and a number in JSON; "-" is what
 * nobody knows: null in JSON. */
#ifndef TS_CLI_SHEET_H
#define TS_CLI_SHEET_H

#include "ref/base/ctx.h"

#include <stdio.h>

typedef struct ts_sheet ts_sheet;

typedef enum {
    TS_SHEET_TEXT, /* title, aligned columns, notes */
    TS_SHEET_TSV,  /* "# title", "# columns", one line a row, tabs between: what gnuplot reads */
    TS_SHEET_JSON  /* {"name", "title", "columns", "rows", "notes"} on one line */
} ts_sheet_form;

/* `columns` and the rows have '|' between cells. NULL after a failure. */
ts_sheet *ts_sheet_open(ts_ctx *ctx, const char *name, const char *title, const char *columns);
void ts_sheet_close(ts_sheet *s);

/* A row must have as many cells as there are columns. */
ts_status ts_sheet_row(ts_ctx *ctx, ts_sheet *s, const char *format, ...) TS_PRINTF(3, 4);
ts_status ts_sheet_note(ts_ctx *ctx, ts_sheet *s, const char *format, ...) TS_PRINTF(3, 4);

/* Fails with TS_ERROR_IO when the stream takes no more. */
ts_status ts_sheet_print(ts_ctx *ctx, const ts_sheet *s, ts_sheet_form form, FILE *to);

#endif
