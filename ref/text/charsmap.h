/* charsmap.h: the precompiled character map of SentencePiece vocabularies.
 *
 *     4 bytes   size of the trie in bytes, little-endian
 *     trie      units of 32 bits, little-endian: a double-array trie (Darts-clone)
 *     texts     the replacements, each ended by a 0; a key's value is an offset into them
 *
 * It holds NFKC with some changes, as replacements of short character sequences. Two programs read
 * the same map in two ways, and give other ids for stacked marks: tokenizers takes each grapheme
 * cluster, SentencePiece the longest key at each place. Source: SentencePiece, normalizer.cc;
 * spm_precompiled. */
#ifndef TS_TEXT_CHARSMAP_H
#define TS_TEXT_CHARSMAP_H

#include "ref/text/runes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A map of zeros is empty: every text stays as it is. */
typedef struct {
    uint32_t *unit;
    int64_t units;
    char *texts; /* ended by a 0 */
    int64_t bytes;
} ts_charsmap;

/* Reads the map from its bytes, or from base64 (tokenizer.json); `path` stands in messages. Every
 * offset is checked when it is followed. Nothing of the argument is kept. */
ts_status ts_charsmap_read(ts_ctx *ctx, ts_charsmap *map, const char *blob, int64_t bytes,
                           const char *path);
ts_status ts_charsmap_read_base64(ts_ctx *ctx, ts_charsmap *map, const char *text, int64_t bytes,
                                  const char *path);
void ts_charsmap_free(ts_charsmap *map);

/* The replacement (ended by a 0) of the shortest, or longest, key that begins at text; *length is
 * the key's. NULL when no key does. */
const char *ts_charsmap_shortest(const ts_charsmap *map, const char *text, int64_t bytes,
                                 int64_t *length);
const char *ts_charsmap_longest(const ts_charsmap *map, const char *text, int64_t bytes,
                                int64_t *length);

/* Appends the text (valid UTF-8) as tokenizers maps it: a grapheme cluster of less than 6 bytes is
 * looked up as a whole, others character by character; in both, the shortest key found replaces
 * the whole that was looked up. */
ts_status ts_charsmap_graphemes(ts_ctx *ctx, const ts_charsmap *map, ts_bytes *out,
                                const char *text, int64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
