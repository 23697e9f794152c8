/* sheet.c: tables of results as aligned text, tab-separated values or JSON.
 * Test: tests/cli/test_sheet.c */
#include "ref/cli/sheet.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 512, COLUMNS = 24 };

typedef struct {
    char **at;
    int count, room;
} lines;

struct ts_sheet {
    const char *name, *title;
    int columns;
    lines rows, notes; /* rows.at[0]: the columns' names */
};

static ts_status append(ts_ctx *ctx, lines *l, const char *text)
{
    if (l->count == l->room) {
        const int room = l->room ? 2 * l->room : 16;
        char **at = ts_realloc(l->at, (size_t)room * sizeof *at);
        if (!at)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a table of results");
        l->at = at;
        l->room = room;
    }
    if (!(l->at[l->count] = ts_strdup(text)))
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a table of results");
    l->count++;
    return ctx->status;
}

/* The next cell of a row: its beginning and length; *row moves behind it, to NULL after the last. */
static const char *cell(const char **row, int *length)
{
    const char *begin = *row, *end = strchr(begin, '|');
    *length = end ? (int)(end - begin) : (int)strlen(begin);
    *row = end ? end + 1 : NULL;
    return begin;
}

static int cells(const char *row)
{
    int count = 1;
    for (; (row = strchr(row, '|')); row++)
        count++;
    return count;
}

ts_sheet *ts_sheet_open(ts_ctx *ctx, const char *name, const char *title, const char *columns)
{
    ts_sheet *s = ctx->status ? NULL : ts_alloc_zero(1, sizeof *s);
    if (!s) {
        if (!ctx->status)
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a table of results");
        return NULL;
    }
    *s = (ts_sheet){.name = name, .title = title, .columns = cells(columns)};
    if (s->columns > COLUMNS)
        ts_fail(ctx, TS_ERROR_USAGE, "table %s: more than %d columns", name, COLUMNS);
    else
        append(ctx, &s->rows, columns);
    if (!ctx->status)
        return s;
    ts_sheet_close(s);
    return NULL;
}

static void lines_free(lines *l)
{
    for (int i = 0; i < l->count; i++)
        ts_free(l->at[i]);
    ts_free(l->at);
}

void ts_sheet_close(ts_sheet *s)
{
    if (!s)
        return;
    lines_free(&s->rows);
    lines_free(&s->notes);
    ts_free(s);
}

ts_status ts_sheet_row(ts_ctx *ctx, ts_sheet *s, const char *format, ...)
{
    char row[LINE];
    va_list values;
    if (ctx->status)
        return ctx->status;
    va_start(values, format);
    const int length = vsnprintf(row, sizeof row, format, values);
    va_end(values);
    if (length < 0 || length >= LINE || cells(row) != s->columns)
        return ts_fail(ctx, TS_ERROR_USAGE, "table %s: a row of %d cells for %d columns: %.80s",
                       s->name, cells(row), s->columns, row);
    return append(ctx, &s->rows, row);
}

ts_status ts_sheet_note(ts_ctx *ctx, ts_sheet *s, const char *format, ...)
{
    char note[LINE];
    va_list values;
    if (ctx->status)
        return ctx->status;
    va_start(values, format);
    vsnprintf(note, sizeof note, format, values);
    va_end(values);
    return append(ctx, &s->notes, note);
}

/* A cell that is a number all through. */
static bool number(const char *text, int length, double *value)
{
    char copy[64], *end;
    if (length < 1 || length >= (int)sizeof copy || !strchr("+-.0123456789", text[0]))
        return false;
    memcpy(copy, text, (size_t)length);
    copy[length] = 0;
    *value = strtod(copy, &end);
    return end != copy && !*end;
}

/* Whether a column holds numbers (or "-") below its name. */
static bool numeric(const ts_sheet *s, int column)
{
    for (int i = 1; i < s->rows.count; i++) {
        const char *row = s->rows.at[i], *text = NULL;
        int length = 0;
        double value;
        for (int c = 0; c <= column; c++)
            text = cell(&row, &length);
        if (!number(text, length, &value) && !(length == 1 && *text == '-'))
            return false;
    }
    return true;
}

