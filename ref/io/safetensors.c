#include "ref/io/safetensors.h"

#include "ref/io/bytes.h"
#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/io/limits.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name; /* belongs to the header's JSON */
    ts_tensor value;
    int64_t begin, end; /* in the data */
    void *copy;         /* swapped or aligned; NULL: value is a view of the map */
} entry;

struct ts_safetensors {
    char *path;
    ts_map map;
    json_t *header, *metadata;
    entry *entries; /* in the header's order */
    int64_t count;
    int64_t *by_name; /* indices of entries, sorted by name */
    int64_t data;     /* where the data begins */
};

/* Header. -------------------------------------------------------------------------------------- */

/* Names appear in messages and on terminals. */
static bool is_printable(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            return false;
    return true;
}

static bool read_pair(const json_t *list, int64_t *begin, int64_t *end)
{
    const json_t *a = json_array_get(list, 0), *b = json_array_get(list, 1);
    if (json_array_size(list) != 2 || !json_is_integer(a) || !json_is_integer(b))
        return false;
    *begin = json_integer_value(a);
    *end = json_integer_value(b);
    return true;
}

static ts_status read_shape(ts_ctx *ctx, const ts_safetensors *file, const char *name,
                            const json_t *shape, ts_tensor *t)
{
    if (!json_is_array(shape))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: tensor %s: shape is not a list", file->path,
                       name);
    const size_t rank = json_array_size(shape);
    if (rank > TS_MAX_RANK)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "%s: tensor %s: %zu axes, at most %d are supported", file->path, name, rank,
                       TS_MAX_RANK);
    int64_t size[TS_MAX_RANK], span = (int64_t)ts_dtype_size(t->dtype);
    for (size_t a = 0; a < rank; a++) {
        const json_t *n = json_array_get(shape, a);
        if (!json_is_integer(n) || json_integer_value(n) < 0)
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "%s: tensor %s: size of axis %zu: expected an integer from 0 on",
                           file->path, name, a);
        size[a] = json_integer_value(n);
        /* strides are products too, so an axis without elements does not excuse the others */
        if (!ts_mul_size(span, size[a] ? size[a] : 1, &span))
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: tensor %s: its sizes multiply beyond 64 bits",
                           file->path, name);
    }
    *t = ts_tensor_of(NULL, t->dtype, (int)rank, size);
    return TS_OK;
}

/* One tensor's entry: type, sizes, and a range of the data that fits them. */
static ts_status read_entry(ts_ctx *ctx, const ts_safetensors *file, const json_t *said, entry *e)
{
    const int64_t room = file->map.size - file->data;
    if (!json_is_object(said))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: tensor %s: expected an object", file->path,
                       e->name);
    const char *dtype = json_string_value(json_object_get(said, "dtype"));
    e->value.dtype = dtype ? ts_dtype_from_name(dtype) : TS_NONE;
    if (!dtype)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: tensor %s: no dtype", file->path, e->name);
    if (e->value.dtype == TS_NONE)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: tensor %s: the type %.16s is not supported",
                       file->path, e->name, dtype);
    if (read_shape(ctx, file, e->name, json_object_get(said, "shape"), &e->value))
        return ctx->status;
    if (!read_pair(json_object_get(said, "data_offsets"), &e->begin, &e->end))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: tensor %s: data_offsets: expected two integers",
                       file->path, e->name);
    if (e->begin < 0 || e->begin > e->end || e->end > room)
        return ts_fail(
            ctx, TS_ERROR_FORMAT,
            "%s: tensor %s: data_offsets [%lld, %lld] lie outside the %lld bytes of data "
            "(from byte %lld on)",
            file->path, e->name, (long long)e->begin, (long long)e->end, (long long)room,
            (long long)file->data);
    const int64_t bytes = ts_numel(e->value) * (int64_t)ts_dtype_size(e->value.dtype);
    if (e->end - e->begin != bytes)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: tensor %s: its type and shape take %lld bytes, data_offsets give %lld",
                       file->path, e->name, (long long)bytes, (long long)(e->end - e->begin));
    return TS_OK;
}

