/* runes.c: UTF-8 in and out, and form C by utf8proc. Test: tests/text/test_runes.c. */
#include "ref/text/runes.h"

#include <string.h>
#include <utf8proc.h>

static void *grown(ts_ctx *ctx, void *at, int64_t wanted, int64_t *room, size_t size)
{
    int64_t n = *room ? *room : 64, bytes;
    while (n < wanted)
        if (!ts_mul_size(n, 2, &n))
            break;
    if (n < wanted || !ts_mul_size(n, (int64_t)size, &bytes)) {
        ts_fail(ctx, TS_ERROR_MEMORY, "a text of %lld characters is too long", (long long)wanted);
        return NULL;
    }
    void *const fresh = ts_realloc(at, (size_t)bytes);
    if (!fresh) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a text of %lld characters",
                (long long)wanted);
        return NULL;
    }
    *room = n;
    return fresh;
}

ts_status ts_runes_add(ts_ctx *ctx, ts_runes *r, int32_t rune)
{
    if (r->count == r->room) {
        int32_t *const at = grown(ctx, r->at, r->count + 1, &r->room, sizeof *at);
        if (!at)
            return ctx->status;
        r->at = at;
    }
    r->at[r->count++] = rune;
    return TS_OK;
}

ts_status ts_bytes_add(ts_ctx *ctx, ts_bytes *b, const char *text, int64_t bytes)
{
    if (bytes > b->room - b->count) {
        char *const at = grown(ctx, b->at, b->count + bytes, &b->room, 1);
        if (!at)
            return ctx->status;
        b->at = at;
    }
    if (bytes)
        memcpy(b->at + b->count, text, (size_t)bytes);
    b->count += bytes;
    return TS_OK;
}

void ts_runes_free(ts_runes *r)
{
    ts_free(r->at);
    *r = (ts_runes){0};
}

void ts_bytes_free(ts_bytes *b)
{
    ts_free(b->at);
    *b = (ts_bytes){0};
}

/* The lead byte says how many bytes follow and, through the range of the second one, excludes
 * overlong forms (E0, F0), surrogates (ED) and what lies above U+10FFFF (F4). */
int ts_utf8_get(const char *text, int64_t bytes, int32_t *rune)
{
    if (bytes < 1)
        return 0;
    const unsigned char *const s = (const unsigned char *)text;
    const int lead = s[0];
    if (lead < 0x80) {
        if (rune)
            *rune = lead;
        return 1;
    }
    const int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || bytes < length)
        return 0;
    const int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    int32_t value = lead & (0x7F >> length);
    for (int i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (s[i] & 0x3F);
    }
    if (rune)
        *rune = value;
    return length;
}

int ts_utf8_put(char out[4], int32_t rune)
{
    const uint32_t c = (uint32_t)rune;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--)
        out[i] = (char)(0x80 | (c >> 6 * (length - 1 - i) & 0x3F));
    const uint32_t mark = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0;
    out[0] = (char)(mark | c >> 6 * (length - 1));
    return length;
}

ts_status ts_runes_decode(ts_ctx *ctx, ts_runes *out, const char *text, int64_t bytes)
{
    for (int64_t i = 0; i < bytes;) {
        int32_t rune;
        const int length = ts_utf8_get(text + i, bytes - i, &rune);
        if (!length)
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "the text is not valid UTF-8: byte %lld is 0x%02X", (long long)i,
                           (unsigned)(unsigned char)text[i]);
        if (ts_runes_add(ctx, out, rune))
            return ctx->status;
        i += length;
    }
    return TS_OK;
}

ts_status ts_runes_encode(ts_ctx *ctx, ts_bytes *out, const int32_t *runes, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        char utf8[4];
        if (ts_bytes_add(ctx, out, utf8, ts_utf8_put(utf8, runes[i])))
            return ctx->status;
    }
    return TS_OK;
}

/* Decomposes into a new array and composes there. Below U+0300 every character is its own form C,
 * alone and beside any other: nothing is to be done for such texts. */
ts_status ts_runes_nfc(ts_ctx *ctx, ts_runes *r)
{
    int64_t first = 0;
    while (first < r->count && r->at[first] < 0x300)
        first++;
    if (first == r->count)
        return TS_OK;
    const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    ts_bytes utf8 = {0};
    utf8proc_int32_t *parts = NULL;
    if (ts_runes_encode(ctx, &utf8, r->at, r->count))
        goto done;
    const utf8proc_uint8_t *const from = (const utf8proc_uint8_t *)utf8.at;
    utf8proc_ssize_t n = utf8proc_decompose(from, utf8.count, NULL, 0, form);
    int64_t bytes;
    if (n < 0 || !ts_mul_size((int64_t)n + 1, (int64_t)sizeof *parts, &bytes)) {
        ts_fail(ctx, TS_ERROR_FORMAT, "the text has no normal form: %s", utf8proc_errmsg(n));
        goto done;
    }
    parts = ts_alloc((size_t)bytes);
    if (!parts) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to normalize a text");
        goto done;
    }
    utf8proc_decompose(from, utf8.count, parts, n, form);
    n = utf8proc_normalize_utf32(parts, n, form);
    r->count = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (ts_runes_add(ctx, r, parts[i]))
            break;
done:
    ts_free(parts);
    ts_bytes_free(&utf8);
    return ctx->status;
}