/* Columns on the screen: bytes that begin a character. */
static int width_of(const char *text, int length)
{
    int width = 0;
    for (int i = 0; i < length; i++)
        width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

/* A note, broken between words at 96 columns. */
static void print_note(const char *note, bool first, FILE *to)
{
    int column = fprintf(to, "  %s", first ? "*" : " ");
    while (*note) {
        const char *end = strchr(note, ' ');
        const int length = end ? (int)(end - note) : (int)strlen(note);
        if (column + 1 + width_of(note, length) > 96)
            column = fprintf(to, "\n   ") - 1;
        column += 1 + width_of(note, length);
        fprintf(to, " %.*s", length, note);
        note += length + (end != NULL);
    }
    fputc('\n', to);
}

static void print_text(const ts_sheet *s, FILE *to)
{
    int width[COLUMNS] = {0};
    bool right[COLUMNS];
    for (int c = 0; c < s->columns; c++)
        right[c] = numeric(s, c);
    for (int i = 0; i < s->rows.count; i++) {
        const char *row = s->rows.at[i];
        for (int c = 0, length; row; c++) {
            const char *text = cell(&row, &length);
            const int w = width_of(text, length);
            width[c] = w > width[c] ? w : width[c];
        }
    }
    fprintf(to, "%s: %s\n", s->name, s->title);
    for (int i = 0; i < s->rows.count; i++) {
        const char *row = s->rows.at[i];
        for (int c = 0, length; row; c++) {
            const char *text = cell(&row, &length);
            const int gap = width[c] - width_of(text, length);
            fprintf(to, "  %*s%.*s%*s", right[c] ? gap : 0, "", length, text,
                    right[c] || !row ? 0 : gap, "");
        }
        fputc('\n', to);
    }
    for (int i = 0; i < s->notes.count; i++)
        print_note(s->notes.at[i], i == 0, to);
}

static void print_tsv(const ts_sheet *s, FILE *to)
{
    fprintf(to, "# %s: %s\n", s->name, s->title);
    for (int i = 0; i < s->rows.count; i++) {
        const char *row = s->rows.at[i];
        fputs(i ? "" : "# ", to);
        for (int length; row;) {
            const char *text = cell(&row, &length);
            fprintf(to, "%.*s%s", length, text, row ? "\t" : "\n");
        }
    }
}

static json_t *values(const char *row, bool names)
{
    json_t *list = json_array();
    for (int length; row && list;) {
        double value;
        const char *text = cell(&row, &length);
        const bool unknown = !names && length == 1 && *text == '-';
        json_t *item = unknown                                          ? json_null()
                       : !names && number(text, length, &value) ? json_real(value)
                                                        : json_stringn(text, (size_t)length);
        if (!item || json_array_append_new(list, item)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void print_json(ts_ctx *ctx, const ts_sheet *s, FILE *to)
{
    json_t *rows = json_array(), *notes = json_array();
    bool fine = rows && notes;
    for (int i = 1; fine && i < s->rows.count; i++)
        fine = json_array_append_new(rows, values(s->rows.at[i], false)) == 0;
    for (int i = 0; fine && i < s->notes.count; i++)
        fine = json_array_append_new(notes, json_string(s->notes.at[i])) == 0;
    json_t *all = fine ? json_pack("{s:s, s:s, s:o, s:O, s:O}", "name", s->name, "title", s->title,
                                   "columns", values(s->rows.at[0], true), "rows", rows, "notes",
                                   notes)
                       : NULL;
    if (!all)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for table %s as JSON", s->name);
    else if (json_dumpf(all, to, JSON_REAL_PRECISION(12)) == 0)
        fputc('\n', to);
    json_decref(all);
    json_decref(rows);
    json_decref(notes);
}

ts_status ts_sheet_print(ts_ctx *ctx, const ts_sheet *s, ts_sheet_form form, FILE *to)
{
    if (ctx->status || !s)
        return ctx->status;
    errno = 0;
    if (form == TS_SHEET_TEXT)
        print_text(s, to);
    else if (form == TS_SHEET_TSV)
        print_tsv(s, to);
    else
        print_json(ctx, s, to);
    if (!ctx->status && (fflush(to) || ferror(to)))
        ts_fail(ctx, TS_ERROR_IO, "the table cannot be written: %s", strerror(errno));
    return ctx->status;
}