static ts_status read_metadata(ts_ctx *ctx, ts_safetensors *file)
{
    json_t *said = json_object_get(file->header, "__metadata__");
    const char *key;
    json_t *value;
    file->metadata = said ? json_incref(said) : json_object();
    if (!file->metadata)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its metadata", file->path);
    if (!json_is_object(file->metadata))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: __metadata__: expected an object", file->path);
    json_object_foreach (file->metadata, key, value)
        if (!json_is_string(value))
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: __metadata__: %.100s: expected a text",
                           file->path, key);
    return TS_OK;
}

static ts_status read_entries(ts_ctx *ctx, ts_safetensors *file)
{
    const size_t count = json_object_size(file->header);
    const char *name;
    json_t *said;
    if ((int64_t)count > TS_LIMIT_TENSORS)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %zu tensors, at most %lld are allowed",
                       file->path, count, (long long)TS_LIMIT_TENSORS);
    file->entries = ts_alloc_zero(count, sizeof *file->entries);
    file->by_name = ts_alloc(count * sizeof *file->by_name);
    if (!file->entries || !file->by_name)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its table of tensors", file->path);
    json_object_foreach (file->header, name, said) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        entry *e = &file->entries[file->count];
        e->name = name;
        if ((int64_t)strlen(name) > TS_LIMIT_NAME || !is_printable(name))
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "%s: tensor number %lld: its name is longer than %lld bytes or has "
                           "control characters",
                           file->path, (long long)file->count, (long long)TS_LIMIT_NAME);
        if (read_entry(ctx, file, said, e))
            return ctx->status;
        file->count++;
    }
    return TS_OK;
}

static ts_status read_header(ts_ctx *ctx, ts_safetensors *file)
{
    const unsigned char *bytes = file->map.data;
    if (file->map.size < 8)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: %lld bytes: too short for a safetensors file, which begins with the 8 "
                       "bytes of its header's length",
                       file->path, (long long)file->map.size);
    const uint64_t length = ts_little64(bytes);
    if (length > (uint64_t)TS_LIMIT_HEADER_BYTES)
        return ts_fail(
            ctx, TS_ERROR_FORMAT,
            "%s: not a safetensors file: a header of %llu bytes, at most %lld are allowed",
            file->path, (unsigned long long)length, (long long)TS_LIMIT_HEADER_BYTES);
    if ((int64_t)length > file->map.size - 8)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: truncated: its header has %llu bytes, the file ends after %lld of them",
                       file->path, (unsigned long long)length, (long long)(file->map.size - 8));
    file->data = 8 + (int64_t)length;
    file->header = ts_json_parse(ctx, (const char *)bytes + 8, (int64_t)length, file->path, 8);
    if (file->header && !json_is_object(file->header))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: byte 8: expected a JSON object as header", file->path);
    return ctx->status;
}

/* Data. ---------------------------------------------------------------------------------------- */

typedef struct {
    int64_t begin, end;
    const char *name;
} range;

static int by_place(const void *a, const void *b)
{
    const range *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Sorted by place, each tensor begins where the one before it ends. */
static ts_status check_ranges(ts_ctx *ctx, const ts_safetensors *file)
{
    int64_t at = 0;
    range *ranges = ts_alloc((size_t)file->count * sizeof *ranges);
    if (!ranges)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to check its tensors", file->path);
    for (int64_t i = 0; i < file->count; i++)
        ranges[i] = (range){file->entries[i].begin, file->entries[i].end, file->entries[i].name};
    qsort(ranges, (size_t)file->count, sizeof *ranges, by_place);
    for (int64_t i = 0; i < file->count && !ctx->status; i++) {
        if (ranges[i].begin != at)
            ts_fail(ctx, TS_ERROR_FORMAT,
                    "%s: tensor %s: its data begins at byte %lld, %s the end of the one before it "
                    "(byte %lld)",
                    file->path, ranges[i].name, (long long)(file->data + ranges[i].begin),
                    ranges[i].begin < at ? "before" : "behind", (long long)(file->data + at));
        at = ranges[i].end;
    }
    if (!ctx->status && file->data + at != file->map.size)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes behind the last tensor (from byte %lld on)",
                file->path, (long long)(file->map.size - file->data - at),
                (long long)(file->data + at));
    ts_free(ranges);
    return ctx->status;
}

