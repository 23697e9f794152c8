/* safetensors_write.c: the other direction of safetensors.h. */
#include "ref/io/safetensors.h"

#include "ref/io/bytes.h"
#include "ref/io/file.h"
#include "ref/io/json.h"

#include <string.h>

static int64_t bytes_of(ts_tensor t)
{
    return ts_numel(t) * (int64_t)ts_dtype_size(t.dtype);
}

/* Where the data of item i begins: behind everything that is wider, and behind what comes before it
 * among its equals. */
static int64_t offset_of(const ts_items *items, int64_t i)
{
    const size_t own = ts_dtype_size(items->items[i].value.dtype);
    int64_t offset = 0;
    for (int64_t k = 0; k < items->count; k++) {
        const size_t size = ts_dtype_size(items->items[k].value.dtype);
        if (size > own || (size == own && k < i))
            offset += bytes_of(items->items[k].value);
    }
    return offset;
}

static json_t *describe(const ts_items *items, int64_t i)
{
    const ts_tensor t = items->items[i].value;
    const int64_t begin = offset_of(items, i);
    json_t *shape = json_array();
    for (int a = 0; shape && a < t.rank; a++)
        if (json_array_append_new(shape, json_integer(t.size[a]))) {
            json_decref(shape);
            shape = NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", ts_dtype_name(t.dtype), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)(begin + bytes_of(t)));
}

static json_t *header_of(ts_ctx *ctx, const ts_items *items, const json_t *metadata)
{
    json_t *header = json_object();
    bool fits = header != NULL;
    if (fits && json_object_size(metadata) > 0)
        fits = json_object_set_new(header, "__metadata__", json_deep_copy(metadata)) == 0;
    for (int64_t i = 0; fits && i < items->count; i++)
        fits = json_object_set_new(header, items->items[i].name, describe(items, i)) == 0;
    if (fits)
        return header;
    ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the header of a safetensors file, or a name in it "
                                  "is not UTF-8");
    json_decref(header);
    return NULL;
}

static void write_header(ts_ctx *ctx, ts_out *out, const json_t *header)
{
    static const char blanks[8] = "        ";
    char *text = ts_json_dump(ctx, header, 0);
    if (!text)
        return;
    const int64_t length = (int64_t)strlen(text), padding = (8 - length % 8) % 8;
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)(length + padding) >> 8 * i);
    ts_out_write(ctx, out, bytes, 8);
    ts_out_write(ctx, out, text, length);
    ts_out_write(ctx, out, blanks, padding);
    ts_free(text);
}

static void write_data(ts_ctx *ctx, ts_out *out, const ts_items *items)
{
    for (size_t size = 8; size >= 1; size /= 2)
        for (int64_t i = 0; i < items->count && !ctx->status; i++) {
            const ts_tensor t = items->items[i].value;
            if (ts_dtype_size(t.dtype) == size)
                ts_out_tensor(ctx, out, t);
        }
}

static ts_status check(ts_ctx *ctx, const char *path, const ts_items *items,
                       const json_t *metadata)
{
    const char *key;
    json_t *value;
    if (ctx->status)
        return ctx->status;
    for (int64_t i = 0; i < items->count; i++)
        if (ts_is_empty(items->items[i].value) || strcmp(items->items[i].name, "__metadata__") == 0)
            return ts_fail(ctx, TS_ERROR_USAGE, "%s: %s cannot be stored as a tensor", path,
                           items->items[i].name);
    if (metadata && !json_is_object(metadata))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: metadata is not an object", path);
    /* jansson's iterators are not const, though reading needs no more */
    void *at = metadata ? json_object_iter((json_t *)(uintptr_t)metadata) : NULL;
    for (; at; at = json_object_iter_next((json_t *)(uintptr_t)metadata, at)) {
        key = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (!json_is_string(value))
            return ts_fail(ctx, TS_ERROR_USAGE, "%s: metadata %s is not a text", path, key);
    }
    return TS_OK;
}

ts_status ts_safetensors_write(ts_ctx *ctx, const char *path, const ts_items *items,
                               const json_t *metadata)
{
    ts_out out;
    if (check(ctx, path, items, metadata))
        return ctx->status;
    json_t *header = header_of(ctx, items, metadata);
    if (header && !ts_out_open(ctx, &out, path)) {
        write_header(ctx, &out, header);
        write_data(ctx, &out, items);
        ts_out_commit(ctx, &out);
    }
    json_decref(header);
    return ctx->status;
}
