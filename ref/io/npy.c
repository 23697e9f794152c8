#include "ref/io/npy.h"

#include "ref/io/bytes.h"
#include "ref/io/file.h"
#include "ref/io/limits.h"

#include <stdio.h>
#include <string.h>

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

static const struct {
    char code[3];
    ts_dtype dtype;
} types[] = {
    {"f8", TS_F64}, {"f4", TS_F32}, {"f2", TS_F16}, {"V2", TS_BF16}, {"V1", TS_F8_E4M3},
    {"i8", TS_I64}, {"i4", TS_I32}, {"i2", TS_I16}, {"i1", TS_I8},   {"u8", TS_U64},
    {"u4", TS_U32}, {"u2", TS_U16}, {"u1", TS_U8},  {"b1", TS_BOOL},
};

/* The header, read from left to right. */
typedef struct {
    ts_ctx *ctx;
    const char *path, *begin, *at, *end;
    int64_t offset; /* of begin in the file */
} reader;

typedef struct {
    ts_dtype dtype;
    bool big_endian, columns_first;
    bool has_type, has_order, has_shape;
    int rank;
    int64_t size[TS_MAX_RANK];
} array;

static ts_status bad(const reader *r, const char *expected)
{
    return ts_fail(r->ctx, TS_ERROR_FORMAT, "%s: byte %lld: npy header: expected %s", r->path,
                   (long long)(r->offset + (r->at - r->begin)), expected);
}

/* Skips blanks, then takes c if it stands there. */
static bool take(reader *r, char c)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t'))
        r->at++;
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* 'text' or "text", without escapes: none of the dictionary's words has any. */
static bool take_text(reader *r, char *text, size_t room)
{
    const char quote = take(r, '\'') ? '\'' : take(r, '"') ? '"' : '\0';
    size_t length = 0;
    if (!quote)
        return false;
    while (r->at < r->end && *r->at != quote && *r->at != '\\' && length + 1 < room)
        text[length++] = *r->at++;
    text[length] = '\0';
    return take(r, quote);
}

static bool take_word(reader *r, const char *word)
{
    const size_t length = strlen(word);
    while (take(r, ' '))
        continue;
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

static bool take_size(reader *r, int64_t *value)
{
    int64_t n = 0;
    int digits = 0;
    while (take(r, ' '))
        continue;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, digits++)
        if (!ts_mul_size(n, 10, &n) || !ts_add_size(n, *r->at - '0', &n))
            return false;
    *value = n;
    return digits > 0;
}

static ts_status read_type(reader *r, array *a)
{
    char text[16];
    if (take(r, '['))
        return ts_fail(r->ctx, TS_ERROR_UNSUPPORTED, "%s: an array of records, not of numbers",
                       r->path);
    if (!take_text(r, text, sizeof text))
        return bad(r, "a type in quotes");
    if (strlen(text) >= 2 && strchr("<>|=", text[0]))
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strcmp(types[i].code, text + 1) == 0)
                a->dtype = types[i].dtype;
    if (a->dtype == TS_NONE)
        return ts_fail(r->ctx, TS_ERROR_UNSUPPORTED, "%s: the type '%s' is not supported", r->path,
                       text);
    a->big_endian = text[0] == '=' ? ts_big_endian() : text[0] == '>';
    a->has_type = true;
    return TS_OK;
}

static ts_status read_shape(reader *r, array *a)
{
    if (!take(r, '('))
        return bad(r, "( before the shape");
    while (!take(r, ')')) {
        if (a->rank == TS_MAX_RANK)
            return ts_fail(r->ctx, TS_ERROR_UNSUPPORTED, "%s: more than %d axes", r->path,
                           TS_MAX_RANK);
        if (!take_size(r, &a->size[a->rank]))
            return bad(r, "a size");
        a->rank++;
        if (!take(r, ',') && (r->at == r->end || *r->at != ')'))
            return bad(r, ", or ) in the shape");
    }
    a->has_shape = true;
    return TS_OK;
}

static ts_status read_pair(reader *r, array *a)
{
    char key[16];
    if (!take_text(r, key, sizeof key) || !take(r, ':'))
        return bad(r, "a key in quotes and a colon");
    if (strcmp(key, "descr") == 0 && !a->has_type)
        return read_type(r, a);
    if (strcmp(key, "shape") == 0 && !a->has_shape)
        return read_shape(r, a);
    if (strcmp(key, "fortran_order") != 0 || a->has_order)
        return bad(r, "descr, fortran_order and shape, each once");
    a->has_order = true;
    a->columns_first = take_word(r, "True");
    return a->columns_first || take_word(r, "False") ? TS_OK : bad(r, "True or False");
}

static ts_status read_header(reader *r, array *a)
{
    if (!take(r, '{'))
        return bad(r, "{");
    while (!take(r, '}')) {
        if (read_pair(r, a))
            return r->ctx->status;
        if (!take(r, ',') && (r->at == r->end || *r->at != '}'))
            return bad(r, ", or }");
    }
    if (!a->has_type || !a->has_order || !a->has_shape)
        return bad(r, "descr, fortran_order and shape");
    take(r, ' ');
    return r->at == r->end ? TS_OK : bad(r, "nothing behind }");
}

