/* rows.c: see rows.h. */
#include "tests/support/rows.h"

#include "ref/io/json.h"

#include <stdlib.h>
#include <string.h>

static void show(const char *what, const int64_t *at, int64_t count)
{
    print_message("  %s:", what);
    for (int64_t i = 0; i < count; i++)
        print_message(" %lld", (long long)at[i]);
    print_message("\n");
}

static bool row_fits(const json_t *row, const char *field, rows_encode *encode,
                     const void *tokenizer)
{
    const json_t *const text = json_object_get(row, "text");
    const json_t *const ids = json_object_get(row, field);
    ts_ctx ctx;
    ts_ids out = {0};
    ts_ctx_open_plain(&ctx);
    const ts_status status = encode(&ctx, tokenizer, &out, json_string_value(text),
                                    (int64_t)json_string_length(text));
    const int64_t n = (int64_t)json_array_size(ids);
    int64_t *const wanted = calloc((size_t)n + 1, sizeof *wanted);
    for (int64_t i = 0; i < n; i++)
        wanted[i] = json_integer_value(json_array_get(ids, (size_t)i));
    const bool fits = status == TS_OK && out.count == n &&
                      (!n || !memcmp(out.at, wanted, (size_t)n * sizeof *wanted));
    if (!fits) {
        char *const shown = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        print_message("%s of %s %s\n", field, shown, ctx.message);
        show("wanted", wanted, n);
        show("got   ", out.at, out.count);
        free(shown);
    }
    free(wanted);
    ts_ids_free(&out);
    ts_ctx_close(&ctx);
    return fits;
}

static json_t *rows_of(const char *path)
{
    json_error_t error;
    json_t *const whole = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (whole && json_object_get(whole, "rows")) {
        json_t *const rows = json_incref(json_object_get(whole, "rows"));
        json_decref(whole);
        return rows;
    }
    json_decref(whole);
    FILE *const file = fopen(path, "r");
    if (!file)
        fail_msg("%s: not there", path);
    json_t *const rows = json_array();
    json_t *row;
    while ((row = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error)))
        json_array_append_new(rows, row);
    fclose(file);
    return rows;
}

void rows_equal(const char *path, const char *field, rows_encode *encode, const void *tokenizer,
                int64_t least)
{
    json_t *const rows = rows_of(path);
    int64_t tried = 0, wrong = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *const row = json_array_get(rows, i);
        if (!json_object_get(row, field) ||
            (!strcmp(field, "clip_ftfy") && json_is_true(json_object_get(row, "mojibake"))))
            continue;
        tried++;
        wrong += !row_fits(row, field, encode, tokenizer);
    }
    json_decref(rows);
    if (wrong || tried < least)
        fail_msg("%s: %s: %lld of %lld rows differ; at least %lld rows are wanted", path, field,
                 (long long)wrong, (long long)tried, (long long)least);
}

void ids_equal(const ts_ids *ids, const int64_t *wanted, int64_t count)
{
    if (ids->count == count && (!count || !memcmp(ids->at, wanted, (size_t)count * sizeof *wanted)))
        return;
    show("wanted", wanted, count);
    show("got   ", ids->at, ids->count);
    fail_msg("other ids");
}
