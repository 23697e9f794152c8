#include "ref/io/json.h"

#include "ref/io/file.h"
#include "ref/io/limits.h"

#include <stdlib.h>
#include <string.h>

/* The first byte that opens more than TS_LIMIT_JSON_DEPTH levels, or -1. jansson descends by
 * recursion, so the depth is known before it begins; a text that is no JSON is its business. */
static int64_t too_deep(const char *text, int64_t bytes)
{
    int depth = 0;
    bool inside_string = false;
    for (int64_t i = 0; i < bytes; i++) {
        const char c = text[i];
        if (inside_string) {
            if (c == '\\')
                i++;
            inside_string = c != '"';
        } else if (c == '"') {
            inside_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > TS_LIMIT_JSON_DEPTH)
                return i;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return -1;
}

static json_t *parse(ts_ctx *ctx, const char *text, int64_t bytes, const char *where,
                     int64_t offset, size_t flags)
{
    json_error_t error = {.position = 0};
    if (ctx->status)
        return NULL;
    const int64_t deep = too_deep(text, bytes);
    if (deep >= 0) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: byte %lld: JSON deeper than %d levels", where,
                (long long)(offset + deep), TS_LIMIT_JSON_DEPTH);
        return NULL;
    }
    json_t *value = json_loadb(text, (size_t)bytes,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | flags, &error);
    if (value)
        return value;
    /* jansson does not always say so: a failure without words is one of memory, too */
    if (json_error_code(&error) == json_error_out_of_memory || !*error.text)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its JSON", where);
    else
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: byte %lld (line %d): not valid JSON: %s", where,
                (long long)(offset + error.position), error.line, error.text);
    return NULL;
}

json_t *ts_json_parse(ts_ctx *ctx, const char *text, int64_t bytes, const char *where,
                      int64_t offset)
{
    return parse(ctx, text, bytes, where, offset, 0);
}

static json_t *read_with(ts_ctx *ctx, const char *path, size_t flags)
{
    int64_t bytes = 0;
    char *text = ts_file_read(ctx, path, TS_LIMIT_JSON_BYTES, &bytes);
    json_t *value = text ? parse(ctx, text, bytes, path, 0, flags) : NULL;
    ts_free(text);
    return value;
}

json_t *ts_json_read(ts_ctx *ctx, const char *path)
{
    return read_with(ctx, path, 0);
}

static json_t *object_or_not(ts_ctx *ctx, const char *path, json_t *value)
{
    if (!value || json_is_object(value))
        return value;
    ts_fail(ctx, TS_ERROR_FORMAT, "%s: expected a JSON object", path);
    json_decref(value);
    return NULL;
}

json_t *ts_json_read_object(ts_ctx *ctx, const char *path)
{
    return object_or_not(ctx, path, ts_json_read(ctx, path));
}

static bool holds_nul(const json_t *text)
{
    return strlen(json_string_value(text)) != json_string_length(text);
}

/* Is there a text with U+0000 under another key? As deep as the parser goes. */
static bool cut_short(json_t *value, const char *key, const char *text)
{
    const char *name;
    json_t *part;
    size_t i;
    if (json_is_string(value))
        return strcmp(key, text) != 0 && holds_nul(value);
    json_array_foreach(value, i, part)
        if (cut_short(part, "", text))
            return true;
    json_object_foreach(value, name, part)
        if (cut_short(part, name, text))
            return true;
    return false;
}

json_t *ts_json_read_texts(ts_ctx *ctx, const char *path, const char *text)
{
    json_t *value = object_or_not(ctx, path, read_with(ctx, path, JSON_ALLOW_NUL));
    if (!cut_short(value, "", text))
        return value;
    ts_fail(ctx, TS_ERROR_FORMAT, "%s: \\u0000 is allowed under the key \"%s\" alone", path, text);
    json_decref(value);
    return NULL;
}

