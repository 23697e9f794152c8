/* json.h: JSON texts under limits, and values of a known type out of them.
 *
 * jansson parses (RFC 8259, UTF-8 checked); a text may not be larger or deeper than limits.h says,
 * and a key that stands twice in one object is refused: which of the two was meant cannot be known.
 * Messages name the file, and the key or the byte. */
#ifndef TS_IO_JSON_H
#define TS_IO_JSON_H

#include "ref/base/ctx.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a text of `bytes` bytes; `where` stands in messages (usually the file). A new
 * reference (json_decref), or NULL after a failure. `offset`: where the text begins in its file. */
json_t *ts_json_parse(ts_ctx *ctx, const char *text, int64_t bytes, const char *where,
                      int64_t offset);
json_t *ts_json_read(ts_ctx *ctx, const char *path);
json_t *ts_json_read_object(ts_ctx *ctx, const char *path); /* anything but an object fails */

/* The same, but texts under the key `text`, wherever it stands, may hold the character U+0000, which
 * everywhere else is refused: it would end the text for most readers, unseen. Who reads these takes
 * their length with them (json_string_length). */
json_t *ts_json_read_texts(ts_ctx *ctx, const char *path, const char *text);

/* The value under `key`: itself a key, or a path of keys with dots ("config.d_ff"). NULL when there
 * is none, or when it is null. */
json_t *ts_json_find(const json_t *object, const char *key);

/* A value of a type. Without the key: `otherwise`. A value of another type fails with `where` and
 * the key, and gives `otherwise`. The text belongs to the object. A whole number is also a real
 * one. */
int64_t ts_json_int(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                    int64_t otherwise);
double ts_json_real(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                    double otherwise);
bool ts_json_bool(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                  bool otherwise);
const char *ts_json_text(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                         const char *otherwise);

/* A list of integers (or one integer) into out[room]; how many there are. 0 without the key. */
int ts_json_ints(ts_ctx *ctx, const json_t *object, const char *where, const char *key,
                 int64_t *out, int room);

/* Fails when there is no such key; true when there is. */
bool ts_json_require(ts_ctx *ctx, const json_t *object, const char *where, const char *key);

/* The text of a value (ts_free): on one line, or with `indent` blanks for each level. */
char *ts_json_dump(ts_ctx *ctx, const json_t *value, int indent);
ts_status ts_json_write(ts_ctx *ctx, const char *path, const json_t *value); /* indented, atomic */

#ifdef __cplusplus
}
#endif
#endif
