/* added.h: tokens that are taken whole from the text before anything else is done to it: the
 * special ones ("<|endoftext|>", "</s>", "<extra_id_3>") and those that a model adds
 * ("<color-5>").
 *
 * At each place the longest one wins. A token may swallow the white space on a side, or count only
 * where no letter touches it. Source: tokenizers, AddedVocabulary. */
#ifndef TS_TEXT_ADDED_H
#define TS_TEXT_ADDED_H

#include "ref/text/ids.h"
#include "ref/text/trie.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t id;
    bool left, right; /* white space before, after it belongs to it */
    bool alone;       /* only where no word character touches it */
} ts_added_token;

typedef struct {
    ts_trie trie; /* content -> place in tokens */
    ts_added_token *tokens;
    int64_t count, room;
    bool python; /* the separators U+001C .. U+001F are white space, as for Python's str.strip */
} ts_added;

/* A second token of the same content replaces the first. */
ts_status ts_added_put(ts_ctx *ctx, ts_added *a, const char *content, ts_added_token token);
void ts_added_free(ts_added *a);
int64_t ts_added_find(const ts_added *a, const char *content); /* its id, or -1 */

/* The same from an entry of "added_tokens" (tokenizer.json) or "added_tokens_decoder"
 * (tokenizer_config.json): {"content": "</s>", "lstrip": false, ...}. */
ts_status ts_added_put_json(ts_ctx *ctx, ts_added *a, const json_t *entry, int64_t id,
                            const char *path);

/* The next token in text[*from ..], which is valid UTF-8: the plain text before it is
 * *from .. *stop; returns its id, and sets *from behind it. At the end: *stop = bytes, -1. */
int64_t ts_added_next(const ts_added *a, const char *text, int64_t bytes, int64_t *from,
                      int64_t *stop);

#ifdef __cplusplus
}
#endif
#endif