/* The whole of `key` is tried first, so that a key may hold dots itself. */
json_t *ts_json_find(const json_t *object, const char *key)
{
    while (json_is_object(object)) {
        json_t *value = json_object_get(object, key);
        if (value)
            return json_is_null(value) ? NULL : value;
        const char *dot = strchr(key, '.');
        if (!dot)
            return NULL;
        object = json_object_getn(object, key, (size_t)(dot - key));
        key = dot + 1;
    }
    return NULL;
}

static void wrong_type(ts_ctx *ctx, const char *where, const char *key, const json_t *value,
                       const char *expected)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list", [JSON_STRING] = "a text",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a real number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false", [JSON_NULL] = "null"};
    ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s: expected %s, got %s", where, key, expected,
            names[json_typeof(value)]);
}

int64_t ts_json_int(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                    int64_t otherwise)
{
    const json_t *value = ts_json_find(object, key);
    if (json_is_integer(value))
        return json_integer_value(value);
    if (value)
        wrong_type(ctx, where, key, value, "an integer");
    return otherwise;
}

double ts_json_real(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                    double otherwise)
{
    const json_t *value = ts_json_find(object, key);
    if (json_is_number(value))
        return json_number_value(value);
    if (value)
        wrong_type(ctx, where, key, value, "a number");
    return otherwise;
}

bool ts_json_bool(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                  bool otherwise)
{
    const json_t *value = ts_json_find(object, key);
    if (json_is_boolean(value))
        return json_is_true(value);
    if (value)
        wrong_type(ctx, where, key, value, "true or false");
    return otherwise;
}

const char *ts_json_text(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                         const char *otherwise)
{
    const json_t *value = ts_json_find(object, key);
    if (json_is_string(value) && !holds_nul(value))
        return json_string_value(value);
    if (json_is_string(value))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s: a text without \\u0000 is expected", where, key);
    else if (value)
        wrong_type(ctx, where, key, value, "a text");
    return otherwise;
}

int ts_json_ints(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                 int64_t *out, int room)
{
    const json_t *value = ts_json_find(object, key);
    if (!value)
        return 0;
    if (json_is_integer(value) && room > 0) {
        out[0] = json_integer_value(value);
        return 1;
    }
    if (!json_is_array(value)) {
        wrong_type(ctx, where, key, value, "a list of integers");
        return 0;
    }
    const size_t count = json_array_size(value);
    if (count > (size_t)room) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s: expected at most %d integers, got %zu", where, key,
                room, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item)) {
            wrong_type(ctx, where, key, item, "a list of integers");
            return 0;
        }
        out[i] = json_integer_value(item);
    }
    return (int)count;
}

bool ts_json_require(ts_ctx *ctx, const json_t *object, const char *where, const char *key)
{
    if (ctx->status)
        return false;
    if (!ts_json_find(object, key))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: the key %s is missing", where, key);
    return !ctx->status;
}

char *ts_json_dump(ts_ctx *ctx, const json_t *value, int indent)
{
    const size_t flags = JSON_ENCODE_ANY |
                         (indent > 0 ? JSON_INDENT((size_t)indent) : (size_t)JSON_COMPACT);
    if (ctx->status)
        return NULL;
    char *dumped = json_dumps(value, flags), *text = dumped ? ts_strdup(dumped) : NULL;
    json_free_t release; /* jansson's memory goes back the way it came */
    json_get_alloc_funcs(NULL, &release);
    if (dumped)
        release(dumped);
    if (!text)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a JSON text");
    return text;
}

ts_status ts_json_write(ts_ctx *ctx, const char *path, const json_t *value)
{
    ts_out out;
    char *text = ts_json_dump(ctx, value, 2);
    if (text && !ts_out_open(ctx, &out, path)) {
        ts_out_write(ctx, &out, text, (int64_t)strlen(text));
        ts_out_write(ctx, &out, "\n", 1);
        ts_out_commit(ctx, &out);
    }
    ts_free(text);
    return ctx->status;
}
