/* charsmap.c: test: tests/text/test_charsmap.c. */
#include "ref/text/charsmap.h"

#include <string.h>
#include <utf8proc.h>

static uint32_t little_endian(const char *at)
{
    const unsigned char *const b = (const unsigned char *)at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

ts_status ts_charsmap_read(ts_ctx *ctx, ts_charsmap *map, const char *blob, int64_t bytes,
                           const char *path)
{
    *map = (ts_charsmap){0};
    if (bytes == 0)
        return TS_OK;
    const int64_t trie = bytes >= 4 ? (int64_t)little_endian(blob) : 0;
    if (bytes < 4 || trie % 4 || trie > bytes - 4)
        return ts_fail(ctx, TS_ERROR_FORMAT,
                       "%s: the character map's trie does not fit into its %lld bytes", path,
                       (long long)bytes);
    map->units = trie / 4;
    map->bytes = bytes - 4 - trie;
    map->unit = ts_alloc((size_t)trie + 1);
    map->texts = ts_alloc((size_t)map->bytes + 1);
    if (!map->unit || !map->texts) {
        ts_charsmap_free(map);
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the character map", path);
    }
    for (int64_t i = 0; i < map->units; i++)
        map->unit[i] = little_endian(blob + 4 + 4 * i);
    memcpy(map->texts, blob + 4 + trie, (size_t)map->bytes);
    map->texts[map->bytes] = 0;
    return TS_OK;
}

static int six_bits(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* RFC 4648, without white space; `=` only at the end. */
ts_status ts_charsmap_read_base64(ts_ctx *ctx, ts_charsmap *map, const char *text, int64_t bytes,
                                  const char *path)
{
    ts_bytes blob = {0};
    int64_t end = bytes;
    while (end > 0 && bytes - end < 2 && text[end - 1] == '=')
        end--;
    *map = (ts_charsmap){0};
    if (bytes % 4)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: the character map is not base64", path);
    uint32_t bits = 0;
    for (int64_t i = 0; i < end && !ctx->status; i++) {
        const int value = six_bits(text[i]);
        if (value < 0) {
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: the character map is not base64 at its byte %lld",
                    path, (long long)i);
            break;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 > 0) {
            const char byte = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
            ts_bytes_add(ctx, &blob, &byte, 1);
        }
    }
    if (!ctx->status)
        ts_charsmap_read(ctx, map, blob.at, blob.count, path);
    ts_bytes_free(&blob);
    return ctx->status;
}

void ts_charsmap_free(ts_charsmap *map)
{
    ts_free(map->unit);
    ts_free(map->texts);
    *map = (ts_charsmap){0};
}

/* A unit: bits 0 .. 7 the label (with bit 31, which marks a value), bit 8 says that a value hangs
 * below, the rest is the distance to the children, in steps of 1 or 256. */
static int64_t distance(uint32_t unit)
{
    return (int64_t)(unit >> 10) << ((unit & (1u << 9)) >> 6);
}

static const char *find(const ts_charsmap *map, const char *text, int64_t bytes, bool longest,
                        int64_t *length)
{
    const char *found = NULL;
    if (!map->units)
        return NULL;
    int64_t at = distance(map->unit[0]);
    for (int64_t i = 0; i < bytes && text[i]; i++) {
        at ^= (unsigned char)text[i];
        if (at >= map->units)
            break;
        const uint32_t unit = map->unit[at];
        if ((unit & 0x800000FFu) != (unsigned char)text[i])
            break;
        at ^= distance(unit);
        if (at >= map->units)
            break;
        if (!(unit >> 8 & 1))
            continue;
        const int64_t value = map->unit[at] & 0x7FFFFFFF;
        if (value >= map->bytes)
            break;
        found = map->texts + value;
        *length = i + 1;
        if (!longest)
            break;
    }
    return found;
}

const char *ts_charsmap_shortest(const ts_charsmap *map, const char *text, int64_t bytes,
                                 int64_t *length)
{
    return find(map, text, bytes, false, length);
}

const char *ts_charsmap_longest(const ts_charsmap *map, const char *text, int64_t bytes,
                                int64_t *length)
{
    return find(map, text, bytes, true, length);
}

static ts_status add_mapped(ts_ctx *ctx, const ts_charsmap *map, ts_bytes *out, const char *text,
                            int64_t bytes)
{
    int64_t length;
    const char *const found = ts_charsmap_shortest(map, text, bytes, &length);
    return found ? ts_bytes_add(ctx, out, found, (int64_t)strlen(found))
                 : ts_bytes_add(ctx, out, text, bytes);
}

/* The bytes of the grapheme cluster that begins at text. */
static int64_t cluster(const char *text, int64_t bytes)
{
    utf8proc_int32_t state = 0;
    int32_t left, right;
    int64_t n = ts_utf8_get(text, bytes, &left);
    for (;;) {
        const int next = ts_utf8_get(text + n, bytes - n, &right);
        if (!next || utf8proc_grapheme_break_stateful(left, right, &state))
            return n;
        n += next;
        left = right;
    }
}

ts_status ts_charsmap_graphemes(ts_ctx *ctx, const ts_charsmap *map, ts_bytes *out,
                                const char *text, int64_t bytes)
{
    enum { WHOLE = 6 };
    for (int64_t i = 0; i < bytes && !ctx->status;) {
        const int64_t n = cluster(text + i, bytes - i);
        int64_t length;
        if (n <= 0)
            return ts_fail(ctx, TS_ERROR_FORMAT, "the text is not valid UTF-8 at byte %lld",
                           (long long)i);
        if (n < WHOLE && ts_charsmap_shortest(map, text + i, n, &length))
            add_mapped(ctx, map, out, text + i, n);
        else
            for (int64_t j = 0; j < n && !ctx->status;) {
                const int one = ts_utf8_get(text + i + j, n - j, NULL);
                add_mapped(ctx, map, out, text + i + j, one);
                j += one;
            }
        i += n;
    }
    return ctx->status;
}