/* Finds the header: where it begins and ends. */
static ts_status find_header(reader *r, const ts_map *map)
{
    const unsigned char *bytes = map->data;
    if (map->size < 10 || memcmp(bytes, magic, sizeof magic) != 0)
        return ts_fail(r->ctx, TS_ERROR_FORMAT, "%s: not an npy file", r->path);
    const int version = bytes[6];
    if (version < 1 || version > 3)
        return ts_fail(r->ctx, TS_ERROR_UNSUPPORTED, "%s: npy version %d, expected 1, 2 or 3",
                       r->path, version);
    const int64_t start = version == 1 ? 10 : 12;
    int64_t length = bytes[8] | bytes[9] << 8;
    if (version > 1 && map->size >= 12)
        length |= (int64_t)bytes[10] << 16 | (int64_t)bytes[11] << 24;
    if (length > TS_LIMIT_NPY_HEADER)
        return ts_fail(r->ctx, TS_ERROR_FORMAT,
                       "%s: a header of %lld bytes, at most %lld are allowed", r->path,
                       (long long)length, (long long)TS_LIMIT_NPY_HEADER);
    if (start + length > map->size)
        return ts_fail(r->ctx, TS_ERROR_FORMAT, "%s: truncated inside its header", r->path);
    r->begin = r->at = (const char *)bytes + start;
    r->end = r->begin + length;
    r->offset = start;
    return TS_OK;
}

/* Columns first in the file: element (i, j, ...) lies at i + size[0] (j + size[1] (...)). */
static void from_columns(char *to, const char *from, const array *a, int64_t n, size_t size)
{
    int64_t index[TS_MAX_RANK] = {0}, stride[TS_MAX_RANK] = {0}, at = 0;
    for (int i = 0; i < a->rank; i++)
        stride[i] = i ? stride[i - 1] * a->size[i - 1] : 1;
    for (int64_t i = 0; i < n; i++, to += size) {
        memcpy(to, from + (size_t)at * size, size);
        for (int axis = a->rank - 1; axis >= 0; axis--) {
            at += stride[axis];
            if (++index[axis] < a->size[axis])
                break;
            at -= index[axis] * stride[axis];
            index[axis] = 0;
        }
    }
}

static ts_tensor read_map(ts_ctx *ctx, const char *path, const ts_map *map)
{
    array a = {0};
    reader r = {.ctx = ctx, .path = path};
    if (find_header(&r, map) || read_header(&r, &a))
        return (ts_tensor){0};
    const int64_t room = map->size - (r.offset + (r.end - r.begin));
    const size_t size = ts_dtype_size(a.dtype);
    int64_t bytes = (int64_t)size, n;
    for (int i = 0; i < a.rank; i++)
        if (!ts_mul_size(bytes, a.size[i] ? a.size[i] : 1, &bytes)) {
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: its sizes multiply beyond 64 bits", path);
            return (ts_tensor){0};
        }
    ts_count_elements(a.size, a.rank, &n);
    bytes = n * (int64_t)size;
    if (bytes != room) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: its shape takes %lld bytes, the file has %lld", path,
                (long long)bytes, (long long)room);
        return (ts_tensor){0};
    }
    const ts_tensor t = ts_new(ctx, a.dtype, a.rank, a.size);
    if (ts_is_empty(t) || n == 0)
        return t;
    if (a.columns_first)
        from_columns(t.data, r.end, &a, n, size);
    else
        memcpy(t.data, r.end, (size_t)bytes);
    if (a.big_endian != ts_big_endian())
        ts_swap_bytes(t.data, t.data, n, size);
    return t;
}

ts_tensor ts_npy_read(ts_ctx *ctx, const char *path)
{
    ts_map map;
    if (ts_map_open(ctx, &map, path))
        return (ts_tensor){0};
    const ts_tensor t = read_map(ctx, path, &map);
    ts_map_close(&map);
    return t;
}

/* Writing. ------------------------------------------------------------------------------------- */

ts_status ts_npy_write(ts_ctx *ctx, const char *path, ts_tensor t)
{
    char header[256] = "";
    const char *code = "";
    ts_out out;
    if (ctx->status)
        return ctx->status;
    if (ts_is_empty(t))
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: an empty tensor cannot be stored", path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].dtype == t.dtype)
            code = types[i].code;
    int length =
        snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                 ts_dtype_size(t.dtype) == 1 ? '|' : '<', code);
    for (int a = 0; a < t.rank; a++)
        length += snprintf(header + length, sizeof header - (size_t)length, "%lld%s",
                           (long long)t.size[a], a + 1 < t.rank ? ", " : t.rank == 1 ? "," : "");
    length += snprintf(header + length, sizeof header - (size_t)length, "), }");
    while ((10 + length + 1) % 64 != 0) /* the data is aligned as NumPy aligns it */
        header[length++] = ' ';
    header[length++] = '\n';
    const unsigned char start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0,
                                     (unsigned char)(length & 255), (unsigned char)(length >> 8)};
    if (ts_out_open(ctx, &out, path))
        return ctx->status;
    ts_out_write(ctx, &out, start, sizeof start);
    ts_out_write(ctx, &out, header, length);
    ts_out_tensor(ctx, &out, t);
    return ts_out_commit(ctx, &out);
}