static ts_status place(ts_ctx *ctx, const ts_safetensors *file, entry *e)
{
    static const uint64_t nothing; /* a tensor without elements is still given: data is not NULL */
    unsigned char *data = (unsigned char *)file->map.data + file->data + e->begin;
    const size_t size = ts_dtype_size(e->value.dtype), bytes = (size_t)(e->end - e->begin);
    e->value.data = bytes ? (void *)data : (void *)(uintptr_t)&nothing;
    if (!bytes || (!ts_big_endian() && (uintptr_t)data % size == 0))
        return TS_OK;
    e->copy = ts_alloc(bytes);
    if (!e->copy)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: tensor %s: no memory for %zu bytes", file->path,
                       e->name, bytes);
    if (ts_big_endian())
        ts_swap_bytes(e->copy, data, (int64_t)(bytes / size), size);
    else
        memcpy(e->copy, data, bytes);
    e->value.data = e->copy;
    return TS_OK;
}

/* Open and close. ------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    int64_t index;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static ts_status sort_names(ts_ctx *ctx, ts_safetensors *file)
{
    named *names = ts_alloc((size_t)file->count * sizeof *names);
    if (!names)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to sort its names", file->path);
    for (int64_t i = 0; i < file->count; i++)
        names[i] = (named){file->entries[i].name, i};
    qsort(names, (size_t)file->count, sizeof *names, by_name);
    for (int64_t i = 0; i < file->count; i++)
        file->by_name[i] = names[i].index;
    ts_free(names);
    return TS_OK;
}

static ts_status load(ts_ctx *ctx, ts_safetensors *file)
{
    if (ts_map_open(ctx, &file->map, file->path) || read_header(ctx, file) ||
        read_metadata(ctx, file) || read_entries(ctx, file) || check_ranges(ctx, file) ||
        sort_names(ctx, file))
        return ctx->status;
    for (int64_t i = 0; i < file->count; i++)
        if (place(ctx, file, &file->entries[i]))
            break;
    return ctx->status;
}

ts_safetensors *ts_safetensors_open(ts_ctx *ctx, const char *path)
{
    if (ctx->status)
        return NULL;
    ts_safetensors *file = ts_alloc_zero(1, sizeof *file);
    if (file)
        file->path = ts_strdup(path);
    if (!file || !file->path) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory to open it", path);
        ts_free(file);
        return NULL;
    }
    if (load(ctx, file) == TS_OK)
        return file;
    ts_safetensors_close(file);
    return NULL;
}

void ts_safetensors_close(ts_safetensors *file)
{
    if (!file)
        return;
    for (int64_t i = 0; file->entries && i < file->count; i++)
        ts_free(file->entries[i].copy);
    ts_free(file->entries);
    ts_free(file->by_name);
    json_decref(file->metadata);
    json_decref(file->header);
    ts_map_close(&file->map);
    ts_free(file->path);
    ts_free(file);
}

/* Access. -------------------------------------------------------------------------------------- */

const char *ts_safetensors_path(const ts_safetensors *file)
{
    return file->path;
}

int64_t ts_safetensors_count(const ts_safetensors *file)
{
    return file->count;
}

const char *ts_safetensors_name(const ts_safetensors *file, int64_t i)
{
    return file->entries[i].name;
}

ts_tensor ts_safetensors_tensor(const ts_safetensors *file, int64_t i)
{
    return file->entries[i].value;
}

int64_t ts_safetensors_find(const ts_safetensors *file, const char *name)
{
    int64_t low = 0, high = file->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2, index = file->by_name[middle];
        const int order = strcmp(name, file->entries[index].name);
        if (order == 0)
            return index;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

ts_tensor ts_safetensors_get(const ts_safetensors *file, const char *name)
{
    const int64_t i = ts_safetensors_find(file, name);
    return i < 0 ? (ts_tensor){0} : file->entries[i].value;
}

const char *ts_safetensors_metadata(const ts_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

const json_t *ts_safetensors_all_metadata(const ts_safetensors *file)
{
    return file->metadata;
}
