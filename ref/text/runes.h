/* runes.h: text as bytes and as Unicode characters.
 *
 * What a user typed arrives as UTF-8 and is checked once, here; the cleanings then work on an array
 * of characters (runes), the vocabularies on bytes again. Both arrays grow as needed and belong to
 * the caller, who gives them back with the _free functions (which may be called twice). */
#ifndef TS_TEXT_RUNES_H
#define TS_TEXT_RUNES_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t *at;
    int64_t count, room;
} ts_runes;

typedef struct {
    char *at; /* not terminated */
    int64_t count, room;
} ts_bytes;

/* Append. Each leaves the array as it was when there is no memory. */
ts_status ts_runes_add(ts_ctx *ctx, ts_runes *r, int32_t rune);
ts_status ts_bytes_add(ts_ctx *ctx, ts_bytes *b, const char *text, int64_t bytes);

void ts_runes_free(ts_runes *r);
void ts_bytes_free(ts_bytes *b);

/* The bytes of the character that begins at text (1 .. 4), or 0 when the `bytes` bytes do not begin
 * with a well-formed one: overlong forms, surrogates and values above U+10FFFF are not (Unicode
 * table 3-7). *rune may be NULL. */
int ts_utf8_get(const char *text, int64_t bytes, int32_t *rune);

/* Writes the character as UTF-8 and returns how many bytes that takes. */
int ts_utf8_put(char out[4], int32_t rune);

/* Appends the characters of a text; invalid UTF-8 fails with the offset of the first bad byte. */
ts_status ts_runes_decode(ts_ctx *ctx, ts_runes *out, const char *text, int64_t bytes);

/* Appends characters first .. first + count as UTF-8. */
ts_status ts_runes_encode(ts_ctx *ctx, ts_bytes *out, const int32_t *runes, int64_t count);

/* Brings the whole array into normalization form C. */
ts_status ts_runes_nfc(ts_ctx *ctx, ts_runes *r);

#ifdef __cplusplus
}
#endif
#endif
